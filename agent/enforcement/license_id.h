// Which license a record is about, for as long as it lives: a renewal and a new activation keep it.
//
// A vendor is his root, not his name: names are for everybody to choose, and root of this machine may pin a root certificate of his own that
// bears the vendor's. So what is on record about one root's license is nothing to another root's of the same name.
#pragma once

#include <optional>
#include <string>

#include "certs/path.h"

namespace holdfast {

struct LicenseId {
  // SPKI hash of the anchor that the license leads to. Absent in records of before roots were recorded, and nowhere else (ledger_content.h).
  std::optional<Sha256Digest> root;
  std::string product, license;
  bool operator==(const LicenseId&) const = default;
};

LicenseId IdOf(const VerifiedLicense& license);
// A record without a root is about whichever license of that name asks.
bool IsSameLicense(const LicenseId& a, const LicenseId& b);

}  // namespace holdfast
