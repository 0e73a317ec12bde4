#include "tests/bench/activated_host.h"

#include "protocol/answer.h"
#include "protocol/base64.h"
#include "protocol/crypto/random.h"
#include "protocol/product_key.h"
#include "signer/server/verifier/make_credential.h"

namespace holdfast::bench {

Secret ProductKeyText(const LicenseTerms& terms) {
  ProductKeyClaims claims{Base64UrlEncode(RandomBytes(16)),
                          terms.vendor,
                          terms.product,
                          terms.plan,
                          testing::kPkiNow,
                          RandomSecret(32)};
  auto key = testing::SoftwareKey::Generate(KeyType::kEcP256);
  const std::string input = JwsSigningInput(MessageType::kProductKey, SignatureAlgorithm::kEcdsaSha256, "",
                                            AsBytes(ProductKeyPayload(claims)));
  auto signature = Must(key->SignDigest(Sha256(AsBytes(input))));
  return Secret(ToBytes(FormatProductKey("NLS", FinishJws(input, signature))));
}

std::string AnswerTo(const std::string& request_file, const testing::TestPki& pki,
                     const LicenseTerms& terms) {
  const ActivationRequest request = Must(ReadRequestFile(request_file));
  const tpm::Public ek = Must(tpm::ParsePublic(request.content.ek_public));
  const tpm::Public ak = Must(tpm::ParsePublic(request.content.ak_public));
  const tpm::Public key = Must(tpm::ParsePublic(request.content.license_key_public));
  CertificateFields fields = pki.LicenseFields(terms);
  fields.subject_spki = Must(tpm::KeyOf(key)).spki();
  const LicenseFile file{pki.IssueLicense(fields), pki.issuing, pki.IssueCrl(pki.ShardCrlFields()), {}};
  const Secret secret = RandomSecret(32);
  const AnswerHeader header{ToBytes(ByteView(request.request_hash)), tpm::NameOf(ek), tpm::NameOf(key)};
  const Bytes wrapped = Must(MakeCredential(ek, tpm::NameOf(ak), secret));
  return ArmorAnswer(Must(SealJwe(header, wrapped, secret, FormatAnswerContent({FormatLicenseFile(file)}))),
                     "");
}

}  // namespace holdfast::bench
