// ECDH-ES, direct key agreement (RFC 7518 4.6): the content key is what both sides compute from one key pair of each.
#pragma once

#include "protocol/secret.h"

namespace holdfast {

// The Concat KDF of NIST SP 800-56A 5.8.1 with SHA-256, as RFC 7518 4.6.2 has it: OtherInfo is AlgorithmID,
// PartyUInfo, PartyVInfo, each with its length in 32 bits, then the key's length in bits. `algorithm`: the `enc` value.
Secret ConcatKdf(const Secret& z, std::string_view algorithm, ByteView party_u, ByteView party_v,
                 uint32_t key_bits);

}  // namespace holdfast
