#include "signer/signing_service.h"

namespace holdfast {

std::string CrlUri(ByteView issuer_key_id, int shard) {
  return "urn:holdfast:crl:" + HexEncode(issuer_key_id) + ":" + std::to_string(shard);
}

}  // namespace holdfast
