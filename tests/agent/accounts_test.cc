#include "agent/accounts.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/agent/enforcement/views.h"

namespace holdfast {
namespace {

std::vector<LicenseView> Naming(std::vector<Account> users, std::vector<Account> groups) {
  LicenseView view = GoodView();
  view.verified->terms.grants.limits["users"].only = Callers{std::move(users), std::move(groups), {}};
  return {view};
}

int NobodyAnswers(const char*, passwd*, char*, size_t, passwd**) {
  return EIO;
}

int NoSuchUser(const char*, passwd*, char*, size_t, passwd** found) {
  *found = nullptr;
  return 0;
}

// With more members than fit into any buffer that is not a large one.
int LargeGroup(const char*, group* entry, char*, size_t size, group** found) {
  *found = nullptr;
  if (size < 1024 * 1024) return ERANGE;
  entry->gr_gid = 500;
  *found = entry;
  return 0;
}

int NeverEnough(const char*, group*, char*, size_t, group**) {
  return ERANGE;
}

TEST(LookUpAccounts, FindsTheHostsByTheirNames) {
  Accounts accounts;
  const auto views = Naming({std::string("root"), uint32_t{7}}, {std::string("root")});
  EXPECT_TRUE(LookUpAccounts(views, accounts));
  EXPECT_EQ(accounts.users, (std::map<std::string, uint32_t>{{"root", 0}}));
  EXPECT_EQ(accounts.groups, (std::map<std::string, uint32_t>{{"root", 0}}));
}

TEST(LookUpAccounts, FindsAGroupOfAnySize) {
  Accounts accounts;
  EXPECT_TRUE(LookUpAccounts(Naming({}, {std::string("cad")}), accounts, {.group_named = LargeGroup}));
  EXPECT_EQ(accounts.groups, (std::map<std::string, uint32_t>{{"cad", 500}}));
  EXPECT_FALSE(LookUpAccounts(Naming({}, {std::string("cad")}), accounts, {.group_named = NeverEnough}));
}

TEST(LookUpAccounts, WhoCannotBeAskedForStaysWhoHeWas) {
  Accounts accounts{{{"anna", 1000}, {"ben", 1001}}, {}};
  const auto views = Naming({std::string("anna"), std::string("zoe")}, {});
  EXPECT_FALSE(LookUpAccounts(views, accounts, {.user_named = NobodyAnswers}));
  EXPECT_EQ(accounts.users, (std::map<std::string, uint32_t>{{"anna", 1000}})) << "whom nobody names is gone";
}

TEST(LookUpAccounts, AnAccountThatWasRemovedIsNobodys) {
  Accounts accounts{{{"anna", 1000}}, {}};
  EXPECT_TRUE(LookUpAccounts(Naming({std::string("anna")}, {}), accounts, {.user_named = NoSuchUser}));
  EXPECT_TRUE(accounts.users.empty());
}

}  // namespace
}  // namespace holdfast
