// Object identifiers of Holdfast, under a UUID-based arc (ITU-T X.667): 2.25.<UUID as an integer>.
// The arc is fixed for ever; new meanings get new last numbers. docs/formats.md lists them.
#pragma once

#include <string_view>

namespace holdfast {

// UUID 7d2f4b1e-9c53-4a86-b0de-5f18c2a7634b
inline constexpr std::string_view kHoldfastArc = "2.25.166399061031411124629614751441528251211";
inline constexpr int kOidLicenseTerms = 1;    // extension, non-critical: UTF8String, terms as JSON
inline constexpr int kOidLicensePurpose = 2;  // extended key usage of a license certificate
inline constexpr int kOidMessagePurpose = 3;  // extended key usage of the vendor's message certificate

}  // namespace holdfast
