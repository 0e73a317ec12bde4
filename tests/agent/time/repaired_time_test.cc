// What a time answer makes of the record, and what it cannot bring about.
#include "agent/time/repaired_time.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using namespace std::chrono_literals;

constexpr Time kNoon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 28) + 12h;
constexpr Seconds kDay = 24h;

// Ten years ahead.
TimeRecord Poisoned() {
  return {kNoon + 3650 * kDay, kNoon + 3650 * kDay, Seconds(0), tpm::ClockInfo{5, 6, 7, true}, 100 * kDay};
}

TEST(RepairedTime, IsWhatTheVendorSays) {
  const auto repaired =
      Repaired(Poisoned(), {.told = kNoon, .lists = kNoon - 30 * kDay, .wall = kNoon + kDay});
  ASSERT_TRUE(repaired) << repaired.error().message;
  EXPECT_EQ(repaired->floor, kNoon);
  EXPECT_EQ(repaired->headroom, kFullHeadroom);
  EXPECT_EQ(repaired->passed, Poisoned().passed);
  EXPECT_EQ(repaired->tpm->clock_ms, 5u);
}

TEST(RepairedTime, ListsOfLaterCountAgain) {
  EXPECT_LT(Repaired(Poisoned(), {.told = kNoon, .wall = kNoon})->signed_until, kNoon + kDay);
}

TEST(RepairedTime, MayAlsoBeLater) {
  TimeRecord behind = Poisoned();
  behind.floor = kNoon - 3650 * kDay;
  EXPECT_EQ(Repaired(behind, {.told = kNoon, .wall = kNoon})->floor, kNoon);
}

TEST(RepairedTime, AFileOnItsWayCostsNothing) {
  EXPECT_EQ(Repaired(Poisoned(), {.told = kNoon, .since_asked = kOnTheWay, .wall = kNoon})->floor, kNoon);
}

TEST(RepairedTime, AFileKeptBackGainsNoMoreThanThat) {
  const auto repaired = Repaired(Poisoned(), {.told = kNoon, .since_asked = 365 * kDay, .wall = kNoon});
  EXPECT_EQ(repaired->floor, kNoon + 365 * kDay - kOnTheWay);
}

TEST(RepairedTime, AListThatIsNewerThanTheAnswerCounts) {
  const auto repaired =
      Repaired(Poisoned(), {.told = kNoon, .lists = kNoon + 3 * kDay, .wall = kNoon + 3 * kDay});
  ASSERT_TRUE(repaired);
  EXPECT_EQ(repaired->floor, kNoon + 3 * kDay);
}

TEST(RepairedTime, AListOfAnotherTimeThanThisIsToBeReplacedFirst) {
  const auto refused = Repaired(Poisoned(), {.told = kNoon, .lists = kNoon + 3650 * kDay, .wall = kNoon});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().check, "time_answer.list");
  const Time lists = kNoon + kSetBackTolerance;
  EXPECT_TRUE(Repaired(Poisoned(), {.told = kNoon, .lists = lists, .wall = kNoon}));
  EXPECT_FALSE(Repaired(Poisoned(), {.told = kNoon, .lists = lists + 1s, .wall = kNoon}));
}

}  // namespace
}  // namespace holdfast
