#include "agent/enforcement/license_id.h"

namespace holdfast {

LicenseId IdOf(const VerifiedLicense& license) {
  return {license.root, license.terms.product, license.terms.license};
}

bool IsSameLicense(const LicenseId& a, const LicenseId& b) {
  return a.product == b.product && a.license == b.license && (!a.root || !b.root || a.root == b.root);
}

}  // namespace holdfast
