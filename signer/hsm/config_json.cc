#include "signer/hsm/config_json.h"

#include "protocol/base64.h"
#include "protocol/terms.h"

namespace holdfast::hsm {
namespace {

std::string Relative(const Path& path, const Path& directory) {
  if (path.empty()) return {};
  const Path relative = path.lexically_relative(directory);
  return relative.empty() || *relative.begin() == ".." ? path.string() : relative.string();
}

Result<Operator> ParseOperator(const Json& json, const std::string& context) {
  JsonObject o(json, context + ".operators");
  const std::string name = o.String("name", 64);
  if (!IsIdentifier(name)) o.Fault("name", "is not an identifier");
  auto key = PublicKey::FromSpki(o.Base64("key", 1024));
  if (!key) {
    o.Fault("key", key.error().message);
  } else if (key->type() != KeyType::kEcP256) {
    o.Fault("key", "is not a P-256 key");
  }
  HOLDFAST_CHECK(o.Finish());
  return Operator{name, std::move(*key)};
}

}  // namespace

Result<TokenConfig> ParseTokenConfig(const Json& json, const std::string& context, const Path& directory) {
  JsonObject o(json, context);
  TokenConfig token;
  token.module = o.String("module", 1024, "");
  if (const Json* environment = o.OptionalArray("module_env", 32)) {
    for (const Json& item : *environment) {
      if (!item.is_string() || item.get_ref<const std::string&>().find('=') == std::string::npos ||
          item.get_ref<const std::string&>().size() > 4096)
        o.Fault("module_env", "holds something else than NAME=VALUE");
      else
        token.module_env.push_back(item.get<std::string>());
    }
  }
  token.uri = o.String("uri", 1024);
  const std::string pin_file = o.String("pin_file", 1024, "");
  if (!pin_file.empty()) token.pin_file = directory / pin_file;
  token.sessions = static_cast<int>(o.Integer("sessions", 0, 1024, 0));
  HOLDFAST_CHECK(o.Finish());
  return token;
}

Json TokenConfigJson(const TokenConfig& token, const Path& directory) {
  return {{"module", token.module},
          {"module_env", token.module_env},
          {"uri", token.uri},
          {"pin_file", Relative(token.pin_file, directory)},
          {"sessions", token.sessions}};
}

Result<KeyReference> ParseKeyReference(const Json& json, const std::string& context) {
  JsonObject o(json, context);
  KeyReference key{o.String("token", 64), o.String("uri", 1024, "")};
  HOLDFAST_CHECK(o.Finish());
  return key;
}

Result<Quorum> ParseQuorum(const Json& json, const std::string& context) {
  JsonObject o(json, context);
  Quorum quorum;
  quorum.needed = static_cast<int>(o.Integer("needed", 0, kMaxOperators));
  const Json* operators = o.Array("operators", kMaxOperators);
  HOLDFAST_CHECK(o.Finish());
  for (const Json& item : *operators) {
    HOLDFAST_TRY(Operator next, ParseOperator(item, context));
    for (const Operator& other : quorum.operators)
      if (other.name == next.name || other.key.spki() == next.key.spki())
        return Malformed(context + ".operators", "operators " + other.name + " and " + next.name +
                                                     " have the same name or the same key");
    quorum.operators.push_back(std::move(next));
  }
  if (static_cast<size_t>(quorum.needed) > quorum.operators.size())
    return Malformed(context + ".needed", "there are fewer operators than approvals needed");
  return quorum;
}

Json QuorumJson(const Quorum& quorum) {
  Json operators = Json::array();
  for (const Operator& o : quorum.operators)
    operators.push_back({{"name", o.name}, {"key", Base64Encode(o.key.spki())}});
  return {{"needed", quorum.needed}, {"operators", std::move(operators)}};
}

}  // namespace holdfast::hsm
