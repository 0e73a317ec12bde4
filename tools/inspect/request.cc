#include "protocol/product_key.h"
#include "protocol/tpm/structures.h"
#include "protocol/tpm/templates.h"
#include "tools/inspect/parts.h"

namespace holdfast::inspect {
namespace {

Result<PublicKey> LicenseKey(const RequestContent& content) {
  HOLDFAST_TRY(const tpm::Public area, tpm::ParsePublic(content.license_key_public));
  return tpm::KeyOf(area);
}

Result<PublicKey> LicenseKey(const HostRequestContent& content) {
  return PublicKey::FromSpki(content.license_key);
}

// Signed by the license key inside: says that the file is whole, not who made it.
std::string SignatureWords(const Jws& jws, const Result<PublicKey>& key) {
  if (!key) return "cannot be verified: " + key.error().message;
  auto status = VerifyJws(jws, *key);
  return status ? "valid, by the license key in the request" : "NOT valid: " + status.error().message;
}

std::string KeyWords(const Bytes& spki) {
  auto key = PublicKey::FromSpki(spki);
  if (!key) return "not usable: " + key.error().message;
  return DescribeKey(*key) + ", SHA-256 " + HexEncode(key->SpkiSha256());
}

Json EvidenceWords(const ActivationRequest& request) {
  return Json{{"tpm", DescribeEvidence(request)}};
}

Json EvidenceWords(const HostRequest& request) {
  return Json{{"assurance", "host: made without a TPM, nothing in it is attested"},
              {"license_key", KeyWords(request.content.license_key)},
              {"key_agreement_key", KeyWords(request.content.agreement_key)},
              {"fingerprint", DescribeFingerprint(request.content.fingerprint)}};
}

Json Describe(const RequestHead& content, const SignedRequest& request, const Result<PublicKey>& key) {
  Json host = Json::object();
  for (const auto& [name, value] : content.host) host[name] = value;
  Json json{
      {"kind", "request"},
      {"summary",
       "An activation request: this machine asks " + content.vendor + " for a license of " + content.product},
      {"product", content.product},
      {"vendor", content.vendor},
      {"product_key_id", content.product_key_id},
      {"created", FormatTime(content.created)},
      {"agent_version", content.agent_version},
      {"host", std::move(host)},
      {"request_hash", HexEncode(request.request_hash)},
      {"content_hash", HexEncode(request.content_hash)},
      {"signature", SignatureWords(request.jws, key)},
      {"product_key_proof", "64 octets; the product key itself is not in the file"},
  };
  if (content.repair)
    json["repair"] = content.repair->serial.empty()
                         ? "of a license whose certificate is lost too"
                         : "of the license with serial number " + HexEncode(content.repair->serial);
  return json;
}

}  // namespace

Json DescribeFingerprint(const Fingerprint& fingerprint) {
  Json json = Json::object();
  for (const auto& [name, values] : fingerprint) {
    Json& hashes = json[name] = Json::array();
    for (const Sha256Digest& value : values) hashes.push_back(HexEncode(value));
  }
  return json;
}

Result<Json> InspectRequest(std::string_view text) {
  HOLDFAST_TRY(const AnyRequest request, ReadAnyRequestFile(text));
  return std::visit(
      [](const auto& r) {
        Json json = Describe(r.content, r, LicenseKey(r.content));
        json.update(EvidenceWords(r));
        return json;
      },
      request);
}

}  // namespace holdfast::inspect
