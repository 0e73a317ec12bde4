#include "agent/enforcement/caller.h"

#include <algorithm>

namespace holdfast {
namespace {

bool IsAccount(const Account& account, uint32_t id, const std::map<std::string, uint32_t>& ids) {
  if (const auto* number = std::get_if<uint32_t>(&account)) return *number == id;
  const auto found = ids.find(std::get<std::string>(account));
  return found != ids.end() && found->second == id;
}

}  // namespace

bool IsAmong(const Callers& callers, const Caller& caller, const Accounts& accounts) {
  const bool is_user = std::any_of(callers.users.begin(), callers.users.end(), [&](const Account& user) {
    return IsAccount(user, caller.uid, accounts.users);
  });
  const bool is_member = std::any_of(callers.groups.begin(), callers.groups.end(), [&](const Account& group) {
    return std::any_of(caller.groups.begin(), caller.groups.end(),
                       [&](uint32_t id) { return IsAccount(group, id, accounts.groups); });
  });
  const bool anybody = callers.users.empty() && callers.groups.empty();
  const bool any_program = callers.executables.empty();
  return (anybody || is_user || is_member) &&
         (any_program || std::find(callers.executables.begin(), callers.executables.end(),
                                   caller.executable) != callers.executables.end());
}

}  // namespace holdfast
