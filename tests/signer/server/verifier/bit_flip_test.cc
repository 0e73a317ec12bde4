// Every single bit of a request, flipped.
#include "tests/signer/server/verifier/appraisal_fixture.h"

namespace holdfast {
namespace {

using testing::SoftwareTpm;
using tpm::EkTemplate;

// Flips each bit of `octets`, which is part of `request`, and appraises. The request's own signature and hash
// stay as they were, so only the checks of the structures themselves are between a flip and a license.
void ExpectEachFlipIsRefused(ActivationRequest& request, Bytes& octets, const AppraisalPolicy& policy,
                             const char* what) {
  ASSERT_FALSE(octets.empty()) << what;
  for (size_t bit = 0; bit < octets.size() * 8; bit++) {
    octets[bit / 8] ^= uint8_t(1 << bit % 8);
    EXPECT_FALSE(Appraise(request, policy, kAppraisalTime)) << what << ", bit " << bit;
    octets[bit / 8] ^= uint8_t(1 << bit % 8);
  }
  ASSERT_EQ(FailedCheck(Appraise(request, policy, kAppraisalTime)), "");
}

// A part of a request, by a name that is good for a test's. Each is a test of its own: with a sanitizer all of them would take minutes.
struct Part {
  const char* name;
  Bytes& (*of)(ActivationRequest& request);
};
void PrintTo(const Part& part, std::ostream* out) {
  *out << part.name;
}

const Part kAreas[] = {
    {"Ek", [](ActivationRequest& r) -> Bytes& { return r.content.ek_public; }},
    {"Srk", [](ActivationRequest& r) -> Bytes& { return r.content.srk_public; }},
    {"Ak", [](ActivationRequest& r) -> Bytes& { return r.content.ak_public; }},
    {"LicenseKey", [](ActivationRequest& r) -> Bytes& { return r.content.license_key_public; }},
    {"Gate", [](ActivationRequest& r) -> Bytes& { return r.content.gate_public; }},
    {"Counter", [](ActivationRequest& r) -> Bytes& { return r.content.counter_public; }},
};

class AreaWithBitsFlipped : public ::testing::TestWithParam<std::tuple<EkTemplate, Part>> {};

TEST_P(AreaWithBitsFlipped, IsRefused) {
  const auto& [ek, area] = GetParam();
  SoftwareTpm tpm(ek);
  ActivationRequest request = RequestOf(tpm);
  ExpectEachFlipIsRefused(request, area.of(request), PolicyFor(tpm), area.name);
}

INSTANTIATE_TEST_SUITE_P(Appraisal, AreaWithBitsFlipped,
                         ::testing::Combine(::testing::Values(EkTemplate::kRsa2048, EkTemplate::kEccP256,
                                                              EkTemplate::kEccP384),
                                            ::testing::ValuesIn(kAreas)));

// Thousands of appraisals: a pinned EK spares each the certificate's path, whose bits are flipped in tests/certs.
testing::RequestOptions WithoutCertificate() {
  testing::RequestOptions options;
  options.lies.content = [](RequestContent& content) { content.ek_certificates.clear(); };
  return options;
}
AppraisalPolicy PinningPolicy(const SoftwareTpm& tpm) {
  AppraisalPolicy policy = PolicyFor(tpm);
  policy.pinned_eks = {{tpm.ek.public_key().SpkiSha256(), EkRootClass::kDiscrete}};
  return policy;
}

const Part kEvidence[] = {
    {"Certify", [](ActivationRequest& r) -> Bytes& { return r.evidence.certify.attest; }},
    {"CertifysSignature", [](ActivationRequest& r) -> Bytes& { return r.evidence.certify.signature; }},
    {"Gate", [](ActivationRequest& r) -> Bytes& { return r.evidence.gate.attest; }},
    {"GatesSignature", [](ActivationRequest& r) -> Bytes& { return r.evidence.gate.signature; }},
    {"Counter", [](ActivationRequest& r) -> Bytes& { return r.evidence.counter.attest; }},
    {"CountersSignature", [](ActivationRequest& r) -> Bytes& { return r.evidence.counter.signature; }},
    {"Quote", [](ActivationRequest& r) -> Bytes& { return r.evidence.quote.attest; }},
    {"QuotesSignature", [](ActivationRequest& r) -> Bytes& { return r.evidence.quote.signature; }},
    {"Meter", [](ActivationRequest& r) -> Bytes& { return r.evidence.meter->attest; }},
    {"MetersSignature", [](ActivationRequest& r) -> Bytes& { return r.evidence.meter->signature; }},
    {"Possession", [](ActivationRequest& r) -> Bytes& { return r.possession; }},
};

class EvidenceWithBitsFlipped : public ::testing::TestWithParam<Part> {
 protected:
  EvidenceWithBitsFlipped() {
    testing::RequestOptions options = WithoutCertificate();
    options.meter = 7;
    request = RequestOf(tpm, options);
  }
  SoftwareTpm tpm;
  AppraisalPolicy policy = PinningPolicy(tpm);
  ActivationRequest request;
};

TEST_P(EvidenceWithBitsFlipped, IsRefused) {
  ExpectEachFlipIsRefused(request, GetParam().of(request), policy, GetParam().name);
}

INSTANTIATE_TEST_SUITE_P(Appraisal, EvidenceWithBitsFlipped, ::testing::ValuesIn(kEvidence));

TEST_F(EvidenceWithBitsFlipped, InAPcrIsRefused) {
  ASSERT_FALSE(request.evidence.pcrs.empty());
  for (auto& [index, value] : request.evidence.pcrs) ExpectEachFlipIsRefused(request, value, policy, "PCR");
}

TEST(BitFlips, InTheSignedMessageAreRefused) {
  SoftwareTpm tpm;
  std::string compact = testing::BuildRequest(tpm, WithoutCertificate());
  AppraisalPolicy policy = PinningPolicy(tpm);
  ASSERT_TRUE(Appraise(*ParseRequest(compact), policy, kAppraisalTime));
  for (size_t bit = 0; bit < compact.size() * 8; bit++) {
    std::string flipped = compact;
    flipped[bit / 8] = char(flipped[bit / 8] ^ (1 << bit % 8));
    auto request = ParseRequest(flipped);
    EXPECT_FALSE(request && Appraise(*request, policy, kAppraisalTime)) << "bit " << bit;
  }
}

}  // namespace
}  // namespace holdfast
