#include "signer/hsm/pkcs11/module_environment.h"

#include <algorithm>

namespace holdfast::hsm {
namespace {

std::string NameOf(const std::string& pair) {
  return pair.substr(0, pair.find('='));
}

}  // namespace

Status CheckModuleEnvironment(const ModuleEnvironment& environment) {
  for (const std::string& pair : environment)
    if (pair.find('=') == pair.npos || pair.front() == '=')
      return Fail(ErrorKind::kUsage, "hsm.config", "module-env '" + NameOf(pair) + "' is not NAME=VALUE");
  return {};
}

std::optional<std::string> EnvironmentConflict(const ModuleEnvironment& one, const ModuleEnvironment& other,
                                               bool same_module) {
  for (const std::string& a : one)
    for (const std::string& b : other)
      if (a != b && NameOf(a) == NameOf(b)) return NameOf(a) + " would have two values";
  if (!same_module) return std::nullopt;
  const auto lacks = [](const ModuleEnvironment& has, const ModuleEnvironment& all) {
    return std::find_if(all.begin(), all.end(), [&](const std::string& p) {
      return std::find(has.begin(), has.end(), p) == has.end();
    });
  };
  if (auto missing = lacks(one, other); missing != other.end())
    return NameOf(*missing) + " would be set for one token of the module only";
  if (auto missing = lacks(other, one); missing != one.end())
    return NameOf(*missing) + " would be set for one token of the module only";
  return std::nullopt;
}

}  // namespace holdfast::hsm
