#include "protocol/return_statement.h"

#include "protocol/json_text.h"
#include "protocol/return_members.h"
#include "protocol/terms.h"

namespace holdfast {
namespace {

constexpr std::string_view kHostForm = "host";

std::optional<ReturnedGate> ReadGate(JsonObject& statement) {
  const Json* value = statement.Object("gate");
  if (!value) return {};
  JsonObject o(*value, "return.gate");
  ReturnedGate gate;
  gate.index = static_cast<uint32_t>(o.Integer("index", 0, UINT32_MAX));
  gate.base = static_cast<uint64_t>(o.Integer("base", 1, INT64_MAX));
  if (auto status = o.Finish(); !status) statement.Fault("gate", status.error().message);
  return gate;
}

// Usage without the ledger that it is from, or a ledger that says nothing, is no statement.
Result<std::optional<StatedUsage>> ReadUsed(JsonObject& o) {
  const Json* ledger = o.OptionalObject("ledger");
  const Json* usage = o.OptionalArray("usage", kMaxReportedUsage);
  if (ledger == nullptr && usage == nullptr) return std::nullopt;
  if (ledger == nullptr) return o.Fault("ledger", "missing beside usage"), std::nullopt;
  if (usage == nullptr) return o.Fault("usage", "missing beside ledger"), std::nullopt;
  StatedUsage used;
  HOLDFAST_TRY(used.ledger, ParseReportedLedger(*ledger, "return.ledger"));
  HOLDFAST_TRY(used.usage, ParseMeterUsages(*usage, "return.usage"));
  return used;
}

Result<ReturnStatement> ParsePayload(ByteView payload) {
  HOLDFAST_TRY(const Json value, ParseJson(AsText(payload), kMaxJwsSize));
  JsonObject o(value, "return");
  ReturnStatement statement;
  HOLDFAST_CHECK(ReadHead(o, "return", statement.schema));
  statement.vendor = ReadName(o, "vendor");
  statement.product = o.String("product", 64);
  if (!IsIdentifier(statement.product)) o.Fault("product", "not an identifier");
  statement.license = ReadName(o, "license");
  statement.serial = ReadSerial(o);
  statement.certificate = ReadDigest(o, "certificate");
  statement.created = o.Time("created");
  statement.agent_version = ReadVersion(o);
  if (!o.Has("assurance")) {
    statement.gate = ReadGate(o);
  } else if (o.String("assurance", 16) != kHostForm) {
    o.Fault("assurance", "only a host without a TPM names its class: host");
  }
  HOLDFAST_TRY(statement.used, ReadUsed(o));
  HOLDFAST_CHECK(o.Finish());
  return statement;
}

}  // namespace

Bytes FormatReturnStatement(const ReturnStatement& statement) {
  Json json = {{"schema", statement.schema},
               {"vendor", statement.vendor},
               {"product", statement.product},
               {"license", statement.license},
               {"serial", HexEncode(statement.serial)},
               {"certificate", HexEncode(statement.certificate)},
               {"created", FormatTime(statement.created)},
               {"agent_version", statement.agent_version}};
  if (statement.gate) {
    json["gate"] = {{"index", statement.gate->index}, {"base", statement.gate->base}};
  } else {
    json["assurance"] = kHostForm;
  }
  if (statement.used) {
    json["ledger"] = FormatReportedLedger(statement.used->ledger);
    json["usage"] = FormatMeterUsages(statement.used->usage);
  }
  return ToBytes(std::string_view(FormatJson(json)));
}

Result<SignedReturnStatement> ParseReturnStatement(std::string_view compact_jws) {
  HOLDFAST_TRY(Jws jws, ParseJws(compact_jws, MessageType::kReturn));
  if (jws.alg != "ES256" || !jws.kid.empty())
    return Malformed("return.header", "a return statement is signed with ES256 and names no key");
  HOLDFAST_TRY(ReturnStatement statement, ParsePayload(jws.payload));
  return SignedReturnStatement{std::move(statement), std::move(jws), std::string(compact_jws)};
}

}  // namespace holdfast
