// The closed set of distinguished names that we issue (RFC 5280 4.1.2.4): organizationName and commonName,
// UTF8String.
#pragma once

#include "protocol/bytes.h"

namespace holdfast {

struct DistinguishedName {
  // At most 64 characters of UTF-8 (ub-organization-name, ub-common-name), none misleading (display_text.h).
  std::string organization;  // may be empty
  std::string common_name;   // may not
  bool operator==(const DistinguishedName&) const = default;
};
Result<Bytes> EncodeName(const DistinguishedName& name);  // DER Name. Check: name.<member>
Result<DistinguishedName> ParseName(ByteView der);  // exactly what EncodeName makes. Check: name.profile

}  // namespace holdfast
