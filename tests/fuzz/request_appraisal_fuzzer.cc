// A request from outside, read and appraised. The request's own EK is pinned, so that every check can be
// reached; without the pin it must never pass.
#include "protocol/product_key.h"
#include "signer/server/verifier/appraisal.h"
#include "signer/server/verifier/host_appraisal.h"

namespace {

using namespace holdfast;

const Time kNow = ParseTime("2026-11-22T12:00:00Z").value();

AppraisalPolicy PolicyFor(const RequestHead& content) {
  AppraisalPolicy policy;
  policy.vendor = content.vendor;
  policy.product = content.product;
  policy.possession_key = PossessionPublicKey(Secret(Bytes(32, 0x5e))).value();  // RequestOptions' seed
  return policy;
}

// Whatever passes is identified, has two keys, and is refused where the plan does not list the class.
void AppraiseByHost(const HostRequest& request) {
  AppraisalPolicy policy = PolicyFor(request.content);
  if (AppraiseHost(request, policy)) __builtin_trap();
  policy.assurance = {AssuranceClass::kHost};
  auto result = AppraiseHost(request, policy);
  if (result && (!IsIdentifying(request.content.fingerprint) ||
                 result->license_key.spki() == result->agreement_key.spki()))
    __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto any = ParseAnyRequest(AsText({data, size}));
  if (!any) return 0;
  const auto* request = std::get_if<ActivationRequest>(&*any);
  if (!request) return AppraiseByHost(std::get<HostRequest>(*any)), 0;
  AppraisalPolicy policy = PolicyFor(request->content);
  if (Appraise(*request, policy, kNow)) __builtin_trap();
  auto ek = tpm::ParsePublic(request->content.ek_public);
  auto key = ek ? KeyOf(*ek) : Result<PublicKey>(tl::unexpected(ek.error()));
  if (!key) return 0;
  policy.pinned_eks = {{key->SpkiSha256(), EkRootClass::kDiscrete}};
  (void)Appraise(*request, policy, kNow);
  return 0;
}
