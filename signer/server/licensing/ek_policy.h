// What the vendor decided about TPMs besides the trust anchors: chips trusted by their key because they bring
// no certificate, makers and firmware that are not trusted any more. JSON:
//
//   { "schema": "1.0", "pinned": [ { "key": "<hex SHA-256 of the EK's SPKI>", "class": "discrete" } ],
//     "denied_manufacturers": [ "id:..." ],
//     "denied_firmware": [ { "manufacturer": "id:...", "from": "<16 hex>", "to": "<16 hex>" } ] }
//
// A manufacturer is "id:" and 8 hexadecimal digits in either case, the TCG vendor id as in EK certificates.
#pragma once

#include "signer/server/verifier/appraisal.h"

namespace holdfast {

struct EkPolicy {
  std::vector<PinnedEk> pinned;
  std::vector<std::string> denied_manufacturers;
  std::vector<DeniedFirmware> denied_firmware;
};

// Checks: those of ParseJson, ek_policy.schema (kRefused: another major), ek_policy.<member>.
Result<EkPolicy> ParseEkPolicy(std::string_view json);
std::string FormatEkPolicy(const EkPolicy& policy);

}  // namespace holdfast
