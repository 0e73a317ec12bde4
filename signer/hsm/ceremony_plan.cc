#include "signer/hsm/ceremony_plan.h"

#include "certs/name.h"
#include "protocol/json_text.h"
#include "protocol/terms.h"
#include "signer/hsm/config_json.h"

namespace holdfast::hsm {
namespace {

constexpr Seconds kMaxLife{36'500ll * 86400};

Result<KeyPlan> ParseKey(const Json& json, const std::string& context) {
  JsonObject o(json, context);
  KeyPlan key{o.String("token", 64), o.String("generate", 32, ""), o.String("uri", 1024, "")};
  if (key.generate.empty() == key.uri.empty()) o.Fault("generate", "and uri: exactly one of them is needed");
  if (!key.generate.empty() && !ParseKeySpec(key.generate))
    o.Fault("generate", "is not ec-p256, ec-p384 or rsa-3072");
  HOLDFAST_CHECK(o.Finish());
  return key;
}

Json KeyJson(const KeyPlan& key) {
  if (key.generate.empty()) return {{"token", key.token}, {"uri", key.uri}};
  return {{"token", key.token}, {"generate", key.generate}};
}

Result<TokenPlan> ParseToken(const Json& json, const Path& directory) {
  TokenPlan token;
  if (json.is_object() && json.contains("embedded")) {
    JsonObject o(json, "plan.tokens");
    token.embedded = o.Bool("embedded");
    token.config.sessions = static_cast<int>(o.Integer("sessions", 0, 1024, 0));
    if (!token.embedded) o.Fault("embedded", "is true or absent");
    HOLDFAST_CHECK(o.Finish());
    return token;
  }
  HOLDFAST_TRY(token.config, ParseTokenConfig(json, "plan.tokens", directory));
  return token;
}

Json TokenJson(const TokenPlan& token, const Path& directory) {
  if (token.embedded) return {{"embedded", true}, {"sessions", token.config.sessions}};
  return TokenConfigJson(token.config, directory);
}

Result<std::map<std::string, TokenPlan>> ParseTokens(const Json& json, const Path& directory) {
  std::map<std::string, TokenPlan> tokens;
  if (json.empty() || json.size() > kMaxTokens)
    return Malformed("plan.tokens", "one to 16 tokens are needed");
  for (const auto& [name, value] : json.items()) {
    if (!IsIdentifier(name) || name.size() > 20)
      return Malformed("plan.tokens", "a token's name is not an identifier of at most 20 characters");
    HOLDFAST_TRY(tokens[name], ParseToken(value, directory));
  }
  return tokens;
}

Seconds Life(JsonObject& o, std::string_view name, Seconds otherwise) {
  const Seconds life = o.Duration(name, otherwise);
  if (life < Seconds(86400) || life > kMaxLife) o.Fault(name, "is not between 1d and 36500d");
  return life;
}

Status ParseRoot(const Json& json, CeremonyPlan& plan) {
  JsonObject o(json, "plan.root");
  plan.root_name = o.String("name", 64, plan.root_name);
  plan.root_validity = Life(o, "validity", plan.root_validity);
  plan.root_crl_validity = Life(o, "crl_validity", plan.root_crl_validity);
  const Json* key = o.Object("key");
  HOLDFAST_CHECK(o.Finish());
  HOLDFAST_TRY(plan.root, ParseKey(*key, "plan.root.key"));
  return {};
}

Result<LinePlan> ParseLine(JsonObject& o, const std::string& context) {
  LinePlan line;
  line.line = o.String("line", 64);
  if (!IsIdentifier(line.line)) o.Fault("line", "is not an identifier");
  line.validity = Life(o, "validity", line.validity);
  const Json* issuing = o.Object("issuing");
  const Json* message = o.Object("message");
  HOLDFAST_CHECK(o.Finish());
  HOLDFAST_TRY(line.issuing, ParseKey(*issuing, context + ".issuing"));
  HOLDFAST_TRY(line.message, ParseKey(*message, context + ".message"));
  return line;
}

Status CheckPlan(const CeremonyPlan& plan) {
  if (auto name = EncodeName({plan.vendor, plan.root_name}); !name)
    return Malformed("plan.vendor",
                     "vendor and root name cannot be in a certificate: " + name.error().message);
  if (plan.lines.empty()) return Malformed("plan.lines", "at least one product line is needed");
  const auto listed = [&](const KeyPlan& key) { return plan.tokens.contains(key.token); };
  if (!listed(plan.root)) return Malformed("plan.root.key", "names a token that is not listed");
  for (size_t i = 0; i < plan.lines.size(); i++) {
    const auto& line = plan.lines[i];
    if (!listed(line.issuing) || !listed(line.message))
      return Malformed("plan.lines", "line " + line.line + " names a token that is not listed");
    if (line.validity > plan.root_validity)
      return Malformed("plan.lines", "line " + line.line + " would outlive the root");
    for (size_t j = 0; j < i; j++)
      if (plan.lines[j].line == line.line)
        return Malformed("plan.lines", "line " + line.line + " occurs twice");
  }
  return {};
}

Json LineJson(const LinePlan& line) {
  return {{"line", line.line},
          {"issuing", KeyJson(line.issuing)},
          {"message", KeyJson(line.message)},
          {"validity", FormatDuration(line.validity)}};
}

Status ParseRootCrlChange(JsonObject& o, ChangePlan& plan) {
  plan.crl_number = o.Integer("number", 1, INT64_MAX);
  plan.crl_validity = Life(o, "validity", plan.crl_validity);
  const Json* revoke = o.Array("revoke", kMaxLines);
  HOLDFAST_CHECK(o.Finish());
  for (const Json& item : *revoke) {
    JsonObject r(item, "change.revoke");
    RevokedGeneration revoked{r.String("line", 64), static_cast<int>(r.Integer("generation", 1, 10'000))};
    if (!IsIdentifier(revoked.line)) r.Fault("line", "is not an identifier");  // it becomes part of a path
    HOLDFAST_CHECK(r.Finish());
    plan.revoke.push_back(std::move(revoked));
  }
  return {};
}

}  // namespace

Result<KeySpec> ParseKeySpec(std::string_view name) {
  if (name == "ec-p256") return KeySpec{KeyType::kEcP256, 0, {}, {}};
  if (name == "ec-p384") return KeySpec{KeyType::kEcP384, 0, {}, {}};
  if (name == "rsa-3072") return KeySpec{KeyType::kRsa, 3072, {}, {}};
  return Fail(ErrorKind::kUsage, "plan.generate", "key types are ec-p256, ec-p384 and rsa-3072");
}

std::string KeyTypeName(const PublicKey& key) {
  if (key.type() == KeyType::kRsa) return "rsa-" + std::to_string(key.bits());
  return "ec-p" + std::to_string(key.bits());
}

Result<CeremonyPlan> ParseCeremonyPlan(std::string_view text, const Path& directory) {
  HOLDFAST_TRY(const Json json, ParseJson(text, kMaxPlanSize));
  JsonObject o(json, "plan");
  if (o.String("schema", 16) != "1.0") o.Fault("schema", "is not \"1.0\"");
  CeremonyPlan plan;
  plan.vendor = o.String("vendor", 64);
  const Json* tokens = o.Object("tokens");
  const Json* root = o.Object("root");
  const Json* lines = o.Array("lines", kMaxLines);
  const Json* quorum = o.OptionalObject("quorum");
  HOLDFAST_CHECK(o.Finish());
  HOLDFAST_TRY(plan.tokens, ParseTokens(*tokens, directory));
  HOLDFAST_CHECK(ParseRoot(*root, plan));
  if (quorum) {
    HOLDFAST_TRY(plan.quorum, ParseQuorum(*quorum, "plan.quorum"));
  }
  for (const Json& item : *lines) {
    JsonObject l(item, "plan.lines");
    HOLDFAST_TRY(LinePlan line, ParseLine(l, "plan.lines"));
    plan.lines.push_back(std::move(line));
  }
  HOLDFAST_CHECK(CheckPlan(plan));
  return plan;
}

std::string FormatCeremonyPlan(const CeremonyPlan& plan, const Path& directory) {
  Json tokens = Json::object(), lines = Json::array();
  for (const auto& [name, token] : plan.tokens) tokens[name] = TokenJson(token, directory);
  for (const auto& line : plan.lines) lines.push_back(LineJson(line));
  const Json json = {{"schema", "1.0"},
                     {"vendor", plan.vendor},
                     {"tokens", std::move(tokens)},
                     {"root",
                      {{"name", plan.root_name},
                       {"key", KeyJson(plan.root)},
                       {"validity", FormatDuration(plan.root_validity)},
                       {"crl_validity", FormatDuration(plan.root_crl_validity)}}},
                     {"lines", std::move(lines)},
                     {"quorum", QuorumJson(plan.quorum)}};
  return FormatJson(json, 2) + "\n";
}

Result<ChangePlan> ParseChangePlan(std::string_view text) {
  HOLDFAST_TRY(const Json json, ParseJson(text, kMaxPlanSize));
  JsonObject o(json, "change");
  if (o.String("schema", 16) != "1.0") o.Fault("schema", "is not \"1.0\"");
  ChangePlan plan;
  plan.operation = o.String("operation", 16);
  plan.vendor = o.String("vendor", 64);
  plan.root = o.String("root", 64);
  plan.expires = o.Time("expires");
  if (plan.operation == "root-crl") {
    HOLDFAST_CHECK(ParseRootCrlChange(o, plan));
    return plan;
  }
  if (plan.operation != "rotate" && plan.operation != "add-line")
    o.Fault("operation", "is not rotate, add-line or root-crl");
  plan.generation = static_cast<int>(o.Integer("generation", 1, 10'000));
  HOLDFAST_TRY(plan.line, ParseLine(o, "change"));
  return plan;
}

std::string FormatChangePlan(const ChangePlan& plan) {
  Json json = {{"schema", "1.0"},
               {"operation", plan.operation},
               {"vendor", plan.vendor},
               {"root", plan.root},
               {"expires", FormatTime(plan.expires)}};
  if (plan.operation == "root-crl") {
    Json revoke = Json::array();
    for (const auto& r : plan.revoke) revoke.push_back({{"line", r.line}, {"generation", r.generation}});
    json["number"] = plan.crl_number;
    json["validity"] = FormatDuration(plan.crl_validity);
    json["revoke"] = std::move(revoke);
  } else {
    json["generation"] = plan.generation;
    json.update(LineJson(plan.line));
  }
  return FormatJson(json, 2) + "\n";
}

}  // namespace holdfast::hsm
