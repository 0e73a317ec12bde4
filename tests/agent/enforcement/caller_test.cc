#include "agent/enforcement/caller.h"

#include <gtest/gtest.h>

#include "tests/agent/enforcement/views.h"

namespace holdfast {
namespace {

const Accounts kAccounts{{{"anna", 1000}, {"ben", 1001}}, {{"cad", 500}}};
const Caller kAnna{1000, {1000, 500}, "/opt/cad/bin/cad"};
const Caller kBen{1001, {1001}, "/opt/cad/bin/cad"};
const Account kAnnasName = std::string("anna"), kCad = std::string("cad"), kUnknown = std::string("zoe");

TEST(IsAmong, UsersAreKnownByNameOrNumber) {
  EXPECT_TRUE(IsAmong({{kAnnasName}, {}, {}}, kAnna, kAccounts));
  EXPECT_TRUE(IsAmong({{uint32_t{1000}}, {}, {}}, kAnna, kAccounts));
  EXPECT_TRUE(IsAmong({{kUnknown, kAnnasName}, {}, {}}, kAnna, kAccounts));
  EXPECT_FALSE(IsAmong({{kAnnasName}, {}, {}}, kBen, kAccounts));
  EXPECT_FALSE(IsAmong({{uint32_t{500}}, {}, {}}, kAnna, kAccounts)) << "her group is no user";
}

TEST(IsAmong, ANameThatTheHostDoesNotKnowIsNobodys) {
  EXPECT_FALSE(IsAmong({{kUnknown}, {}, {}}, kAnna, kAccounts));
  EXPECT_FALSE(IsAmong({{kUnknown}, {}, {}}, Caller{}, kAccounts));
  EXPECT_FALSE(IsAmong({{}, {kUnknown}, {}}, kAnna, kAccounts));
}

TEST(IsAmong, AnyOfTheCallersGroupsCounts) {
  EXPECT_TRUE(IsAmong({{}, {kCad}, {}}, kAnna, kAccounts));
  EXPECT_TRUE(IsAmong({{}, {uint32_t{500}}, {}}, kAnna, kAccounts));
  EXPECT_FALSE(IsAmong({{}, {kCad}, {}}, kBen, kAccounts));
}

TEST(IsAmong, AUserOrAGroupIsEnough) {
  const Callers only{{std::string("ben")}, {kCad}, {}};
  EXPECT_TRUE(IsAmong(only, kAnna, kAccounts));
  EXPECT_TRUE(IsAmong(only, kBen, kAccounts));
}

TEST(IsAmong, AProgramIsDemandedBesides) {
  const Callers only{{kAnnasName}, {}, {"/opt/cad/bin/cad", "/usr/bin/python3"}};
  EXPECT_TRUE(IsAmong(only, kAnna, kAccounts));
  EXPECT_FALSE(IsAmong(only, kBen, kAccounts));
  Caller caller = kAnna;
  caller.executable = "/opt/cad/bin/cad2";
  EXPECT_FALSE(IsAmong(only, caller, kAccounts));
  caller.executable = "";  // it cannot be seen
  EXPECT_FALSE(IsAmong(only, caller, kAccounts));
  EXPECT_TRUE(IsAmong({{}, {}, {"/opt/cad/bin/cad"}}, kBen, kAccounts));
}

TEST(IsAmong, RootIsNobodySpecial) {
  EXPECT_FALSE(IsAmong({{kAnnasName}, {}, {}}, Caller{0, {0}, "/bin/sh"}, kAccounts));
}

TEST(DecideExcluded, IsADenialThatNamesWhyAndHidesWhatIsUsed) {
  const LicenseView view = GoodView();
  const Decision decision = DecideExcluded(view, kMidway, "users");
  EXPECT_FALSE(decision.allowed);
  EXPECT_EQ(decision.reasons, std::vector<Reason>{Reason::kCallerExcluded});
  EXPECT_EQ(decision.max, 10);
  EXPECT_EQ(decision.used, std::nullopt);
}

TEST(DecideExcluded, ALicenseThatOnlyAdvisesExcludesNobody) {
  LicenseView view = GoodView();
  view.verified->terms.advisory = true;
  const Decision decision = DecideExcluded(view, kMidway, "users");
  EXPECT_TRUE(decision.allowed);
  EXPECT_EQ(decision.reasons, (std::vector<Reason>{Reason::kCallerExcluded, Reason::kAdvisory}));
}

}  // namespace
}  // namespace holdfast
