#include "protocol/callers.h"

#include <algorithm>

#include "protocol/display_text.h"

namespace holdfast {
namespace {

constexpr size_t kMaxAccountSize = 64;
constexpr int64_t kMaxId = UINT32_MAX - 1;  // the last is "none" to the kernel

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool IsAccountName(std::string_view text) {
  if (text.empty() || text.size() > kMaxAccountSize || !IsLetter(text[0])) return false;
  if (text.size() > 1 && text.back() == '$') text.remove_suffix(1);  // a machine's account in a domain
  return std::all_of(text.begin(), text.end(), [](char c) {
    return IsLetter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '@' || c == '\\';
  });
}

// One spelling for one file: no empty component, no "." and no "..".
bool IsExecutable(std::string_view path) {
  if (path.empty() || path[0] != '/' || !IsDisplayText(path, kMaxExecutableSize)) return false;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view component = path.substr(0, path.find('/'));
    if (component.empty() || component == "." || component == "..") return false;
    path.remove_prefix(component.size());
  }
  return true;
}

// An array that is there has something in it.
const Json* ReadList(JsonObject& o, std::string_view name) {
  const Json* array = o.OptionalArray(name, kMaxCallers);
  if (array && array->empty()) o.Fault(name, "empty: nobody could ever use the limit");
  return array;
}

std::vector<Account> ReadAccounts(JsonObject& o, std::string_view name) {
  std::vector<Account> accounts;
  const Json* array = ReadList(o, name);
  if (!array) return accounts;
  for (const Json& item : *array) {
    const bool is_id = item.is_number_integer() && item.get<int64_t>() >= 0 && item.get<int64_t>() <= kMaxId;
    if (is_id)
      accounts.emplace_back(static_cast<uint32_t>(item.get<int64_t>()));
    else if (item.is_string() && IsAccountName(item.get_ref<const std::string&>()))
      accounts.emplace_back(item.get<std::string>());
    else
      return o.Fault(name, "neither the name nor the number of an account"), accounts;
  }
  return accounts;
}

std::vector<std::string> ReadExecutables(JsonObject& o) {
  std::vector<std::string> paths;
  const Json* array = ReadList(o, "executables");
  if (!array) return paths;
  for (const Json& item : *array) {
    if (!item.is_string() || !IsExecutable(item.get_ref<const std::string&>()))
      return o.Fault("executables", "not the absolute path of a program"), paths;
    paths.push_back(item.get<std::string>());
  }
  return paths;
}

Json FormatAccounts(const std::vector<Account>& accounts) {
  Json json = Json::array();
  for (const Account& account : accounts) json.push_back(FormatAccount(account));
  return json;
}

}  // namespace

Json FormatAccount(const Account& account) {
  return std::visit([](const auto& value) { return Json(value); }, account);
}

Result<Callers> ParseCallers(const Json& json, const std::string& context) {
  JsonObject o(json, context + ".only");
  Callers callers{ReadAccounts(o, "users"), ReadAccounts(o, "groups"), ReadExecutables(o)};
  HOLDFAST_CHECK(o.Finish());
  if (callers == Callers{}) return Malformed(context + ".only", "names nobody");
  return callers;
}

Json FormatCallers(const Callers& callers) {
  Json json = Json::object();
  if (!callers.users.empty()) json["users"] = FormatAccounts(callers.users);
  if (!callers.groups.empty()) json["groups"] = FormatAccounts(callers.groups);
  if (!callers.executables.empty()) json["executables"] = callers.executables;
  return json;
}

}  // namespace holdfast
