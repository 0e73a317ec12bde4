#include "protocol/local/session_statement.h"

#include "protocol/base64.h"
#include "protocol/json_text.h"
#include "protocol/local/ec_point.h"
#include "protocol/return_members.h"
#include "protocol/schema_version.h"
#include "protocol/terms_members.h"

namespace holdfast::local {
namespace {

constexpr int kSchemaMajor = 1, kSchemaMinor = 0;
constexpr size_t kBootIdSize = 36;

std::string ReadBootId(JsonObject& o) {
  std::string boot_id = o.String("boot_id", kBootIdSize);
  if (!IsBootId(boot_id)) o.Fault("boot_id", "not the id of a boot");
  return boot_id;
}

void CheckWindow(JsonObject& o, const SessionStatement& statement) {
  if (statement.ends <= statement.begins || statement.ends - statement.begins > kMaxSession)
    o.Fault("ends", "not within 12 hours after the beginning");
}

Result<SessionStatement> ParsePayload(ByteView payload) {
  HOLDFAST_TRY(const Json value, ParseJson(AsText(payload), kMaxSessionSize));
  JsonObject o(value, "session");
  SessionStatement statement;
  statement.schema = o.String("schema", 16);
  if (!o.Has("schema")) HOLDFAST_CHECK(o.Finish());
  HOLDFAST_TRY(const SchemaVersion version, ParseSchemaVersion(statement.schema, kSchemaMajor, "session"));
  statement.vendor = ReadName(o, "vendor");
  statement.product = ReadIdentifier(o, "product");
  statement.license = ReadName(o, "license");
  statement.serial = ReadSerial(o);
  statement.certificate = ReadDigest(o, "certificate");
  statement.session_key = ReadEcPoint(o, "session_key");
  statement.boot_id = ReadBootId(o);
  statement.begins = o.Time("begins");
  statement.ends = o.Time("ends");
  CheckWindow(o, statement);
  HOLDFAST_CHECK(FinishMembers(o, value, version.minor > kSchemaMinor));
  return statement;
}

}  // namespace

bool IsBootId(std::string_view text) {
  if (text.size() != kBootIdSize) return false;
  for (size_t i = 0; i < text.size(); i++) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool digit = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
    if (dash ? text[i] != '-' : !digit) return false;
  }
  return true;
}

Bytes FormatSessionStatement(const SessionStatement& statement) {
  const Json json = {{"schema", statement.schema},
                     {"vendor", statement.vendor},
                     {"product", statement.product},
                     {"license", statement.license},
                     {"serial", HexEncode(statement.serial)},
                     {"certificate", HexEncode(statement.certificate)},
                     {"session_key", Base64UrlEncode(statement.session_key)},
                     {"boot_id", statement.boot_id},
                     {"begins", FormatTime(statement.begins)},
                     {"ends", FormatTime(statement.ends)}};
  return ToBytes(std::string_view(FormatJson(json)));
}

Result<SignedSessionStatement> ParseSessionStatement(std::string_view compact_jws) {
  if (compact_jws.size() > kMaxSessionSize)
    return Malformed("session.size",
                     "a session statement of more than " + std::to_string(kMaxSessionSize) + " octets");
  HOLDFAST_TRY(Jws jws, ParseJws(compact_jws, MessageType::kSession));
  if (jws.alg != "ES256" || !jws.kid.empty())
    return Malformed("session.header", "a session statement is signed with ES256 and names no key");
  HOLDFAST_TRY(SessionStatement statement, ParsePayload(jws.payload));
  return SignedSessionStatement{std::move(statement), std::move(jws), std::string(compact_jws)};
}

Status CheckSession(const SessionStatement& statement, const ExpectedSession& expected) {
  if (statement.vendor != expected.vendor)
    return Refused("session.other_vendor", "the agent vouches for a license of another vendor");
  if (statement.product != expected.product)
    return Refused("session.other_product", "the agent vouches for a license of another product");
  if (statement.license != expected.license || !Equal(statement.serial, expected.serial) ||
      statement.certificate != expected.certificate)
    return Refused("session.other_license", "the agent vouches for another license than the one it shows");
  if (statement.boot_id != expected.boot_id)
    return Refused("session.other_host",
                   "the agent is on another host, or what it says is of an earlier boot");
  if (expected.now < statement.begins || expected.now > statement.ends)
    return Refused("session.window", "the session has ended, or not begun",
                   "try again; holdfast status says more");
  return {};
}

}  // namespace holdfast::local
