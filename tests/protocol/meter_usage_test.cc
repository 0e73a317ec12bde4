#include "protocol/meter_usage.h"

#include <gtest/gtest.h>

#include "tests/protocol/examples.h"

namespace holdfast {
namespace {

using examples::At;

Limit MeterLimit(int64_t max, MeterPeriod period) {
  return {.kind = LimitKind::kMeter, .max = max, .period = period};
}

TEST(MeterUsageTest, AMeterOfBothEditionsIsOneWithTheLargerLimit) {
  Grants grants{.edition = "pro", .features = {}, .limits = {}};
  grants.limits = {{"pages", MeterLimit(100, MeterPeriod::kNever)},
                   {"calls", MeterLimit(50, MeterPeriod::kMonth)},
                   {"users", Limit{.kind = LimitKind::kSeats, .max = 5}}};
  Grants fallback{.edition = "lite", .features = {}, .limits = {}};
  fallback.limits = {{"pages", MeterLimit(10, MeterPeriod::kMonth)},
                     {"calls", MeterLimit(60, MeterPeriod::kMonth)}};
  const auto meters = MetersOf(grants, fallback);
  ASSERT_EQ(meters.size(), 3u) << "another period is another meter, and seats are none";
  EXPECT_EQ(meters[0].limit, "calls");
  EXPECT_EQ(meters[0].max, 60);
  EXPECT_EQ(meters[1].period, MeterPeriod::kNever);
  EXPECT_EQ(meters[2].period, MeterPeriod::kMonth);
}

TEST(MeterUsageTest, UnitsOfAPeriodThatIsOverDoNotCountAndThoseOfALaterOneDo) {
  const Time november = At("2026-11-01T00:00:00Z"), december = At("2026-12-01T00:00:00Z"),
             january = At("2027-01-01T00:00:00Z");
  const std::vector<MeterUsage> used{{"calls", MeterPeriod::kMonth, december, 40}};
  EXPECT_EQ(UsedBefore(used, "calls", MeterPeriod::kMonth, december), 40);
  EXPECT_EQ(UsedBefore(used, "calls", MeterPeriod::kMonth, november), 40);
  EXPECT_EQ(UsedBefore(used, "calls", MeterPeriod::kMonth, january), 0);
  EXPECT_EQ(UsedBefore(used, "calls", MeterPeriod::kYear, december), 0);
  EXPECT_EQ(UsedBefore(used, "pages", MeterPeriod::kMonth, december), 0);
}

}  // namespace
}  // namespace holdfast
