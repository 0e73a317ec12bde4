// The embedded default: SoftHSM2 tokens below the signer's directory, for trying out and for vendors who have
// no HSM yet. The only place that knows SoftHSM; what comes out is a TokenConfig like any other.
#pragma once

#include "signer/hsm/pkcs11/token.h"

namespace holdfast::hsm {

// Makes a token named `name` in `directory` (which must exist): random PINs in PIN files of mode 0600,
// softhsm2.conf, tokens/. Checks: embedded.module when SoftHSM2 is not installed, those of Token::Initialize.
Result<TokenConfig> MakeEmbeddedToken(const std::string& name, const Path& directory);

// The same token's configuration after its directory was moved; and softhsm2.conf rewritten for the move.
TokenConfig MovedEmbeddedToken(const std::string& name, const TokenConfig& made, const Path& to);
Status WriteEmbeddedConfig(const Path& file, const Path& tokens);

}  // namespace holdfast::hsm
