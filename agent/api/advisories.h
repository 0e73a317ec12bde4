// What licenses that only advise would have denied: counted, for the log and for status. Not thread safe: it belongs to the thread
// that serves.
#pragma once

#include "agent/enforcement/decide.h"

namespace holdfast {

struct Advisory {
  std::string product, subject;  // the feature, limit or meter
  Reason reason = Reason::kAdvisory;
  int64_t count = 0;
  Time last;
  // One line for a log: "acme-cad: would have denied export (expired), 3 times so far".
  std::string Text() const;
};

class Advisories {
 public:
  // Further subjects than so many are counted together, as the subject "others".
  static constexpr size_t kMax = 256;

  // Counts a decision that has kAdvisory among its reasons, and no other.
  void Note(const std::string& product, const std::string& subject, const Decision& decision, Time now);
  std::vector<Advisory> Of(const std::string& product) const;
  // Those that were not told of yet, and those that came again an hour after they were.
  std::vector<Advisory> News(Time now);

 private:
  struct Entry {
    Advisory advisory;
    int64_t told = 0;  // the count then
    Time told_at;
  };
  Entry& EntryOf(const std::string& product, const std::string& subject, Reason reason);
  std::vector<Entry> entries_;
};

}  // namespace holdfast
