#include "tests/testing/evidence.h"

#include "protocol/byte_cursor.h"
#include "protocol/product_key.h"
#include "tests/testing/tpm_encoding.h"

namespace holdfast::testing {
namespace {

KeyType KeyTypeOf(tpm::EkTemplate which) {
  switch (which) {
    case tpm::EkTemplate::kRsa2048:
      return KeyType::kRsa;
    case tpm::EkTemplate::kEccP256:
      return KeyType::kEcP256;
    case tpm::EkTemplate::kEccP384:
      break;
  }
  return KeyType::kEcP384;
}

template <class T>
void Apply(const std::function<void(T&)>& lie, T& truth) {
  if (lie) lie(truth);
}

tpm::Name NameOfArea(tpm::Alg name_alg, const Bytes& area) {
  tpm::Public object;
  object.name_alg = name_alg;
  object.encoded = area;
  return NameOf(object);
}

// Builds one request, step by step in the order in which a lie can slip in.
class Builder {
 public:
  Builder(SoftwareTpm& tpm, const RequestOptions& options) : tpm_(tpm), o_(options), lies_(options.lies) {}

  std::string Build() {
    MakeAreas();
    MakeEkCertificate();
    FillContent();
    std::string text = FormatRequestContent(content_);
    hash_ = RequestContentHash(text);
    MakeEvidence();
    Secret seed = Secret::CopyOf(o_.seed);
    Bytes possession = ProvePossession(seed, hash_).value();
    Apply(lies_.possession, possession);
    return Sign(RequestPayload(text, evidence_, possession));
  }

 private:
  void MakeAreas() {
    ek_ = PublicArea(EkTemplateBytes(tpm_.ek_template), tpm_.ek.public_key());
    srk_ = PublicArea(tpm::SrkTemplateBytes(), tpm_.srk.public_key());
    ak_ = PublicArea(tpm::AkTemplateBytes(), tpm_.ak.public_key());
    gate_ = EncodeNvPublic(tpm::GatePublic(tpm::GateIndex(o_.vendor, o_.product)));
    Apply(lies_.gate_public, gate_);
    gate_name_ = NameOfArea(tpm::Alg::kSha256, gate_);
    counter_ = EncodeNvPublic(tpm::GatePublic(tpm::kLedgerCounterIndex));
    Apply(lies_.counter_public, counter_);
    uint64_t base = lies_.policy_base ? lies_.policy_base : o_.gate_base;
    license_key_ = PublicArea(tpm::LicenseKeyTemplateBytes(tpm::GatePolicy(gate_name_, base)),
                              tpm_.license_key.public_key());
    Apply(lies_.ek_public, ek_), Apply(lies_.srk_public, srk_), Apply(lies_.ak_public, ak_);
    Apply(lies_.license_key_public, license_key_);
  }

  // For the key that the area holds, if it still holds one: a manufacturer certifies what it finds.
  void MakeEkCertificate() {
    auto area = tpm::ParsePublic(ek_);
    auto key = area ? KeyOf(*area) : Result<PublicKey>(tpm_.ek.public_key());
    EkCertificateSpec spec{key ? *key : tpm_.ek.public_key()};
    Apply(lies_.ek_certificate, spec);
    content_.ek_certificates = {tpm_.authority.Issue(spec)};
  }

  void FillContent() {
    content_.product_key_id = o_.product_key_id;
    content_.vendor = o_.vendor;
    content_.product = o_.product;
    content_.created = ParseTime("2026-11-22T06:00:00Z").value();
    content_.agent_version = "0.1.0";
    content_.host = {{"hostname", o_.host}};
    content_.ek_public = ek_, content_.srk_public = srk_, content_.ak_public = ak_;
    content_.license_key_public = license_key_, content_.gate_public = gate_;
    content_.counter_public = counter_;
    Apply(lies_.content, content_);
  }

  tpm::Alg EkNameAlg() const {
    return tpm_.ek_template == tpm::EkTemplate::kEccP384 ? tpm::Alg::kSha384 : tpm::Alg::kSha256;
  }

  tpm::Attest Attest(decltype(tpm::Attest::attested) attested) {
    tpm::Attest out;
    tpm::Name ek = tpm::QualifiedName(tpm::kEndorsement, NameOfArea(EkNameAlg(), ek_));
    out.qualified_signer = tpm::QualifiedName(ek, NameOfArea(tpm::Alg::kSha256, ak_));
    out.extra_data = ToBytes(hash_);
    out.clock = {tpm_.clock_ms += 40, tpm_.reset_count, tpm_.restart_count, true};
    out.firmware = tpm_.firmware;
    out.attested = std::move(attested);
    Apply(lies_.attest, out);
    return out;
  }

  SignedAttest Signed(tpm::Attest attest, const std::function<void(tpm::Attest&)>& lie,
                      const std::function<void(Bytes&)>& octets_lie) {
    Apply(lie, attest);
    Bytes octets = EncodeAttest(attest);
    Apply(octets_lie, octets);
    const TpmKey& signer = lies_.ak_signer ? *lies_.ak_signer : tpm_.ak;
    return {octets, SignAttest(signer, octets)};
  }

  void MakeEvidence() {
    tpm::Name key = NameOfArea(tpm::Alg::kSha256, license_key_);
    tpm::Name srk = tpm::QualifiedName(tpm::kOwner, NameOfArea(tpm::Alg::kSha256, srk_));
    Bytes values;
    for (int i = 0; i < 8; i++) Append(values, evidence_.pcrs[i] = Bytes(32, uint8_t(i)));

    evidence_.certify = Signed(Attest(tpm::CertifyInfo{key, tpm::QualifiedName(srk, key)}), lies_.certify,
                               lies_.certify_octets);
    evidence_.gate = Signed(Attest(tpm::NvCertifyInfo{gate_name_, 0, Writer().U64(o_.gate_base).Take()}),
                            lies_.gate, lies_.gate_octets);
    const tpm::Name counter = NameOfArea(tpm::Alg::kSha256, counter_);
    evidence_.counter = Signed(Attest(tpm::NvCertifyInfo{counter, 0, Writer().U64(o_.counter).Take()}),
                               lies_.counter, lies_.counter_octets);
    Sha256Digest digest = Sha256(values);
    evidence_.quote = Signed(Attest(tpm::QuoteInfo{{{tpm::Alg::kSha256, kQuotedPcrMask}}, ToBytes(digest)}),
                             lies_.quote, lies_.quote_octets);
    if (o_.meter) {
      const uint32_t index = tpm::MeterCounterIndex(content_.vendor, content_.product_key_id);
      evidence_.meter = Signed(
          Attest(tpm::NvCertifyInfo{NameOf(tpm::GatePublic(index)), 0, Writer().U64(*o_.meter).Take()}),
          lies_.meter, {});
    }
    Apply(lies_.evidence, evidence_);
  }

  std::string Sign(const Bytes& payload) const {
    const TpmKey& signer = lies_.request_signer ? *lies_.request_signer : tpm_.license_key;
    std::string input = JwsSigningInput(MessageType::kRequest, SignatureAlgorithm::kEcdsaSha256, {}, payload);
    return FinishJws(input, signer.SignSha256(AsBytes(input)));
  }

  SoftwareTpm& tpm_;
  const RequestOptions& o_;
  const RequestLies& lies_;
  Bytes ek_, srk_, ak_, license_key_, gate_, counter_;
  tpm::Name gate_name_;
  RequestContent content_;
  RequestEvidence evidence_;
  Sha256Digest hash_{};
};

}  // namespace

SoftwareTpm::SoftwareTpm(tpm::EkTemplate which)
    : ek_template(which),
      ek(TpmKey::Generate(KeyTypeOf(which))),
      srk(TpmKey::Generate(KeyType::kEcP256)),
      ak(TpmKey::Generate(KeyType::kEcP256)),
      license_key(TpmKey::Generate(KeyType::kEcP256)) {}

std::string BuildRequest(SoftwareTpm& tpm, const RequestOptions& options) {
  return Builder(tpm, options).Build();
}

}  // namespace holdfast::testing
