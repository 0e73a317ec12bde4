#include <iostream>

#include "signer/hsm/signer_loader.h"
#include "tools/cli/output.h"
#include "tools/signer/commands.h"
#include "tools/signer/options.h"

namespace holdfast::signer {
namespace {

Result<int> Check(const cli::Arguments& arguments) {
  HOLDFAST_TRY(hsm::LoadedSigner loaded, hsm::LoadSigner(ConfigFile(arguments), SystemClock()));
  HOLDFAST_CHECK(loaded.issuer->KeepAlive());
  HOLDFAST_TRY(const SignerStatus status, loaded.issuer->GetStatus());
  for (const IssuerInfo& issuer : status.issuers)
    std::cout << "line " << issuer.line << (issuer.current ? ", current" : ", older") << ": keys sign\n";
  std::cout << "audit: " << status.audit_sequence << ":" << status.audit_head << "\n";
  return cli::kExitDone;
}

}  // namespace

cli::Command CheckCommand() {
  return {.name = "check",
          .summary = "make a test signature with every key",
          .options = {kConfigOption},
          .run = Check};
}

}  // namespace holdfast::signer
