#include "signer/signing_wire.h"

#include <algorithm>
#include <array>

#include "protocol/base64.h"
#include "protocol/byte_cursor.h"
#include "protocol/error_json.h"
#include "protocol/json_text.h"
#include "protocol/strict_json.h"
#include "protocol/terms.h"

namespace holdfast {
namespace {

constexpr size_t kMaxName = 128;
constexpr size_t kMaxSerial = 20;
constexpr size_t kMaxDer = kMaxCrlSize;
constexpr size_t kMaxText = 4096;
constexpr size_t kMaxIssuers = 64;

Json LicenseJson(const LicenseOrder& order) {
  return {{"line", order.line},
          {"serial", Base64Encode(order.serial)},
          {"license_id", order.license_id},
          {"customer", order.customer},
          {"not_before", FormatTime(order.not_before)},
          {"not_after", FormatTime(order.not_after)},
          {"subject_spki", Base64Encode(order.subject_spki)},
          {"terms", order.terms_json},
          {"shard", order.shard},
          {"reason", order.reason}};
}

Result<SigningCall> ParseLicense(const Json& json) {
  JsonObject o(json, "wire");
  LicenseOrder order;
  order.line = o.String("line", kMaxName);
  order.serial = o.Base64("serial", kMaxSerial);
  order.license_id = o.String("license_id", kMaxName);
  order.customer = o.String("customer", 4 * kMaxName);
  order.not_before = o.Time("not_before");
  order.not_after = o.Time("not_after");
  order.subject_spki = o.Base64("subject_spki", 1024);
  order.terms_json = o.String("terms", kMaxTermsSize);
  order.shard = static_cast<int>(o.Integer("shard", 0, 65535));
  order.reason = o.String("reason", kMaxText);
  HOLDFAST_CHECK(o.Finish());
  return order;
}

Json CrlJson(const CrlOrder& order) {
  Json entries = Json::array();
  for (const auto& e : order.entries)
    entries.push_back({{"serial", Base64Encode(e.serial)},
                       {"date", FormatTime(e.date)},
                       {"reason", static_cast<int>(e.reason)}});
  return {{"line", order.line},
          {"shard", order.shard},
          {"issuer_key_id", Base64Encode(order.issuer_key_id)},
          {"number", order.number},
          {"this_update", FormatTime(order.this_update)},
          {"next_update", FormatTime(order.next_update)},
          {"entries", std::move(entries)}};
}

Result<RevokedEntry> ParseEntry(const Json& json) {
  JsonObject o(json, "wire.entries");
  RevokedEntry entry;
  entry.serial = o.Base64("serial", kMaxSerial);
  entry.date = o.Time("date");
  const int64_t reason = o.Integer("reason", 0, 9);
  for (int64_t allowed : {0, 1, 4, 5, 6, 9})
    if (reason == allowed) entry.reason = static_cast<RevocationReason>(reason);
  if (static_cast<int64_t>(entry.reason) != reason) o.Fault("reason", "is not a reason code of our profile");
  HOLDFAST_CHECK(o.Finish());
  return entry;
}

Result<SigningCall> ParseCrlOrder(const Json& json) {
  JsonObject o(json, "wire");
  CrlOrder order;
  order.line = o.String("line", kMaxName);
  order.shard = static_cast<int>(o.Integer("shard", 0, 65535));
  order.issuer_key_id = o.Base64("issuer_key_id", 20);
  order.number = o.Integer("number", 0, INT64_MAX);
  order.this_update = o.Time("this_update");
  order.next_update = o.Time("next_update");
  const Json* entries = o.Array("entries", kMaxCrlEntries);
  HOLDFAST_CHECK(o.Finish());
  for (const Json& item : *entries) {
    HOLDFAST_TRY(RevokedEntry entry, ParseEntry(item));
    order.entries.push_back(std::move(entry));
  }
  return order;
}

Json MessageJson(const MessageOrder& order) {
  return {{"line", order.line},
          {"type", std::string(TypName(order.type))},
          {"payload", Base64Encode(order.payload)}};
}

Result<SigningCall> ParseMessage(const Json& json) {
  JsonObject o(json, "wire");
  MessageOrder order;
  order.line = o.String("line", kMaxName);
  const std::string type = o.String("type", kMaxName);
  const auto* known = std::find_if(std::begin(kSignedMessages), std::end(kSignedMessages),
                                   [&](MessageType each) { return TypName(each) == type; });
  if (known == std::end(kSignedMessages)) {
    o.Fault("type", "is not a message that is signed here");
  } else {
    order.type = *known;
  }
  order.payload = o.Base64("payload", kMaxJwsSize);
  HOLDFAST_CHECK(o.Finish());
  return order;
}

Result<SigningCall> ParseStatusQuery(const Json& json) {
  HOLDFAST_CHECK(JsonObject(json, "wire").Finish());
  return StatusQuery{};
}

Json StatusJson(const SignerStatus& status) {
  Json issuers = Json::array();
  for (const auto& i : status.issuers)
    issuers.push_back({{"line", i.line},
                       {"issuing_certificate", Base64Encode(i.issuing_certificate)},
                       {"message_certificate", Base64Encode(i.message_certificate)},
                       {"current", i.current}});
  Json json = {{"state", status.state},
               {"detail", status.detail},
               {"audit_sequence", status.audit_sequence},
               {"audit_head", status.audit_head},
               {"issuers", std::move(issuers)},
               {"root_certificate", Base64Encode(status.root_certificate)},
               {"root_crl", Base64Encode(status.root_crl)}};
  if (status.last_good_signature_age)
    json["last_good_signature_age"] = status.last_good_signature_age->count();
  return json;
}

Result<SignerStatus> ParseStatus(const Json& json) {
  JsonObject o(json, "wire");
  SignerStatus status;
  status.state = o.String("state", kMaxName);
  status.detail = o.String("detail", kMaxText);
  status.audit_sequence = o.Integer("audit_sequence", 0, INT64_MAX);
  status.audit_head = o.String("audit_head", 64);
  if (o.Has("last_good_signature_age"))
    status.last_good_signature_age = Seconds(o.Integer("last_good_signature_age", 0, INT64_MAX));
  status.root_certificate = o.Base64("root_certificate", kMaxDer);
  status.root_crl = o.Base64("root_crl", kMaxDer);
  const Json* issuers = o.Array("issuers", kMaxIssuers);
  HOLDFAST_CHECK(o.Finish());
  for (const Json& item : *issuers) {
    JsonObject i(item, "wire.issuers");
    IssuerInfo info;
    info.line = i.String("line", kMaxName);
    info.issuing_certificate = i.Base64("issuing_certificate", kMaxDer);
    info.message_certificate = i.Base64("message_certificate", kMaxDer);
    info.current = i.Bool("current");
    HOLDFAST_CHECK(i.Finish());
    status.issuers.push_back(std::move(info));
  }
  return status;
}

struct CallName {
  std::string_view name;
  Result<SigningCall> (*parse)(const Json&);
};
// In the order of SigningCall's alternatives.
constexpr std::array<CallName, 4> kCalls = {{{"issue_license", ParseLicense},
                                             {"issue_crl", ParseCrlOrder},
                                             {"sign_message", ParseMessage},
                                             {"status", ParseStatusQuery}}};

Json OrderJson(const SigningCall& call) {
  if (auto* license = std::get_if<LicenseOrder>(&call)) return LicenseJson(*license);
  if (auto* crl = std::get_if<CrlOrder>(&call)) return CrlJson(*crl);
  if (auto* message = std::get_if<MessageOrder>(&call)) return MessageJson(*message);
  return Json::object();
}

std::string Dump(const Json& json) {
  // Text that is no UTF-8 cannot come from our own parsers; replaced, so that the peer refuses it by name.
  return FormatJson(json);
}

Result<Json> ReadError(const Json& json) {
  JsonObject o(json, "wire.error");
  auto kind = ParseErrorKind(o.String("kind", kMaxName));
  if (!kind) o.Fault("kind", "is not a kind of error");
  Error error{ErrorKind::kInternal, o.String("check", kMaxName), o.String("message", kMaxText),
              o.String("advice", kMaxText)};
  HOLDFAST_CHECK(o.Finish());
  error.kind = *kind;
  return tl::unexpected<Error>(std::move(error));
}

tl::unexpected<Error> Unreadable(const Error& why) {
  return Fail(ErrorKind::kUnavailable, "wire.answer", "the signer's answer cannot be read: " + why.message,
              "Check that the socket belongs to a holdfast-signer of the same version");
}

// The value of an answer, or the error in it.
Result<Json> ReadAnswer(std::string_view text) {
  auto json = ParseJson(text, kMaxSigningFrame);
  if (!json) return Unreadable(json.error());
  if (!json->is_object() || json->size() != 1)
    return Unreadable(Error{.message = "it is not an object of one member"});
  if (auto value = json->find("value"); value != json->end()) return *value;
  auto error = json->find("error");
  if (error == json->end()) return Unreadable(Error{.message = "it has neither value nor error"});
  auto read = ReadError(*error);
  if (read.error().check.starts_with("wire.error")) return Unreadable(read.error());
  return read;
}

Error CutToWire(Error error) {
  if (error.check.size() > kMaxName) error.check.resize(kMaxName);
  if (error.message.size() > kMaxText / 4) error.message.resize(kMaxText / 4);
  if (error.advice.size() > kMaxText / 4) error.advice.resize(kMaxText / 4);
  return error;
}

}  // namespace

std::optional<ErrorKind> ParseErrorKind(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(ErrorKind::kInternal); i++)
    if (ErrorKindName(static_cast<ErrorKind>(i)) == name) return static_cast<ErrorKind>(i);
  return std::nullopt;
}

std::string FormatSigningCall(const SigningCall& call) {
  return Dump({{"schema", "1"}, {"call", kCalls[call.index()].name}, {"order", OrderJson(call)}});
}

Result<SigningCall> ParseSigningCall(std::string_view text) {
  HOLDFAST_TRY(Json json, ParseJson(text, kMaxSigningFrame));
  JsonObject o(json, "wire");
  if (o.String("schema", kMaxName) != "1") o.Fault("schema", "is not \"1\"");
  const std::string name = o.String("call", kMaxName);
  const Json* order = o.Object("order");
  HOLDFAST_CHECK(o.Finish());
  for (const CallName& call : kCalls)
    if (call.name == name) return call.parse(*order);
  return Malformed("wire.call", "there is no call of that name");
}

std::string FormatSigningAnswer(const Result<SigningValue>& answer) {
  if (!answer) {
    const Error e = CutToWire(answer.error());
    return Dump({{"error",
                  {{"kind", ErrorKindName(e.kind)},
                   {"check", e.check},
                   {"message", e.message},
                   {"advice", e.advice}}}});
  }
  if (auto* der = std::get_if<Bytes>(&*answer)) return Dump({{"value", Base64Encode(*der)}});
  if (auto* jws = std::get_if<std::string>(&*answer)) return Dump({{"value", *jws}});
  return Dump({{"value", StatusJson(std::get<SignerStatus>(*answer))}});
}

Result<Bytes> ParseDerAnswer(std::string_view json) {
  HOLDFAST_TRY(Json value, ReadAnswer(json));
  if (!value.is_string()) return Unreadable(Error{.message = "the value is not a string"});
  auto der = Base64Decode(value.get_ref<const std::string&>());
  if (!der) return Unreadable(der.error());
  return der;
}

Result<std::string> ParseJwsAnswer(std::string_view json) {
  HOLDFAST_TRY(Json value, ReadAnswer(json));
  if (!value.is_string()) return Unreadable(Error{.message = "the value is not a string"});
  return value.get<std::string>();
}

Result<SignerStatus> ParseStatusAnswer(std::string_view json) {
  HOLDFAST_TRY(Json value, ReadAnswer(json));
  if (!value.is_object()) return Unreadable(Error{.message = "the value is not an object"});
  auto status = ParseStatus(value);
  if (!status) return Unreadable(status.error());
  return status;
}

Bytes FrameSigning(std::string_view body) {
  return Writer().U32(static_cast<uint32_t>(body.size())).Raw(AsBytes(body)).Take();
}

Result<size_t> ParseSigningFrameHeader(ByteView header) {
  Reader reader(header);
  const uint32_t size = reader.U32();
  if (!reader.AtEnd() || size == 0 || size > kMaxSigningFrame)
    return Malformed("wire.size", "a frame must hold 1 to " + std::to_string(kMaxSigningFrame) + " octets");
  return size;
}

}  // namespace holdfast
