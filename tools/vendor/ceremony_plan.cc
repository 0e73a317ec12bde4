#include "tools/vendor/ceremony_plan.h"

#include "protocol/json_text.h"
#include "protocol/strict_json.h"

namespace holdfast::vendor {
namespace {

Json TokenOf(const TokenOptions& options) {
  if (!options.given()) return {{"embedded", true}};
  Json token{{"module", options.module}, {"uri", options.token}};
  if (!options.module_env.empty()) token["module_env"] = options.module_env;
  if (!options.pin_file.empty()) token["pin_file"] = std::filesystem::absolute(options.pin_file).string();
  return token;
}

}  // namespace

std::string PlanWithOwnRoot(const std::string& vendor, const std::string& key_type, const TokenOptions& main,
                            const TokenOptions& root) {
  const Json key{{"token", "main"}, {"generate", key_type}};
  const Json plan{{"schema", "1.0"},
                  {"vendor", vendor},
                  {"tokens", {{"main", TokenOf(main)}, {"root", TokenOf(root)}}},
                  {"root", {{"key", {{"token", "root"}, {"generate", key_type}}}}},
                  {"lines", Json::array({{{"line", "default"}, {"issuing", key}, {"message", key}}})}};
  return FormatJson(plan, 2) + "\n";
}

}  // namespace holdfast::vendor
