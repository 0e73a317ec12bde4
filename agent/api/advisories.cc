#include "agent/api/advisories.h"

#include <algorithm>

namespace holdfast {
namespace {

constexpr Seconds kTellAgain{3600};
constexpr std::string_view kOthers = "others";

}  // namespace

std::string Advisory::Text() const {
  return product + ": would have denied " + subject + " (" + std::string(ReasonName(reason)) + "), " +
         std::to_string(count) + (count == 1 ? " time so far" : " times so far");
}

Advisories::Entry& Advisories::EntryOf(const std::string& product, const std::string& subject,
                                       Reason reason) {
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.advisory.product == product && entry.advisory.subject == subject &&
           entry.advisory.reason == reason;
  });
  if (found != entries_.end()) return *found;
  if (entries_.size() >= kMax && subject != kOthers)
    return EntryOf(product, std::string(kOthers), Reason::kAdvisory);
  return entries_.emplace_back(Entry{.advisory = {product, subject, reason}});
}

void Advisories::Note(const std::string& product, const std::string& subject, const Decision& decision,
                      Time now) {
  const auto& reasons = decision.reasons;
  if (std::find(reasons.begin(), reasons.end(), Reason::kAdvisory) == reasons.end()) return;
  Advisory& advisory = EntryOf(product, subject, reasons.front()).advisory;
  advisory.count++;
  advisory.last = now;
}

std::vector<Advisory> Advisories::Of(const std::string& product) const {
  std::vector<Advisory> all;
  for (const Entry& entry : entries_)
    if (entry.advisory.product == product) all.push_back(entry.advisory);
  return all;
}

std::vector<Advisory> Advisories::News(Time now) {
  std::vector<Advisory> news;
  for (Entry& entry : entries_) {
    const bool due = entry.told == 0 || now >= entry.told_at + kTellAgain;
    if (entry.advisory.count == entry.told || !due) continue;
    entry.told = entry.advisory.count;
    entry.told_at = now;
    news.push_back(entry.advisory);
  }
  return news;
}

}  // namespace holdfast
