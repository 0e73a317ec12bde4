#include "agent/api/advisories.h"

#include <gtest/gtest.h>

#include "tests/agent/enforcement/views.h"

namespace holdfast {
namespace {

const Decision kWouldBeDenied{.allowed = true, .reasons = {Reason::kExpired, Reason::kAdvisory}};

TEST(Advisories, OnlyWhatWouldHaveBeenDeniedCounts) {
  Advisories advisories;
  advisories.Note("nls", "export", {.allowed = true, .reasons = {Reason::kActive}}, kMidway);
  EXPECT_TRUE(advisories.Of("nls").empty());
  advisories.Note("nls", "export", kWouldBeDenied, kMidway);
  advisories.Note("nls", "export", kWouldBeDenied, kMidway + Seconds(5));
  ASSERT_EQ(advisories.Of("nls").size(), 1u);
  EXPECT_EQ(advisories.Of("nls")[0].count, 2);
  EXPECT_EQ(advisories.Of("nls")[0].last, kMidway + Seconds(5));
  EXPECT_EQ(advisories.Of("nls")[0].Text(), "nls: would have denied export (expired), 2 times so far");
  EXPECT_TRUE(advisories.Of("viewer").empty());
}

TEST(Advisories, EachIsToldAtOnceAndThenEveryHourAsLongAsItGoesOn) {
  Advisories advisories;
  advisories.Note("nls", "export", kWouldBeDenied, kMidway);
  EXPECT_EQ(advisories.News(kMidway).size(), 1u);
  EXPECT_TRUE(advisories.News(kMidway).empty());
  advisories.Note("nls", "export", kWouldBeDenied, kMidway);
  EXPECT_TRUE(advisories.News(kMidway + Seconds(3599)).empty());
  EXPECT_EQ(advisories.News(kMidway + Seconds(3600)).at(0).count, 2);
  EXPECT_TRUE(advisories.News(kMidway + Seconds(9999)).empty()) << "it has ended";
}

TEST(Advisories, WhoInventsSubjectsFillsNoMemory) {
  Advisories advisories;
  for (size_t i = 0; i < 2 * Advisories::kMax; i++)
    advisories.Note("nls", "f" + std::to_string(i), kWouldBeDenied, kMidway);
  EXPECT_EQ(advisories.Of("nls").size(), Advisories::kMax + 1);
  EXPECT_EQ(advisories.Of("nls").back().subject, "others");
  EXPECT_EQ(advisories.Of("nls").back().count, static_cast<int64_t>(Advisories::kMax));
}

}  // namespace
}  // namespace holdfast
