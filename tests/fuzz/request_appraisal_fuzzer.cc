// A request from outside, read and appraised. The request's own EK is pinned, so that every check can be
// reached; without the pin it must never pass.
#include "protocol/product_key.h"
#include "signer/server/verifier/appraisal.h"

namespace {

using namespace holdfast;

const Time kNow = ParseTime("2026-11-22T12:00:00Z").value();

AppraisalPolicy PolicyFor(const ActivationRequest& request) {
  AppraisalPolicy policy;
  policy.vendor = request.content.vendor;
  policy.product = request.content.product;
  policy.possession_key = PossessionPublicKey(Secret(Bytes(32, 0x5e))).value();  // RequestOptions' seed
  return policy;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto request = ParseRequest(AsText({data, size}));
  if (!request) return 0;
  AppraisalPolicy policy = PolicyFor(*request);
  if (Appraise(*request, policy, kNow)) __builtin_trap();
  auto ek = tpm::ParsePublic(request->content.ek_public);
  auto key = ek ? KeyOf(*ek) : Result<PublicKey>(tl::unexpected(ek.error()));
  if (!key) return 0;
  policy.pinned_eks = {{key->SpkiSha256(), EkRootClass::kDiscrete}};
  (void)Appraise(*request, policy, kNow);
  return 0;
}
