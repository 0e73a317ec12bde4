#include "signer/server/licensing/returned_units.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

const Time kNovember = ParseTime("2026-11-01T00:00:00Z").value();
const Time kDecember = ParseTime("2026-12-01T00:00:00Z").value();
const Time kNow = ParseTime("2026-11-22T06:00:00Z").value();

LicenseTerms Terms(bool credits_units = true) {
  LicenseTerms terms;
  terms.grants.limits = {{"renders", {.kind = LimitKind::kMeter, .max = 100}},
                         {"calls", {.kind = LimitKind::kMeter, .max = 50, .period = MeterPeriod::kMonth}},
                         {"users", {.kind = LimitKind::kSeats, .max = 5}}};
  terms.returns.units = credits_units;
  return terms;
}

StatedUsage Stated(int64_t renders) {
  return {{41, 57, 0}, {{"renders", MeterPeriod::kNever, Time{}, renders}}};
}

int64_t CountOf(const ReturnedUnits& units, const std::string& limit) {
  for (const MeterUsage& used : units.Used())
    if (used.limit == limit) return used.units;
  return -1;
}

TEST(ReturnedUnitsTest, WhatIsStatedCountsWhereTheLicenseCreditsUnits) {
  const auto units = CountUnits(Stated(30), Terms(), {}, kNow);
  EXPECT_EQ(units.count, UnitCount::kStated);
  EXPECT_EQ(CountOf(units, "renders"), 30);
  EXPECT_EQ(CountOf(units, "calls"), 0);
  EXPECT_EQ(units.meters.size(), 2u) << "seats are not used up";
}

TEST(ReturnedUnitsTest, AllCountWhereItDoesNot) {
  const auto units = CountUnits(Stated(30), Terms(false), {}, kNow);
  EXPECT_EQ(units.count, UnitCount::kUsedUp);
  EXPECT_EQ(CountOf(units, "renders"), 100);
  EXPECT_EQ(units.Used().front().since, kNovember) << "of a month, those of the present one";
  EXPECT_EQ(CountOf(units, "calls"), 50);
}

TEST(ReturnedUnitsTest, AllCountWhereNothingIsStated) {
  const auto units = CountUnits(std::nullopt, Terms(), {}, kNow);
  EXPECT_EQ(units.count, UnitCount::kUnknown);
  EXPECT_EQ(CountOf(units, "renders"), 100);
}

TEST(ReturnedUnitsTest, OverageCountsAlsoWhereAllCount) {
  EXPECT_EQ(CountOf(CountUnits(Stated(110), Terms(false), {}, kNow), "renders"), 110);
}

TEST(ReturnedUnitsTest, MoreThatWasReportedCounts) {
  const auto units = CountUnits(Stated(30), Terms(), {{"renders", MeterPeriod::kNever, Time{}, 80}}, kNow);
  EXPECT_EQ(CountOf(units, "renders"), 80);
  EXPECT_EQ(units.meters.back().stated, 30);
  EXPECT_EQ(units.meters.back().reported, 80);
}

TEST(ReturnedUnitsTest, WhatTheActivationBeganWithIsPartOfWhatIsStatedAndComesOnTopOfWhatWasReported) {
  LicenseTerms terms = Terms();
  terms.used = {{"renders", MeterPeriod::kNever, Time{}, 20}};
  EXPECT_EQ(CountOf(CountUnits(Stated(0), terms, {}, kNow), "renders"), 20) << "no less";
  EXPECT_EQ(CountOf(CountUnits(Stated(35), terms, {}, kNow), "renders"), 35);
  const auto units = CountUnits(Stated(35), terms, {{"renders", MeterPeriod::kNever, Time{}, 25}}, kNow);
  EXPECT_EQ(CountOf(units, "renders"), 45);
}

TEST(ReturnedUnitsTest, AMonthThatIsOverCountsNothingAndOneThatHasNotBegunCountsNow) {
  const auto stated = [](Time since) {
    return StatedUsage{{41, 57, 0}, {{"calls", MeterPeriod::kMonth, since, 40}}};
  };
  EXPECT_EQ(CountOf(CountUnits(stated(kNovember), Terms(), {}, kNow), "calls"), 40);
  EXPECT_EQ(CountOf(CountUnits(stated(kNovember), Terms(), {}, kDecember), "calls"), 0);
  const auto ahead = CountUnits(stated(kDecember), Terms(), {}, kNow);
  EXPECT_EQ(CountOf(ahead, "calls"), 40);
  EXPECT_EQ(ahead.Used().front().since, kNovember);
}

TEST(ReturnedUnitsTest, NumbersBeyondWhatTermsCanSayAreCutOff) {
  LicenseTerms terms = Terms();
  terms.used = {{"renders", MeterPeriod::kNever, Time{}, kMaxNumber}};
  const auto units =
      CountUnits(Stated(INT64_MAX), terms, {{"renders", MeterPeriod::kNever, Time{}, INT64_MAX}}, kNow);
  EXPECT_EQ(CountOf(units, "renders"), kMaxNumber);
}

TEST(ReturnedUnitsTest, ALicenseWithoutMetersHasNothingToCount) {
  EXPECT_EQ(CountUnits(std::nullopt, LicenseTerms{}, {}, kNow).count, UnitCount::kNone);
}

}  // namespace
}  // namespace holdfast
