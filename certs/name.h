// The closed set of distinguished names that we issue (RFC 5280 4.1.2.4): organizationName and commonName,
// UTF8String.
#pragma once

#include "protocol/bytes.h"

namespace holdfast {

struct DistinguishedName {
  std::string organization;  // may be empty; at most 64 characters, UTF-8, no control characters
  std::string common_name;   // 1 to 64
  bool operator==(const DistinguishedName&) const = default;
};
Result<Bytes> EncodeName(const DistinguishedName& name);  // DER Name. Check: name.<member>
Result<DistinguishedName> ParseName(ByteView der);  // exactly what EncodeName makes. Check: name.profile

}  // namespace holdfast
