#include "agent/ledger/ledger_file.h"

#include "agent/state/state_members.h"
#include "protocol/base64.h"
#include "protocol/json_text.h"

namespace holdfast {
namespace {

constexpr std::string_view kDomain{"holdfast ledger v1\0", 19};
constexpr size_t kMaxArea = 1024;

LedgerProtection ReadProtection(JsonObject& o) {
  LedgerProtection protection;
  protection.counter.auth = o.Base64UrlSecret("counter_auth", kCounterAuthSize);
  if (protection.counter.auth.size() != kCounterAuthSize) o.Fault("counter_auth", "not 16 octets");
  protection.key.srk_public = o.Base64Url("srk", kMaxArea);
  protection.key.public_area = o.Base64Url("key_public", kMaxArea);
  protection.key.private_area = o.Base64Url("key_private", kMaxArea);
  return protection;
}

}  // namespace

std::string FormatLedgerFile(const LedgerProtection* protection, std::string_view content, ByteView mac) {
  Json json{{"schema", kStateSchema}, {"protection", protection != nullptr ? "tpm" : "none"}};
  if (protection != nullptr) {
    json["counter_auth"] = Base64UrlEncode(protection->counter.auth.Reveal());
    json["srk"] = Base64UrlEncode(protection->key.srk_public);
    json["key_public"] = Base64UrlEncode(protection->key.public_area);
    json["key_private"] = Base64UrlEncode(protection->key.private_area);
  }
  json["content"] = content;
  json["mac"] = Base64UrlEncode(mac);
  return FormatJson(json, 1) + "\n";
}

Result<LedgerFile> ParseLedgerFile(std::string_view json) {
  HOLDFAST_TRY(const Json value, ParseJson(json, kMaxLedgerFileSize));
  JsonObject o(value, "ledger");
  HOLDFAST_CHECK(ReadStateSchema(o));
  LedgerFile file;
  const std::string protection = o.String("protection", 8);
  if (protection == "tpm") {
    file.protection = ReadProtection(o);
  } else if (protection != "none") {
    o.Fault("protection", "neither tpm nor none");
  }
  file.content = o.String("content", kMaxLedgerContentSize);
  file.mac = o.Base64Url("mac", Sha256Digest().size());
  HOLDFAST_CHECK(o.Finish());
  return file;
}

Bytes LedgerMac(const Secret& key, std::string_view content) {
  if (key.empty()) return ToBytes(Sha256({AsBytes(kDomain), AsBytes(content)}));
  return Hmac(HashAlgorithm::kSha256, key.Reveal(), {AsBytes(kDomain), AsBytes(content)});
}

}  // namespace holdfast
