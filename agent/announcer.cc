#include "agent/announcer.h"

#include <algorithm>

namespace holdfast {
namespace {

int StepsTo(const LicenseView& license, Time now) {
  if (!license.verified || !license.verified->terms.expires) return 0;
  const LicenseTerms& terms = license.verified->terms;
  return static_cast<int>(std::count_if(terms.warn_before.begin(), terms.warn_before.end(),
                                        [&](Seconds before) { return now >= *terms.expires - before; }));
}

Announcement About(const LicenseView& license, const Standing& standing) {
  Announcement announcement;
  announcement.product = license.product;
  if (license.verified) {
    announcement.license = license.verified->terms.license;
    announcement.customer = license.verified->customer;
  }
  announcement.state = standing.state;
  announcement.reasons = standing.reasons;
  announcement.expires = standing.expires;
  announcement.days_left = standing.days_left;
  return announcement;
}

std::string DaysText(int64_t days) {
  if (days < 0) return "";
  return ", " + std::to_string(days) + (days == 1 ? " day left" : " days left");
}

}  // namespace

std::string Announcement::Text() const {
  std::string text = product + ": " + std::string(StateName(state));
  // Beside any other state they would be taken for its end.
  if (days_left && state == LicenseState::kExpiring) text += DaysText(*days_left);
  if (good() || reasons.empty()) return text;
  return text + ": " + std::string(ReasonAdvice(reasons.front()));
}

std::vector<Announcement> Announcer::Look(const std::vector<LicenseView>& licenses, const Situation& now) {
  std::vector<Announcement> news;
  std::map<std::string, Told> seen;
  for (const LicenseView& license : licenses) {
    const Standing standing = Assess(license, now);
    Told current{standing.reasons, StepsTo(license, now.now)};
    Announcement announcement = About(license, standing);
    const auto before = told_.find(license.product);
    const bool is_news = before == told_.end() ? !announcement.good() : before->second != current;
    if (is_news) news.push_back(std::move(announcement));
    seen.emplace(license.product, std::move(current));
  }
  told_ = std::move(seen);
  return news;
}

}  // namespace holdfast
