#include "agent/accounts.h"

#include <cerrno>

namespace holdfast {
namespace {

// A group comes with the names of all its members, which are many in a domain.
constexpr size_t kFirstBuffer = 16 * 1024, kLargestBuffer = 16 * 1024 * 1024;

class LookUp {
 public:
  LookUp(const NameServices& services, const Accounts& known) : services_(services), known_(known) {}

  void AddAll(const Grants& grants) {
    for (const auto& [name, limit] : grants.limits) {
      if (!limit.only) continue;
      Add(limit.only->users, services_.user_named, &passwd::pw_uid, known_.users, found_.users);
      Add(limit.only->groups, services_.group_named, &group::gr_gid, known_.groups, found_.groups);
    }
  }
  const Accounts& found() const { return found_; }
  bool all() const { return all_; }

 private:
  template <class Entry, class Ask>
  void Add(const std::vector<Account>& accounts, Ask ask, uint32_t Entry::*number,
           const std::map<std::string, uint32_t>& known, std::map<std::string, uint32_t>& found) {
    for (const Account& account : accounts) {
      const auto* name = std::get_if<std::string>(&account);
      if (name == nullptr || found.contains(*name)) continue;
      std::vector<char> buffer(kFirstBuffer);
      Entry entry{};
      Entry* there = nullptr;
      int error = ask(name->c_str(), &entry, buffer.data(), buffer.size(), &there);
      while (error == ERANGE && buffer.size() < kLargestBuffer) {
        buffer.resize(buffer.size() * 2);
        error = ask(name->c_str(), &entry, buffer.data(), buffer.size(), &there);
      }
      if (error == 0 && there != nullptr) found.emplace(*name, there->*number);
      if (error == 0) continue;
      all_ = false;
      if (const auto before = known.find(*name); before != known.end()) found.insert(*before);
    }
  }

  const NameServices& services_;
  const Accounts& known_;
  Accounts found_;
  bool all_ = true;
};

}  // namespace

bool LookUpAccounts(const std::vector<LicenseView>& licenses, Accounts& known, const NameServices& services) {
  LookUp look_up(services, known);
  for (const LicenseView& license : licenses) {
    if (!license.verified) continue;
    look_up.AddAll(license.verified->terms.grants);
    if (license.verified->terms.fallback) look_up.AddAll(*license.verified->terms.fallback);
  }
  known = look_up.found();
  return look_up.all();
}

}  // namespace holdfast
