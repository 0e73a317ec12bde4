// What an administrator should hear of without asking: a license's state or the reasons that stand beside it change, or one of the moments
// comes before it expires that its terms announce (`warn_before`). Each is told once in a run; what is not as it should be is told again after a restart.
//
// Not thread safe: it belongs to the thread that serves.
#pragma once

#include "agent/enforcement/decide.h"

namespace holdfast {

struct Announcement {
  std::string product, license, customer;  // the last two are empty of a file that does not verify
  LicenseState state = LicenseState::kNone;
  std::vector<Reason> reasons;
  std::optional<Time> expires;
  std::optional<int64_t> days_left;
  // One line for a log: "acme-cad: expiring, 14 days left: the license expires soon; ...".
  std::string Text() const;
  bool good() const { return reasons == std::vector<Reason>{Reason::kActive}; }
};

class Announcer {
 public:
  // What is new since the last call. A license that is as it should be is told of only when it was not before.
  std::vector<Announcement> Look(const std::vector<LicenseView>& licenses, const Situation& now);

 private:
  struct Told {
    std::vector<Reason> reasons;
    int steps = 0;  // how many of the announced moments have come
    bool operator==(const Told&) const = default;
  };
  std::map<std::string, Told> told_;  // by product
};

}  // namespace holdfast
