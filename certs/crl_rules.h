// What holds in a CRL of ours apart from its encoding: asked before one is built and after one is parsed.
#pragma once

#include "certs/crl.h"
#include "certs/extensions.h"

namespace holdfast {

inline constexpr uint8_t kReasonCodeOid[] = {0x55, 0x1d, 0x15};  // 2.5.29.21

bool CrlHas(ExtensionKind kind);
bool IsRevocationReason(RevocationReason reason);
bool SerialLess(ByteView a, ByteView b);         // as numbers; both without leading zeros
Status CheckCrlFields(const CrlFields& fields);  // all but the name. Check: crl.<field>

}  // namespace holdfast
