// The agent's decisions by feature, made for looking up: one multiplication for eight octets of the name, and mostly one probe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/client/holdfast.h"
#include "protocol/terms.h"

namespace holdfast::client {

struct Verdict {
  bool allowed = false;
  holdfast_reason reason = HOLDFAST_REASON_OTHER;  // the most serious
  FeatureValue value = false;
  bool operator==(const Verdict&) const = default;
};

class Verdicts {
 public:
  // `otherwise` is about every name that is not in `decisions`.
  Verdicts(const std::map<std::string, Verdict>& decisions, Verdict otherwise);
  const Verdict& Of(std::string_view feature) const;
  bool operator==(const Verdicts& other) const {
    return entries_ == other.entries_ && otherwise_ == other.otherwise_;
  }

 private:
  struct Entry {
    std::string feature;
    Verdict verdict;
    bool operator==(const Entry&) const = default;
  };
  struct Slot {
    uint32_t hash = 0;
    uint32_t entry = 0;  // its index and 1; 0: empty
  };
  std::vector<Entry> entries_;  // by name
  std::vector<Slot> slots_;  // open addressing; at most half of them are used, their number is a power of 2
  Verdict otherwise_;
};

}  // namespace holdfast::client
