// The key ceremony that was held in a vendor directory, as its signer.conf and its transcript tell.
#pragma once

#include <map>

#include "protocol/strict_json.h"
#include "tools/vendor/vendor_directory.h"

namespace holdfast::vendor {

struct HeldCeremony {
  std::string vendor;                          // as the certificates have it
  std::map<std::string, std::string> modules;  // of each token, by its name
  Json plan;                                   // what was followed
  std::string held;                            // when, RFC 3339
  Path transcript;
  std::vector<std::string> files;  // that were made, by their names below the directory
};
// Checks: vendor.signer_config, vendor.transcript (kMalformed), those of ReadFile.
Result<HeldCeremony> ReadHeldCeremony(const VendorDirectory& directory);
// Is all still there that it made? Check: vendor.incomplete (kNotFound).
Status CheckComplete(const VendorDirectory& directory, const HeldCeremony& held);

}  // namespace holdfast::vendor
