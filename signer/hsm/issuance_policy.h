// What the signer refuses to sign, whoever orders it. Pure functions: everything they judge by is an
// argument. All refusals are kRefused with a check policy.<what>, and nothing has been signed.
#pragma once

#include <vector>

#include "certs/certificate.h"
#include "signer/signing_service.h"

namespace holdfast::hsm {

// Times of signatures of the last minute and before; for the rate limit.
class RateWindow {
 public:
  void Add(Time time);
  int LastMinute(Time now) const;

 private:
  std::vector<Time> times_;  // ascending; pruned as it grows
};

struct IssuancePolicy {
  Seconds maximum_validity{10 * 366 * 86400};  // of a license
  Seconds maximum_backdating{2 * 86400};       // notBefore before now
  Seconds maximum_postdating{366 * 86400};     // notBefore after now
  Seconds maximum_crl_lifetime{400 * 86400};   // nextUpdate after thisUpdate
  int licenses_per_minute = 1000;
  int messages_per_minute = 1000;
};

struct PolicyContext {
  std::string vendor;
  Time now;
  std::optional<Time> last_signed;  // newest record of the audit log: the clock must not be before it
  Time issuer_not_before, issuer_not_after;
  int signed_last_minute = 0;  // of the same kind
};

// Checks: policy.clock, policy.rate, policy.serial, policy.validity, policy.subject, policy.key,
// policy.terms. Returns the license key, parsed.
Result<PublicKey> CheckLicenseOrder(const LicenseOrder& order, const IssuancePolicy& policy,
                                    const PolicyContext& context);

// `list` is what was ordered, its entries ascending by serial. `previous` is the newest list of that issuer
// and shard that the signer knows. An entry may leave the list only when it was a hold, or when every license
// that it could mean has expired by the policy's maximum postdating and validity (docs/decisions/0055). Checks: policy.clock, policy.crl_number, policy.crl_dates, policy.crl_entries, and crl.sequence.
Status CheckCrl(const CrlFields& list, const IssuancePolicy& policy, const PolicyContext& context,
                const CrlFields* previous);

// The payload must be the claims of a product key of this vendor, or a return nonce, time answer or heartbeat answer of it. Checks: policy.clock, policy.rate,
// policy.message, policy.message.<claim>.
Status CheckMessageOrder(const MessageOrder& order, const IssuancePolicy& policy,
                         const PolicyContext& context);

}  // namespace holdfast::hsm
