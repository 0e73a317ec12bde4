// A license view with readable dates: valid from kFrom, expires at kExpires, grace of seven days, announced
// thirty days ahead.
#pragma once

#include "agent/enforcement/decide.h"

namespace holdfast {

inline constexpr Time kFrom{Seconds{1'700'000'000}};
inline constexpr Time kExpires{Seconds{1'800'000'000}};
inline constexpr Seconds kGracePeriod{7 * 86400}, kWarn{30 * 86400};
inline constexpr Time kMidway{Seconds{1'750'000'000}};

inline LicenseView GoodView() {
  LicenseTerms terms;
  terms.product = "nls";
  terms.grants.edition = "enterprise";
  terms.grants.features = {
      {"export", true}, {"sso", false}, {"threads", int64_t{8}}, {"tier", std::string("gold")}};
  terms.grants.limits["users"] = {.kind = LimitKind::kSeats, .max = 10};
  terms.grants.limits["jobs"] = {.kind = LimitKind::kGauge, .max = 50, .overage_percent = 10};
  terms.fallback =
      Grants{.edition = "community", .features = {{"export", true}, {"backup", true}}, .limits = {}};
  terms.fallback->limits["users"] = {.kind = LimitKind::kSeats, .max = 1};
  terms.valid_from = kFrom;
  terms.expires = kExpires;
  terms.expiry_grace = kGracePeriod;
  terms.warn_before = {kWarn, Seconds{86400}};
  LicenseView view;
  view.product = "nls";
  // Any key: Decide does not look at it.
  view.verified = VerifiedLicense{.terms = terms, .license_key = *PublicKey::FromEd25519(Bytes(32, 1))};
  view.hardware = HardwareProof::kProven;
  return view;
}

inline void Revoke(LicenseView& view, RevocationReason reason) {
  view.verified->revocation = Revocation::kRevoked;
  view.verified->revoked = RevokedEntry{.serial = {1}, .date = kFrom, .reason = reason};
}

}  // namespace holdfast
