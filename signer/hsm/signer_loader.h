// Builds the issuer from signer.conf: tokens opened, each key found by its certificate's public key,
// certificates verified up to the root. Refuses to start rather than sign with what does not fit together.
#pragma once

#include "signer/hsm/issuer.h"
#include "signer/hsm/token_set.h"
#include "signer/hsm/working_tokens.h"

namespace holdfast::hsm {

struct LoadedSigner {
  SignerConfig config;
  SignerPaths paths;
  FileLock lock;  // one signer a directory: two would fork the audit chain
  WorkingTokens working_tokens;
  TokenSet tokens;  // opened
  std::unique_ptr<Issuer> issuer;
};

// Checks: config.*, signer.locked (kConflict), certificate.*, path.*, signer.root_crl, audit.*, hsm.*.
Result<LoadedSigner> LoadSigner(const Path& config_file, Clock clock);

// DIR/roots.pem: exactly one root.
Result<Certificate> ReadRoot(const SignerPaths& paths);
// DIR/root.crl, verified. Check: signer.root_crl: without it nobody knows which issuing keys are revoked.
Result<Crl> ReadRootCrl(const SignerPaths& paths, const Certificate& root);
Result<Certificate> ReadCertificate(const Path& file, CertificateProfile profile);
Result<FileLock> LockSigner(const SignerPaths& paths);

}  // namespace holdfast::hsm
