#include "agent/enforcement/holdings.h"

#include <algorithm>

namespace holdfast {

bool Holdings::Take(Holder holder, const std::string& limit, int64_t amount, int64_t ceiling) {
  const int64_t held = HeldBy(holder, limit);
  if (amount < 0 || amount > ceiling || held > ceiling - amount) return false;
  return Set(holder, limit, held + amount, ceiling);
}

bool Holdings::Set(Holder holder, const std::string& limit, int64_t amount, int64_t ceiling) {
  if (amount < 0) return false;
  const int64_t held = HeldBy(holder, limit);
  const int64_t others = Used(limit) - held;
  if (amount > held && (others > ceiling || amount > ceiling - others)) return false;
  if (amount == 0) {
    Release(holder, limit, held);
    return true;
  }
  Account& account = accounts_[limit];
  account.held[holder] = amount;
  account.total = others + amount;
  return true;
}

int64_t Holdings::Release(Holder holder, const std::string& limit, int64_t amount) {
  auto account = accounts_.find(limit);
  if (account == accounts_.end() || amount <= 0) return 0;
  auto held = account->second.held.find(holder);
  if (held == account->second.held.end()) return 0;
  const int64_t given = std::min(amount, held->second);
  held->second -= given;
  account->second.total -= given;
  if (held->second == 0) account->second.held.erase(held);
  if (account->second.held.empty()) accounts_.erase(account);
  return given;
}

void Holdings::ReleaseAll(Holder holder) {
  for (auto account = accounts_.begin(); account != accounts_.end();) {
    auto held = account->second.held.find(holder);
    if (held != account->second.held.end()) {
      account->second.total -= held->second;
      account->second.held.erase(held);
    }
    account = account->second.held.empty() ? accounts_.erase(account) : std::next(account);
  }
}

int64_t Holdings::Used(const std::string& limit) const {
  auto account = accounts_.find(limit);
  return account == accounts_.end() ? 0 : account->second.total;
}

int64_t Holdings::HeldBy(Holder holder, const std::string& limit) const {
  auto account = accounts_.find(limit);
  if (account == accounts_.end()) return 0;
  auto held = account->second.held.find(holder);
  return held == account->second.held.end() ? 0 : held->second;
}

}  // namespace holdfast
