#include "agent/enforcement/holdings.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace holdfast {
namespace {

TEST(Holdings, SumOverAllHoldersStaysWithinTheCeiling) {
  Holdings holdings;
  EXPECT_TRUE(holdings.Take(1, "users", 2, 3));
  EXPECT_FALSE(holdings.Take(2, "users", 2, 3));
  EXPECT_TRUE(holdings.Take(2, "users", 1, 3));
  EXPECT_EQ(holdings.Used("users"), 3);
}

TEST(Holdings, HolderThatGoesGivesEverythingBack) {
  Holdings holdings;
  holdings.Take(1, "users", 2, 3);
  holdings.Take(1, "jobs", 5, 9);
  holdings.Take(2, "users", 1, 3);
  holdings.ReleaseAll(1);
  EXPECT_EQ(holdings.Used("users"), 1);
  EXPECT_EQ(holdings.Used("jobs"), 0);
}

TEST(Holdings, ReleasesNoMoreThanTheHolderHas) {
  Holdings holdings;
  holdings.Take(1, "users", 2, 9);
  holdings.Take(2, "users", 2, 9);
  EXPECT_EQ(holdings.Release(1, "users", 5), 2);
  EXPECT_EQ(holdings.Release(3, "users", 1), 0);
  EXPECT_EQ(holdings.Release(2, "users", -1), 0);
  EXPECT_EQ(holdings.Used("users"), 2);
}

TEST(Holdings, SetReplacesWhatTheHolderHas) {
  Holdings holdings;
  EXPECT_TRUE(holdings.Set(1, "jobs", 4, 5));
  EXPECT_TRUE(holdings.Set(1, "jobs", 5, 5));
  EXPECT_FALSE(holdings.Set(1, "jobs", 6, 5));
  EXPECT_FALSE(holdings.Set(1, "jobs", -1, 5));
  EXPECT_EQ(holdings.HeldBy(1, "jobs"), 5);
}

TEST(Holdings, LoweringSucceedsAboveACeilingThatCameDown) {
  Holdings holdings;
  holdings.Set(1, "jobs", 9, 10);
  EXPECT_TRUE(holdings.Set(1, "jobs", 8, 2));
  EXPECT_FALSE(holdings.Set(1, "jobs", 9, 2));
  EXPECT_FALSE(holdings.Set(2, "jobs", 1, 2));
}

TEST(Holdings, HugeAmountsDoNotWrap) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  Holdings holdings;
  EXPECT_TRUE(holdings.Take(1, "jobs", kMax, kMax));
  EXPECT_FALSE(holdings.Take(1, "jobs", 1, kMax));
  EXPECT_FALSE(holdings.Take(2, "jobs", kMax, kMax));
  EXPECT_EQ(holdings.Used("jobs"), kMax);
}

TEST(Holdings, RandomHistoriesNeverExceedTheCeilingNorLoseAUnit) {
  std::mt19937 random(1);
  Holdings holdings;
  std::map<Holdings::Holder, int64_t> model;
  for (int i = 0; i < 20000; i++) {
    const Holdings::Holder holder = random() % 8;
    const int64_t amount = random() % 5;
    switch (random() % 4) {
      case 0:
        if (holdings.Take(holder, "users", amount, 12)) model[holder] += amount;
        break;
      case 1:
        if (holdings.Set(holder, "users", amount, 12)) model[holder] = amount;
        break;
      case 2:
        model[holder] -= holdings.Release(holder, "users", amount);
        break;
      default:
        holdings.ReleaseAll(holder), model[holder] = 0;
    }
    int64_t sum = 0;
    for (const auto& [id, held] : model) sum += held;
    ASSERT_EQ(holdings.Used("users"), sum);
    ASSERT_LE(sum, 12);
    ASSERT_EQ(holdings.HeldBy(holder, "users"), model[holder]);
  }
}

}  // namespace
}  // namespace holdfast
