#include "agent/host/keys.h"

#include "protocol/base64.h"

namespace holdfast {
namespace {

constexpr size_t kMaxSpki = 128;
constexpr std::string_view kClass = "host";

tl::unexpected<Error> Wrong(std::string what) {
  return Refused("keys.private", std::move(what),
                 "restore the agent's state from a backup, or activate anew with holdfast request --new "
                 "--without-tpm");
}

Result<EcPrivateKey> ReadScalar(ByteView octets) {
  auto key = EcPrivateKey::FromScalar(Secret::CopyOf(octets));
  if (!key) return Wrong("the file of private keys is damaged: " + key.error().message);
  return key;
}

Result<PublicKey> ReadKey(JsonObject& o, std::string_view name) {
  const Bytes spki = o.Base64Url(name, kMaxSpki);
  auto key = PublicKey::FromSpki(spki);
  if (!key) o.Fault(name, key.error().message);
  if (key && key->type() != KeyType::kEcP256) o.Fault(name, "not a P-256 key");
  return key;
}

}  // namespace

Result<HostPrivateKeys> GenerateHostKeys() {
  HOLDFAST_TRY(EcPrivateKey license_key, EcPrivateKey::Generate());
  HOLDFAST_TRY(EcPrivateKey agreement_key, EcPrivateKey::Generate());
  return HostPrivateKeys{std::move(license_key), std::move(agreement_key)};
}

Json FormatHostKeys(const HostKeys& keys) {
  return Json{{"assurance", kClass},
              {"license_key", Base64UrlEncode(keys.license_key.spki())},
              {"agreement_key", Base64UrlEncode(keys.agreement_key.spki())}};
}

Result<HostKeys> ParseHostKeys(const Json& json) {
  JsonObject o(json, "keys");
  if (o.String("assurance", 16) != kClass) o.Fault("assurance", "not host");
  auto license_key = ReadKey(o, "license_key"), agreement_key = ReadKey(o, "agreement_key");
  HOLDFAST_CHECK(o.Finish());
  return HostKeys{std::move(*license_key), std::move(*agreement_key)};
}

Secret FormatHostPrivateKeys(const HostPrivateKeys& keys) {
  const Secret first = keys.license_key.Scalar(), second = keys.agreement_key.Scalar();
  Bytes octets;
  octets.reserve(kHostPrivateKeysSize);  // never moved, so that no copy is left behind
  Append(octets, first.Reveal());
  Append(octets, second.Reveal());
  return Secret(std::move(octets));
}

Result<HostPrivateKeys> ParseHostPrivateKeys(const Secret& octets, const HostKeys& expected) {
  if (octets.size() != kHostPrivateKeysSize) return Wrong("the file of private keys is not of 64 octets");
  HOLDFAST_TRY(EcPrivateKey license_key, ReadScalar(octets.Reveal().first(EcPrivateKey::kScalarSize)));
  HOLDFAST_TRY(EcPrivateKey agreement_key, ReadScalar(octets.Reveal().subspan(EcPrivateKey::kScalarSize)));
  if (license_key.public_key().spki() != expected.license_key.spki() ||
      agreement_key.public_key().spki() != expected.agreement_key.spki())
    return Wrong("the file of private keys holds other keys than the license beside it names");
  return HostPrivateKeys{std::move(license_key), std::move(agreement_key)};
}

Result<HostPrivateKeys> ReadHostPrivateKeys(const Path& file, const HostKeys& expected) {
  auto octets = ReadSecretFile(file, kHostPrivateKeysSize);
  if (octets) return ParseHostPrivateKeys(*octets, expected);
  Error error = std::move(octets.error());
  if (error.check == "file.missing" || error.check == "file.size" || error.check == "file.kind")
    return Wrong("the file of private keys is missing or damaged: " + error.message);
  error.message = "the file of private keys cannot be used: " + error.message;
  return tl::unexpected(std::move(error));
}

}  // namespace holdfast
