// holdfast-signer: holds the vendor's keys. Wires commands to the program frame.
#include <signal.h>
#include <sys/stat.h>

#include "protocol/platform/process_memory.h"
#include "tools/cli/output.h"
#include "tools/signer/commands.h"

namespace {

using namespace holdfast;

constexpr int kPinRefused = 77;  // the service must not be restarted: see the unit's RestartPreventExitStatus

// PINs are for nobody else; a dead peer or a full disk is an error, not a death.
void Harden() {
  HideProcessMemory();
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  ::umask(0077);
}

int ExitCode(Error& error) {
  if (error.check.starts_with("usage.")) error.check = "usage";
  if (error.check == "hsm.pin_refused") return kPinRefused;
  return error.kind == ErrorKind::kUsage ? cli::kExitUsage : cli::kExitError;
}

}  // namespace

int main(int argc, char** argv) {
  Harden();
  cli::Program program("holdfast-signer",
                       "holds the vendor's keys and signs what its policy allows. "
                       "All commands but ceremony and approve take --config FILE");
  program.SetDefaultCommand("serve");
  program.SetExitCodes("0 done, 1 error, 2 usage, 77 the token refused the PIN", ExitCode);
  using namespace signer;
  for (auto command :
       {ServeCommand, CeremonyCommand, ApproveCommand, RotateCommand, AddLineCommand, RootCrlCommand,
        AuditVerifyCommand, AuditRestartCommand, AcceptClockCommand, CheckCommand})
    program.Add(command());
  return program.Main(argc, argv);
}
