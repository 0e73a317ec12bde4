#include "signer/hsm/signer_config.h"

#include <algorithm>

#include "protocol/json_text.h"
#include "protocol/terms.h"
#include "signer/hsm/config_json.h"

namespace holdfast::hsm {
namespace {

Json KeyJson(const KeyReference& key) {
  return {{"token", key.token}, {"uri", key.uri}};
}

Result<LineGeneration> ParseLine(const Json& json) {
  JsonObject o(json, "config.lines");
  LineGeneration line;
  line.line = o.String("line", 64);
  if (!IsIdentifier(line.line)) o.Fault("line", "is not an identifier");
  line.generation = static_cast<int>(o.Integer("generation", 1, 10'000));
  const Json* issuing = o.Object("issuing_key");
  const Json* message = o.Object("message_key");
  HOLDFAST_CHECK(o.Finish());
  HOLDFAST_TRY(line.issuing_key, ParseKeyReference(*issuing, "config.lines.issuing_key"));
  HOLDFAST_TRY(line.message_key, ParseKeyReference(*message, "config.lines.message_key"));
  return line;
}

Result<IssuancePolicy> ParsePolicy(const Json& json) {
  JsonObject o(json, "config.policy");
  IssuancePolicy p;
  p.maximum_validity = o.Duration("maximum_validity", p.maximum_validity);
  p.maximum_backdating = o.Duration("maximum_backdating", p.maximum_backdating);
  p.maximum_postdating = o.Duration("maximum_postdating", p.maximum_postdating);
  p.maximum_crl_lifetime = o.Duration("maximum_crl_lifetime", p.maximum_crl_lifetime);
  p.licenses_per_minute =
      static_cast<int>(o.Integer("licenses_per_minute", 0, 1'000'000'000, p.licenses_per_minute));
  p.messages_per_minute =
      static_cast<int>(o.Integer("messages_per_minute", 0, 1'000'000'000, p.messages_per_minute));
  HOLDFAST_CHECK(o.Finish());
  return p;
}

Json PolicyJson(const IssuancePolicy& p) {
  return {{"maximum_validity", FormatDuration(p.maximum_validity)},
          {"maximum_backdating", FormatDuration(p.maximum_backdating)},
          {"maximum_postdating", FormatDuration(p.maximum_postdating)},
          {"maximum_crl_lifetime", FormatDuration(p.maximum_crl_lifetime)},
          {"licenses_per_minute", p.licenses_per_minute},
          {"messages_per_minute", p.messages_per_minute}};
}

Status CheckReferences(const SignerConfig& config) {
  const auto known = [&](const KeyReference& key) { return config.tokens.contains(key.token); };
  if (!known(config.root_key)) return Malformed("config.root_key", "names a token that is not listed");
  for (size_t i = 0; i < config.lines.size(); i++) {
    const auto& line = config.lines[i];
    if (!known(line.issuing_key) || !known(line.message_key))
      return Malformed("config.lines", "line " + line.line + " names a token that is not listed");
    for (size_t j = 0; j < i; j++)
      if (config.lines[j].line == line.line && config.lines[j].generation == line.generation)
        return Malformed("config.lines", "generation " + std::to_string(line.generation) + " of line " +
                                             line.line + " occurs twice");
  }
  return {};
}

Result<std::map<std::string, TokenConfig>> ParseTokens(const Json& json, const Path& directory) {
  std::map<std::string, TokenConfig> tokens;
  if (json.size() > kMaxTokens) return Malformed("config.tokens", "there are too many tokens");
  for (const auto& [name, value] : json.items()) {
    if (!IsIdentifier(name)) return Malformed("config.tokens", "a token's name is not an identifier");
    HOLDFAST_TRY(tokens[name], ParseTokenConfig(value, "config.tokens", directory));
  }
  return tokens;
}

}  // namespace

Result<SignerConfig> ParseSignerConfig(std::string_view text, const Path& directory) {
  HOLDFAST_TRY(const Json json, ParseJson(text, kMaxSignerConfig));
  JsonObject o(json, "config");
  if (o.String("schema", 16) != "1.0") o.Fault("schema", "is not \"1.0\"");
  SignerConfig config;
  config.vendor = o.String("vendor", 64);
  const Json* tokens = o.Object("tokens");
  const Json* root_key = o.Object("root_key");
  const Json* lines = o.Array("lines", kMaxLines);
  const Json* quorum = o.Object("quorum");
  const Json* policy = o.OptionalObject("policy");
  config.hsm_deadline = o.Duration("hsm_deadline", config.hsm_deadline);
  if (config.hsm_deadline < Seconds(1) || config.hsm_deadline > Seconds(600))
    o.Fault("hsm_deadline", "is not between 1s and 600s");
  const Json* uids = o.OptionalArray("allowed_uids", 64);
  for (const Json& uid : uids ? *uids : Json::array()) {
    if (!uid.is_number_integer() || uid.get<int64_t>() < 0 || uid.get<int64_t>() >= 0xffffffff)
      o.Fault("allowed_uids", "holds something else than user ids");
    else
      config.allowed_uids.push_back(uid.get<uint32_t>());
  }
  HOLDFAST_CHECK(o.Finish());
  HOLDFAST_TRY(config.tokens, ParseTokens(*tokens, directory));
  for (auto& [name, token] : config.tokens) token.patience = config.hsm_deadline;
  HOLDFAST_TRY(config.root_key, ParseKeyReference(*root_key, "config.root_key"));
  HOLDFAST_TRY(config.quorum, ParseQuorum(*quorum, "config.quorum"));
  if (policy) {
    HOLDFAST_TRY(config.policy, ParsePolicy(*policy));
  }
  for (const Json& item : *lines) {
    HOLDFAST_TRY(LineGeneration line, ParseLine(item));
    config.lines.push_back(std::move(line));
  }
  HOLDFAST_CHECK(CheckReferences(config));
  return config;
}

std::string FormatSignerConfig(const SignerConfig& config, const Path& directory) {
  Json tokens = Json::object(), lines = Json::array();
  for (const auto& [name, token] : config.tokens) tokens[name] = TokenConfigJson(token, directory);
  for (const auto& line : config.lines)
    lines.push_back({{"line", line.line},
                     {"generation", line.generation},
                     {"issuing_key", KeyJson(line.issuing_key)},
                     {"message_key", KeyJson(line.message_key)}});
  const Json json = {{"schema", "1.0"},
                     {"vendor", config.vendor},
                     {"tokens", std::move(tokens)},
                     {"root_key", KeyJson(config.root_key)},
                     {"lines", std::move(lines)},
                     {"quorum", QuorumJson(config.quorum)},
                     {"policy", PolicyJson(config.policy)},
                     {"allowed_uids", config.allowed_uids},
                     {"hsm_deadline", FormatDuration(config.hsm_deadline)}};
  return FormatJson(json, 2) + "\n";
}

Result<SignerConfig> ReadSignerConfig(const Path& file) {
  auto text = ReadFile(file, kMaxSignerConfig);
  if (!text && text.error().kind == ErrorKind::kNotFound)
    return Fail(ErrorKind::kNotFound, "config.missing", file.string() + " does not exist",
                "Hold a key ceremony first: holdfast-vendor init, or holdfast-signer ceremony");
  if (!text) return tl::unexpected(text.error());
  auto config = ParseSignerConfig(AsText(*text), std::filesystem::absolute(file).parent_path());
  if (!config) config.error().message = file.string() + ": " + config.error().message;
  return config;
}

int CurrentGeneration(const SignerConfig& config, std::string_view line) {
  int highest = 0;
  for (const auto& l : config.lines)
    if (l.line == line) highest = std::max(highest, l.generation);
  return highest;
}

Path SignerPaths::Certificate(std::string_view line, int generation, std::string_view kind) const {
  return directory / "certificates" /
         (std::string(line) + "-" + std::to_string(generation) + "." + std::string(kind) + ".pem");
}

Path SignerPaths::Crl(ByteView issuer_key_id, int shard) const {
  return directory / "crls" / (HexEncode(issuer_key_id) + "-" + std::to_string(shard) + ".crl");
}

}  // namespace holdfast::hsm
