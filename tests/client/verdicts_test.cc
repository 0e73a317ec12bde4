#include "agent/client/verdicts.h"

#include <gtest/gtest.h>

namespace holdfast::client {
namespace {

const Verdict kOtherwise{false, HOLDFAST_REASON_UNKNOWN_FEATURE, false};

Verdict Numbered(int64_t n) {
  return {true, HOLDFAST_REASON_ACTIVE, FeatureValue(n)};
}

TEST(VerdictsTest, EveryFeatureIsFoundAndNothingElse) {
  std::map<std::string, Verdict> decisions;
  for (int64_t n = 0; n < 512; n++)
    decisions["f" + std::string(static_cast<size_t>(n % 60), 'x') + std::to_string(n)] = Numbered(n);
  const Verdicts verdicts(decisions, kOtherwise);
  for (const auto& [feature, verdict] : decisions) {
    EXPECT_EQ(verdicts.Of(feature), verdict);
    EXPECT_EQ(verdicts.Of(feature + "-"), kOtherwise);
    EXPECT_EQ(verdicts.Of(std::string_view(feature).substr(1)), kOtherwise);
  }
}

TEST(VerdictsTest, NamesOfEveryLengthAreTold) {
  std::map<std::string, Verdict> decisions;
  for (size_t n = 1; n <= 64; n++) decisions[std::string(n, 'a')] = Numbered(static_cast<int64_t>(n));
  const Verdicts verdicts(decisions, kOtherwise);
  for (size_t n = 1; n <= 64; n++)
    EXPECT_EQ(verdicts.Of(std::string(n, 'a')), Numbered(static_cast<int64_t>(n)));
  EXPECT_EQ(verdicts.Of(""), kOtherwise);
  EXPECT_EQ(verdicts.Of(std::string(65, 'a')), kOtherwise);
}

TEST(VerdictsTest, OfNoFeatures) {
  EXPECT_EQ(Verdicts({}, kOtherwise).Of("export"), kOtherwise);
}

}  // namespace
}  // namespace holdfast::client
