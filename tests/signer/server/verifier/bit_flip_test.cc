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

class EachEkWithBitsFlipped : public ::testing::TestWithParam<EkTemplate> {};

TEST_P(EachEkWithBitsFlipped, InEachAreaAreRefused) {
  SoftwareTpm tpm(GetParam());
  ActivationRequest request = RequestOf(tpm);
  AppraisalPolicy policy = PolicyFor(tpm);
  RequestContent& content = request.content;
  ExpectEachFlipIsRefused(request, content.ek_public, policy, "EK");
  ExpectEachFlipIsRefused(request, content.srk_public, policy, "SRK");
  ExpectEachFlipIsRefused(request, content.ak_public, policy, "AK");
  ExpectEachFlipIsRefused(request, content.license_key_public, policy, "license key");
  ExpectEachFlipIsRefused(request, content.gate_public, policy, "gate");
  ExpectEachFlipIsRefused(request, content.counter_public, policy, "counter");
}

INSTANTIATE_TEST_SUITE_P(Appraisal, EachEkWithBitsFlipped,
                         ::testing::Values(EkTemplate::kRsa2048, EkTemplate::kEccP256, EkTemplate::kEccP384));

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

TEST(BitFlips, InTheEvidenceAreRefused) {
  SoftwareTpm tpm;
  testing::RequestOptions options = WithoutCertificate();
  options.meter = 7;
  ActivationRequest request = RequestOf(tpm, options);
  AppraisalPolicy policy = PinningPolicy(tpm);
  RequestEvidence& evidence = request.evidence;
  ExpectEachFlipIsRefused(request, evidence.certify.attest, policy, "certify");
  ExpectEachFlipIsRefused(request, evidence.certify.signature, policy, "certify's signature");
  ExpectEachFlipIsRefused(request, evidence.gate.attest, policy, "gate");
  ExpectEachFlipIsRefused(request, evidence.gate.signature, policy, "gate's signature");
  ExpectEachFlipIsRefused(request, evidence.counter.attest, policy, "counter");
  ExpectEachFlipIsRefused(request, evidence.counter.signature, policy, "counter's signature");
  ExpectEachFlipIsRefused(request, evidence.quote.attest, policy, "quote");
  ExpectEachFlipIsRefused(request, evidence.quote.signature, policy, "quote's signature");
  ExpectEachFlipIsRefused(request, evidence.meter->attest, policy, "meter");
  ExpectEachFlipIsRefused(request, evidence.meter->signature, policy, "meter's signature");
  for (auto& [index, value] : evidence.pcrs) ExpectEachFlipIsRefused(request, value, policy, "PCR");
  ExpectEachFlipIsRefused(request, request.possession, policy, "possession");
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
