// AlgorithmIdentifier (RFC 5758 3.2, RFC 4055 5) of the three algorithms that our own keys sign with.
#pragma once

#include <optional>

#include "protocol/crypto/public_key.h"

namespace holdfast {

ByteView AlgorithmIdentifier(SignatureAlgorithm algorithm);  // DER; empty when no key of ours uses it
std::optional<SignatureAlgorithm> ParseAlgorithmIdentifier(ByteView der);

}  // namespace holdfast
