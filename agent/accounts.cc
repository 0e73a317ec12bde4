#include "agent/accounts.h"

#include <grp.h>
#include <pwd.h>

namespace holdfast {
namespace {

constexpr size_t kMaxEntry = 64 * 1024;

std::optional<uint32_t> UserId(const std::string& name) {
  std::vector<char> buffer(kMaxEntry);
  passwd entry{};
  passwd* found = nullptr;
  ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return {};
  return found->pw_uid;
}

std::optional<uint32_t> GroupId(const std::string& name) {
  std::vector<char> buffer(kMaxEntry);
  group entry{};
  group* found = nullptr;
  ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return {};
  return found->gr_gid;
}

template <class LookUp>
void Add(std::map<std::string, uint32_t>& ids, const std::vector<Account>& accounts, LookUp look_up) {
  for (const Account& account : accounts) {
    const auto* name = std::get_if<std::string>(&account);
    if (name == nullptr || ids.contains(*name)) continue;
    if (const auto id = look_up(*name)) ids.emplace(*name, *id);
  }
}

void AddAll(Accounts& accounts, const Grants& grants) {
  for (const auto& [name, limit] : grants.limits) {
    if (!limit.only) continue;
    Add(accounts.users, limit.only->users, UserId);
    Add(accounts.groups, limit.only->groups, GroupId);
  }
}

}  // namespace

Accounts LookUpAccounts(const std::vector<LicenseView>& licenses) {
  Accounts accounts;
  for (const LicenseView& license : licenses) {
    if (!license.verified) continue;
    AddAll(accounts, license.verified->terms.grants);
    if (license.verified->terms.fallback) AddAll(accounts, *license.verified->terms.fallback);
  }
  return accounts;
}

}  // namespace holdfast
