#include "tests/activation/test_vendor.h"

#include <stdexcept>

#include "protocol/armor.h"
#include "protocol/base64.h"
#include "protocol/crypto/random.h"
#include "protocol/tpm/structures.h"
#include "signer/server/verifier/make_credential.h"
#include "signer/server/verifier/seal_content_key.h"

namespace holdfast::testing {
namespace {

template <class T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().check + ": " + result.error().message);
  return std::move(*result);
}

}  // namespace

Secret TestVendor::NewProductKey(const std::string& product) const {
  ProductKeyClaims claims{.id = Base64UrlEncode(RandomBytes(16)),
                          .vendor = name_,
                          .product = product,
                          .plan = "standard",
                          .issued = kPkiNow,
                          .seed = RandomSecret(32)};
  const std::string input = JwsSigningInput(MessageType::kProductKey, SignatureAlgorithm::kEcdsaSha256, {},
                                            AsBytes(ProductKeyPayload(claims)));
  const std::string jwt = FinishJws(input, pki.message_key->Sign(AsBytes(input)));
  return Secret(ToBytes(FormatProductKey("ACME", jwt)));
}

LicenseTerms TestVendor::Terms() const {
  LicenseTerms terms = TestPki::Terms();
  terms.vendor = name_;
  return terms;
}

LicenseFile TestVendor::LicenseFor(const PublicKey& key, const LicenseTerms& terms) const {
  CertificateFields fields = pki.LicenseFields(terms);
  fields.subject_spki = key.spki();
  fields.serial = RandomBytes(16);
  fields.serial[0] = 0x11;
  return {pki.IssueLicense(fields), pki.issuing, pki.IssueCrl(pki.ShardCrlFields()), std::nullopt};
}

LicenseFile TestVendor::License(const ActivationRequest& request, const LicenseTerms& terms) const {
  const auto area = Must(tpm::ParsePublic(request.content.license_key_public));
  return LicenseFor(Must(tpm::KeyOf(area)), terms);
}

SealedContentKey TestVendor::SealKey(const ActivationRequest& request) {
  const tpm::Public srk = Must(tpm::ParsePublic(request.content.srk_public));
  const tpm::Public key = Must(tpm::ParsePublic(request.content.license_key_public));
  return Must(SealContentKey(srk, key.auth_policy, ContentKey()));
}

std::string TestVendor::Answer(std::string_view request_file, const LicenseTerms& terms,
                               const Lie& lie) const {
  const ActivationRequest request = Must(ReadRequestFile(request_file));
  const tpm::Public ek = Must(tpm::ParsePublic(request.content.ek_public));
  const tpm::Public ak = Must(tpm::ParsePublic(request.content.ak_public));
  const tpm::Public key = Must(tpm::ParsePublic(request.content.license_key_public));
  const AnswerHeader header{lie.request_hash.value_or(ToBytes(ByteView(request.request_hash))),
                            lie.ek_name.value_or(tpm::NameOf(ek)),
                            lie.license_key_name.value_or(tpm::NameOf(key))};
  const Secret content_key = RandomSecret(32);
  const Bytes credential =
      Must(MakeCredential(ek, lie.credential_name.value_or(tpm::NameOf(ak)), content_key));
  const std::string license = lie.license ? *lie.license : FormatLicenseFile(License(request, terms));
  SealedContentKeys content_keys;
  for (const std::string& name : AllKeys(terms.grants, terms.fallback)) content_keys[name] = SealKey(request);
  if (lie.content_keys) content_keys = *lie.content_keys;
  const Secret other_key = RandomSecret(32);
  return ArmorAnswer(Must(SealJwe(header, credential, lie.damage_content ? other_key : content_key,
                                  FormatAnswerContent({license, content_keys}))),
                     "An answer of the tests' vendor\n");
}

std::string TestVendor::Say(const MessageKind& kind, const LicenseMessage& message, const TestPki& by) {
  const std::string input =
      JwsSigningInput(*kind.type, SignatureAlgorithm::kEcdsaSha256, {}, FormatMessage(kind, message));
  return ArmorMessage(kind, FinishJws(input, by.message_key->Sign(AsBytes(input))), message, by.message.der(),
                      by.issuing.der());
}

std::string TestVendor::Say(HeartbeatAnswer answer, const LicenseFile& license, const TestPki& by) {
  const std::string pem = Must(WithoutText(FormatLicenseFile(license)));
  answer.license_file = Sha256(AsBytes(pem));
  const std::string input = JwsSigningInput(MessageType::kHeartbeatAnswer, SignatureAlgorithm::kEcdsaSha256,
                                            {}, FormatHeartbeatAnswer(answer));
  return ArmorHeartbeatAnswer(FinishJws(input, by.message_key->Sign(AsBytes(input))), answer,
                              by.message.der(), by.issuing.der(), pem);
}

std::string TestVendor::List(int64_t number, const std::vector<RevokedEntry>& entries) const {
  CrlFields fields = pki.ShardCrlFields();
  fields.number = number;
  fields.this_update += Seconds(number);
  fields.entries = entries;
  return Armor(kLabelCrl, pki.IssueCrl(fields).der());
}

}  // namespace holdfast::testing
