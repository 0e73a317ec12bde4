// Good orders, to be spoiled by tests.
#pragma once

#include "certs/serial.h"
#include "protocol/product_key.h"
#include "protocol/terms.h"
#include "signer/signing_service.h"
#include "tests/testing/pki.h"

namespace holdfast::hsm {

inline const std::string kTestVendor = "Acme \"Software\" GmbH";
inline constexpr Time kTestNow = testing::kPkiNow;

inline LicenseTerms GoodTerms(const std::string& license) {
  LicenseTerms terms = testing::TestPki::Terms();
  terms.license = license;
  terms.vendor = kTestVendor;
  terms.valid_from = kTestNow;
  terms.expires = kTestNow + Seconds(365 * 86400);
  terms.expiry_grace = Seconds(7 * 86400);
  return terms;
}

inline LicenseOrder GoodOrder(const std::string& license = "lic-1") {
  static const auto key = testing::SoftwareKey::Generate(KeyType::kEcP256);
  const LicenseTerms terms = GoodTerms(license);
  LicenseOrder order;
  order.line = "default";
  order.serial = NewSerial();
  order.license_id = license;
  order.customer = "Rheinwerk GmbH";
  order.not_before = terms.valid_from;
  order.not_after = *terms.expires + terms.expiry_grace;
  order.subject_spki = key->public_key().spki();
  order.terms_json = FormatTerms(terms);
  order.reason = "activation 1";
  return order;
}

inline CrlOrder GoodCrl(int64_t number = 1) {
  return {.line = "default",
          .number = number,
          .this_update = kTestNow + Seconds(number),
          .next_update = kTestNow + Seconds(30 * 86400)};
}

inline MessageOrder GoodMessage() {
  ProductKeyClaims claims;
  claims.id = "AAAAAAAAAAAAAAAAAAAAAA";
  claims.vendor = kTestVendor;
  claims.product = "editor";
  claims.plan = "standard";
  claims.issued = kTestNow;
  claims.seed = Secret(Bytes(32, 7));
  return {.line = "default", .payload = ToBytes(ProductKeyPayload(claims))};
}

}  // namespace holdfast::hsm
