// Who holds how much of which limit: seats and gauges belong to a connection and go when it goes. A ledger
// without opinion: what may be held is Decide's to say, under `ceiling`. Not thread safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace holdfast {

class Holdings {
 public:
  using Holder = uint64_t;  // the connection's id, never used twice

  // Adds `amount` to what the holder has, if the sum over all holders stays within `ceiling`.
  bool Take(Holder holder, const std::string& limit, int64_t amount, int64_t ceiling);
  // Sets what the holder has. Lowering always succeeds, also when the sum is above a ceiling that has come
  // down since: nobody is worse off for giving something back.
  bool Set(Holder holder, const std::string& limit, int64_t amount, int64_t ceiling);
  // Gives back at most what the holder has; what was given back.
  int64_t Release(Holder holder, const std::string& limit, int64_t amount);
  void ReleaseAll(Holder holder);

  int64_t Used(const std::string& limit) const;  // the sum over all holders
  int64_t HeldBy(Holder holder, const std::string& limit) const;

 private:
  struct Account {
    int64_t total = 0;
    std::map<Holder, int64_t> held;
  };
  std::map<std::string, Account> accounts_;  // only limits of which something is held
};

}  // namespace holdfast
