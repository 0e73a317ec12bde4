// usage: make_format_examples DIR  Makes the files in docs/examples/activation anew: one license from its product file to the
// installed file, with keys made for the occasion. Afterwards `tests/system/formats_test.py BIN --update` writes the
// new octets into docs/formats.md.
#include <iostream>

#include "protocol/answer.h"
#include "protocol/armor.h"
#include "protocol/base64.h"
#include "protocol/crypto/random.h"
#include "protocol/heartbeat_answer.h"
#include "protocol/platform/files.h"
#include "protocol/product_key.h"
#include "protocol/return_nonce.h"
#include "protocol/time_answer.h"
#include "signer/server/verifier/make_credential.h"
#include "tests/testing/evidence.h"
#include "tests/testing/heartbeat.h"
#include "tests/testing/host_request.h"
#include "tests/testing/pki.h"
#include "tests/testing/return_proof.h"

namespace holdfast {
namespace {

constexpr std::string_view kProduct = R"({
  "schema": "1.0",
  "name": "Example Editor",
  "line": "default",
  "plans": {
    "standard": {
      "edition": "standard",
      "features": {"export": true, "max-pages": 500},
      "limits": {
        "users": {"kind": "seats", "max": 5, "overage_percent": 20},
        "renders": {"kind": "meter", "max": 10000, "period": "month"}
      },
      "fallback": {"edition": "viewer"},
      "duration": "365d",
      "expiry_grace": "7d",
      "warn_before": ["30d", "7d"],
      "assurance": ["hw-tpm", "host"]
    }
  }
}
)";

constexpr Time kMonthOfTheExamples = std::chrono::sys_days(std::chrono::year(2026) / 11 / 1);

void Write(const Path& path, std::string_view text) {
  if (auto status = WriteFileAtomically(path, AsBytes(text), 0644); !status) {
    std::cerr << status.error().message << '\n';
    std::exit(1);
  }
}

std::string PublicKeyPem(const PublicKey& key) {
  return Armor("PUBLIC KEY", key.spki());
}

ProductKeyClaims Claims(const testing::RequestOptions& options) {
  ProductKeyClaims claims;
  claims.id = options.product_key_id;
  claims.vendor = options.vendor;
  claims.product = options.product;
  claims.plan = "standard";
  claims.issued = testing::kPkiNow;
  claims.seed = Secret::CopyOf(options.seed);
  return claims;
}

std::string MakeProductKey(const testing::TestPki& pki, const testing::RequestOptions& options) {
  const std::string input =
      JwsSigningInput(MessageType::kProductKey, SignatureAlgorithm::kEcdsaSha256,
                      HexEncode(pki.message.subject_key_id()), AsBytes(ProductKeyPayload(Claims(options))));
  return FormatProductKey("NLS", FinishJws(input, pki.message_key->Sign(AsBytes(input))));
}

LicenseFile MakeLicense(const testing::TestPki& pki, const LicenseTerms& terms,
                        const PublicKey& license_key) {
  CertificateFields fields = pki.LicenseFields(terms);
  fields.subject_spki = license_key.spki();
  return LicenseFile{pki.IssueLicense(fields), pki.issuing, pki.IssueCrl(pki.ShardCrlFields()), {}};
}

std::string MakeAnswer(const ActivationRequest& request, const std::string& license,
                       const Secret& content_key) {
  const tpm::Public ek = tpm::ParsePublic(request.content.ek_public).value();
  const tpm::Public ak = tpm::ParsePublic(request.content.ak_public).value();
  const tpm::Public key = tpm::ParsePublic(request.content.license_key_public).value();
  const Bytes credential = MakeCredential(ek, tpm::NameOf(ak), content_key).value();
  const AnswerHeader header{ToBytes(ByteView(request.request_hash)), tpm::NameOf(ek), tpm::NameOf(key)};
  return ArmorAnswer(
      SealJwe(header, credential, content_key, FormatAnswerContent({license})).value(),
      "Holdfast answer for product editor, host render-01\nInstall it with: holdfast install FILE\n\n");
}

std::string Say(const MessageKind& kind, const LicenseMessage& message, const testing::TestPki& pki) {
  const std::string input =
      JwsSigningInput(*kind.type, SignatureAlgorithm::kEcdsaSha256, HexEncode(pki.message.subject_key_id()),
                      FormatMessage(kind, message));
  return ArmorMessage(kind, FinishJws(input, pki.message_key->Sign(AsBytes(input))), message,
                      pki.message.der(), pki.issuing.der());
}

// A host that believes it is ten years later asks, and is told.
void MakeTimeExample(const Path& directory, const testing::TestPki& pki,
                     const testing::RequestOptions& options, const Certificate& license) {
  LicenseMessage message{
      .vendor = options.vendor,
      .product = options.product,
      .license = license.fields().subject.common_name,
      .serial = license.fields().serial,
      .nonce = *HexDecode("202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"),
      .time = testing::kPkiNow + std::chrono::hours(24 * 3652)};
  Write(directory / "time-request.txt", ArmorMessage(kTimeRequest, message));
  message.time = testing::kPkiNow;
  Write(directory / "time-answer.txt", Say(kTimeAnswer, message, pki));
}

// The host's first report, and the answer, which brings the license that it has.
void MakeHeartbeatExample(const Path& directory, const testing::TestPki& pki, testing::SoftwareTpm& tpm,
                          const std::string& license_file) {
  testing::ReportingHost host;
  HeartbeatReport report = host.Next();
  report.created = report.clock = testing::kPkiNow;
  report.usage = {{"renders", MeterPeriod::kMonth, kMonthOfTheExamples, 12}};
  const Heartbeat heartbeat =
      testing::BuildHeartbeat(tpm, ParseLicenseFile(license_file)->license, std::move(report));
  Write(directory / "heartbeat.txt", ArmorHeartbeat(heartbeat));
  const std::string bare = WithoutText(license_file).value();
  const HeartbeatReport& made = heartbeat.report.report;
  const HeartbeatAnswer answer{.vendor = made.vendor,
                               .product = made.product,
                               .license = made.license,
                               .report = heartbeat.report.id,
                               .sequence = made.sequence,
                               .time = testing::kPkiNow,
                               .license_file = Sha256(AsBytes(bare)),
                               .notices = {"Version 2 is out."},
                               .checkpoint = {}};
  const std::string input =
      JwsSigningInput(MessageType::kHeartbeatAnswer, SignatureAlgorithm::kEcdsaSha256,
                      HexEncode(pki.message.subject_key_id()), FormatHeartbeatAnswer(answer));
  Write(directory / "heartbeat-answer.txt",
        ArmorHeartbeatAnswer(FinishJws(input, pki.message_key->Sign(AsBytes(input))), answer,
                             pki.message.der(), pki.issuing.der(), bare));
}

// The license given back, as its host does it: for a nonce of the vendor's, which is beside it.
void MakeReturnExample(const Path& directory, const testing::TestPki& pki, const testing::SoftwareTpm& tpm,
                       const testing::RequestOptions& options, const Certificate& license) {
  const LicenseMessage nonce{
      .vendor = options.vendor,
      .product = options.product,
      .license = license.fields().subject.common_name,
      .serial = license.fields().serial,
      .nonce = *HexDecode("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
      .time = testing::kPkiNow};
  Write(directory / "return-nonce.txt", Say(kReturnNonce, nonce, pki));
  const StatedUsage used{{.birth = 41, .stamp = 57},
                         {{"renders", MeterPeriod::kMonth, kMonthOfTheExamples, 30}}};
  Write(directory / "return.txt", ArmorReturnProof(testing::BuildReturn(tpm, options, license, nonce.nonce,
                                                                        testing::kPkiNow, {.used = used})));
}

// PKCS #8 of a P-256 key without its public half (RFC 5208, RFC 5915).
std::string PrivateKeyPem(const EcPrivateKey& key) {
  Bytes der = *HexDecode("3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420");
  Append(der, key.Scalar().Reveal());
  return Armor("PRIVATE KEY", der);
}

// The same activation on a host without a TPM.
void MakeHostExample(const Path& directory, const testing::TestPki& pki,
                     const testing::RequestOptions& options, const Plan& plan) {
  const testing::SoftwareHost host;
  const std::string compact = testing::BuildHostRequest(host, options);
  const HostRequest request = std::get<HostRequest>(ParseAnyRequest(compact).value());
  Write(directory / "host-request.txt", ArmorRequest(compact, request.content));
  const LicenseTerms terms =
      ResolvePlan(plan, {"L-0002", options.vendor, options.product, "standard", testing::kPkiNow,
                         AssuranceClass::kHost, request.content.fingerprint});
  Write(directory / "host-terms.json", FormatTerms(terms));
  const std::string license = FormatLicenseFile(MakeLicense(pki, terms, host.license_key.public_key()));
  const Sha256Digest key_hash = host.license_key.public_key().SpkiSha256();
  Write(
      directory / "host-answer.txt",
      ArmorAnswer(
          SealJweToHost(request.request_hash, key_hash, host.agreement_key.public_key(),
                        FormatAnswerContent({license}))
              .value(),
          "Holdfast answer for product editor, host render-01\nInstall it with: holdfast install FILE\n\n"));
  Write(directory / "host-agreement-key.pem", PrivateKeyPem(host.agreement_key));
}

void MakeAll(const Path& directory) {
  const testing::TestPki pki;
  testing::SoftwareTpm tpm;
  testing::RequestOptions options;
  options.vendor = "Example Vendor";
  options.product = "editor";
  options.product_key_id = Base64UrlEncode(*HexDecode("000102030405060708090a0b0c0d0e0f"));
  Write(directory / "product.json", kProduct);
  Write(directory / "root.pem", Armor(kLabelCertificate, pki.root.der()));
  Write(directory / "message-key.pem", PublicKeyPem(pki.message_key->public_key()));
  Write(directory / "product-key.txt", MakeProductKey(pki, options) + "\n");

  const std::string compact = testing::BuildRequest(tpm, options);
  const ActivationRequest request = ParseRequest(compact).value();
  Write(directory / "request.txt", ArmorRequest(compact, request.content));

  const ProductFile product = ParseProductFile(kProduct).value();
  const LicenseTerms terms =
      ResolvePlan(product.plans.at("standard"),
                  {"L-0001",
                   options.vendor,
                   options.product,
                   "standard",
                   testing::kPkiNow,
                   AssuranceClass::kHwTpm,
                   {},
                   LedgerPin{tpm::kLedgerCounterIndex, static_cast<int64_t>(options.counter)}});
  Write(directory / "terms.json", FormatTerms(terms));
  const std::string license = FormatLicenseFile(MakeLicense(pki, terms, tpm.license_key.public_key()));
  Write(directory / "license.pem", license);
  MakeReturnExample(directory, pki, tpm, options, ParseLicenseFile(license)->license);

  MakeTimeExample(directory, pki, options, ParseLicenseFile(license)->license);
  MakeHeartbeatExample(directory, pki, tpm, license);

  MakeHostExample(directory, pki, options, product.plans.at("standard"));

  const Secret content_key = RandomSecret(32);
  Write(directory / "answer.txt", MakeAnswer(request, license, content_key));
  Write(directory / "answer-content-key.hex", HexEncode(content_key.Reveal()) + "\n");
  Write(directory / "ek-bundle.json",
        FormatEkRootBundle(tpm.authority.Bundle(EkRootClass::kDiscrete)) + "\n");
}

}  // namespace
}  // namespace holdfast

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_format_examples DIR\n";
    return 2;
  }
  holdfast::MakeAll(argv[1]);
}
