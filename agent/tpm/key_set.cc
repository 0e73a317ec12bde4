// KeySet in the state file. Read back it is hostile: the state file is on the disk of the machine whose
// administrator may be the adversary.
#include "agent/tpm/tpm.h"
#include "protocol/base64.h"
#include "protocol/byte_cursor.h"
#include "protocol/json_text.h"

namespace holdfast {
namespace {

constexpr size_t kMaxArea = 1024;
constexpr int64_t kFirstOwnerIndex = 0x01800000, kLastOwnerIndex = 0x01bfffff;
constexpr std::pair<tpm::EkTemplate, const char*> kTemplates[] = {{tpm::EkTemplate::kRsa2048, "rsa2048"},
                                                                  {tpm::EkTemplate::kEccP256, "p256"},
                                                                  {tpm::EkTemplate::kEccP384, "p384"}};

Status Wrong(const char* member, const char* what) {
  return Malformed(std::string("keys.") + member, std::string("keys.") + member + " " + what,
                   "restore the agent's state from a backup, or activate anew");
}

bool Matches(const Bytes& area, const std::function<bool(const tpm::Public&)>& matches) {
  Result<tpm::Public> parsed = tpm::ParsePublic(area);
  return parsed && matches(*parsed);
}

// TPM2B_PRIVATE of a child: the parent's HMAC, then the encrypted sensitive area (Part 1, 23.6).
bool IsPrivate(const Bytes& area) {
  Reader in(area);
  size_t hmac = in.Sized16().size();
  return !in.failed() && (hmac == 32 || hmac == 48) && in.remaining() > 0;
}

Status CheckConsistent(const KeySet& keys) {
  Bytes policy = tpm::GatePolicy(tpm::NameOf(tpm::GatePublic(keys.gate_index)), keys.gate_base);
  if (!Matches(keys.ek_public, [&](const tpm::Public& ek) { return tpm::MatchEk(ek) == keys.ek; }))
    return Wrong("ek_public", "is not an EK of the template that the file names");
  if (!Matches(keys.srk_public, tpm::MatchesSrk)) return Wrong("srk_public", "is not an SRK");
  if (!Matches(keys.ak_public, tpm::MatchesAk)) return Wrong("ak_public", "is not an AK");
  if (!Matches(keys.license_key_public, [&](const tpm::Public& key) {
        return tpm::MatchesLicenseKey(key) && Equal(key.auth_policy, policy);
      }))
    return Wrong("license_key_public", "is not a license key under the gate that the file names");
  if (!IsPrivate(keys.ak_private)) return Wrong("ak_private", "is not a private area");
  if (!IsPrivate(keys.license_key_private)) return Wrong("license_key_private", "is not a private area");
  return {};
}

}  // namespace

std::string FormatKeySet(const KeySet& keys) {
  Json json;
  for (auto [which, name] : kTemplates)
    if (which == keys.ek) json["ek"] = name;
  json["ek_public"] = Base64UrlEncode(keys.ek_public);
  json["srk_public"] = Base64UrlEncode(keys.srk_public);
  json["ak_public"] = Base64UrlEncode(keys.ak_public);
  json["ak_private"] = Base64UrlEncode(keys.ak_private);
  json["license_key_public"] = Base64UrlEncode(keys.license_key_public);
  json["license_key_private"] = Base64UrlEncode(keys.license_key_private);
  json["gate_index"] = keys.gate_index;
  json["gate_base"] = keys.gate_base;
  return FormatJson(json);
}

Result<KeySet> ParseKeySet(const Json& json) {
  JsonObject in(json, "keys");
  KeySet keys;
  std::string ek = in.String("ek", 16);
  bool known = false;
  for (auto [which, name] : kTemplates)
    if (ek == name) keys.ek = which, known = true;
  if (!known) in.Fault("ek", "is none of rsa2048, p256, p384");
  keys.ek_public = in.Base64Url("ek_public", kMaxArea);
  keys.srk_public = in.Base64Url("srk_public", kMaxArea);
  keys.ak_public = in.Base64Url("ak_public", kMaxArea);
  keys.ak_private = in.Base64Url("ak_private", kMaxArea);
  keys.license_key_public = in.Base64Url("license_key_public", kMaxArea);
  keys.license_key_private = in.Base64Url("license_key_private", kMaxArea);
  keys.gate_index = static_cast<uint32_t>(in.Integer("gate_index", kFirstOwnerIndex, kLastOwnerIndex));
  keys.gate_base = static_cast<uint64_t>(in.Integer("gate_base", 1, INT64_MAX));
  HOLDFAST_CHECK(in.Finish());
  HOLDFAST_CHECK(CheckConsistent(keys));
  return keys;
}

}  // namespace holdfast
