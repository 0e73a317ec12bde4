// A license file: PEM blocks in this order: license certificate, issuing certificate, the issuing key's CRL
// for the license's shard, optionally the root's CRL. `openssl verify`, `openssl x509` and `openssl crl` read
// it as it is.
#pragma once

#include "certs/crl.h"

namespace holdfast {

struct LicenseFile {
  Certificate license, issuing;
  Crl crl;
  std::optional<Crl> root_crl;
};

// Structure and profiles only. Checks: license_file.blocks, and those of Certificate::Parse and Crl::Parse.
Result<LicenseFile> ParseLicenseFile(std::string_view text);
std::string FormatLicenseFile(const LicenseFile& file);

// Trust anchors: PEM certificates of profile kRoot, at most 16. Check: roots.<what>.
struct TrustAnchors {
  std::vector<Certificate> roots;
};
Result<TrustAnchors> ParseTrustAnchors(std::string_view pem);

}  // namespace holdfast
