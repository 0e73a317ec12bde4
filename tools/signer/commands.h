// The commands of holdfast-signer, one file for each. What they do is in the headers of signer/hsm that they
// include; holdfast-signer(8) describes them.
#pragma once

#include "tools/cli/program.h"

namespace holdfast::signer {

cli::Command ServeCommand();
cli::Command CeremonyCommand();
cli::Command ApproveCommand();
cli::Command RotateCommand();
cli::Command AddLineCommand();
cli::Command RootCrlCommand();
cli::Command AuditVerifyCommand();
cli::Command AuditRestartCommand();
cli::Command AcceptClockCommand();
cli::Command CheckCommand();

}  // namespace holdfast::signer
