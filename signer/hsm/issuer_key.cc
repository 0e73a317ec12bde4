#include "signer/hsm/issuer_key.h"

namespace holdfast::hsm {

IssuerKey FromTokenKey(std::shared_ptr<TokenKey> key) {
  return {.public_key = key->public_key(),
          .sign_unverified = [key](ByteView digest) { return key->SignDigestUnverified(digest); },
          .report_bad_signature = [key] { key->ReportBadSignature(); },
          .keep_alive = [key] { return key->KeepAlive(); },
          .health = [key] { return key->health(); }};
}

}  // namespace holdfast::hsm
