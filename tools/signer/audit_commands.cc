#include <iostream>

#include "signer/hsm/audit_repair.h"
#include "signer/hsm/signer_loader.h"
#include "tools/cli/output.h"
#include "tools/signer/commands.h"
#include "tools/signer/options.h"

namespace holdfast::signer {
namespace {

void PrintCheckpoint(const hsm::AuditHead& head) {
  std::cout << "\nCheckpoint: " << hsm::FormatAuditHead(head) << "\n";
}

// Beside a running signer, its next record would stand behind another head.
Result<FileLock> LockForNewHead(const cli::Arguments& arguments) {
  if (!arguments.Has("checkpoint")) return Usage("--write-head needs --checkpoint");
  if (arguments.Has("log"))
    return Usage("--write-head is for the signer's own log: give --config, not --log");
  return hsm::LockSigner(PathsOf(arguments));
}

Result<int> Verify(const cli::Arguments& arguments) {
  const Path log = arguments.Has("log") ? arguments.File("log") : PathsOf(arguments).AuditLog();
  const bool write_head = arguments.Switch("write-head");
  std::optional<hsm::AuditHead> known;
  if (arguments.Has("checkpoint")) {
    HOLDFAST_TRY(known, hsm::ParseAuditHead(arguments.Text("checkpoint")));
  }
  std::optional<FileLock> lock;
  if (write_head) {
    HOLDFAST_TRY(lock, LockForNewHead(arguments));
  }
  HOLDFAST_TRY(const hsm::AuditSummary summary, hsm::VerifyAuditLog(log, known));
  if (write_head) HOLDFAST_CHECK(hsm::WriteAuditCheckpoint(log, summary.head));
  std::cout << summary.head.sequence << " records, complete and unaltered";
  if (summary.first) std::cout << ", " << FormatTime(*summary.first) << " to " << FormatTime(*summary.last);
  PrintCheckpoint(summary.head);
  return cli::kExitDone;
}

// The log of a signer that is there and does not run.
struct StoppedLog {
  Path file;
  FileLock lock;
};
Result<StoppedLog> LockLog(const cli::Arguments& arguments) {
  HOLDFAST_CHECK(hsm::ReadSignerConfig(ConfigFile(arguments)));
  const hsm::SignerPaths paths = PathsOf(arguments);
  HOLDFAST_TRY(FileLock lock, hsm::LockSigner(paths));
  return StoppedLog{paths.AuditLog(), std::move(lock)};
}

Result<int> Restart(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const StoppedLog log, LockLog(arguments));
  HOLDFAST_TRY(const hsm::AuditHead head, hsm::RestartAuditLog(log.file, SystemClock()));
  std::cout << "A new audit log was begun, and says so. What the old one had is lost";
  PrintCheckpoint(head);
  return cli::kExitDone;
}

Result<int> AcceptClock(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const StoppedLog log, LockLog(arguments));
  HOLDFAST_TRY(const hsm::AcceptedClock accepted, hsm::AcceptClock(log.file, SystemClock()));
  std::cout << (accepted.needed
                    ? "It is on record that the clock is right now"
                    : "Nothing to accept: no record of the log is later than now. Nothing was changed");
  PrintCheckpoint(accepted.head);
  return cli::kExitDone;
}

}  // namespace

cli::Command AuditVerifyCommand() {
  return {.name = "audit verify",
          .summary = "check the whole audit log",
          .options = {kConfigOption,
                      {.name = "log",
                       .value = "FILE",
                       .help = "a copy of the log, not the one beside signer.conf"},
                      {.name = "checkpoint", .value = "N:HASH", .help = "that somebody else kept"},
                      {.name = "write-head", .help = "make that the log's checkpoint, as after a restore"}},
          .run = Verify};
}

cli::Command AuditRestartCommand() {
  return {.name = "audit restart",
          .summary = "begin a new audit log where the old one is lost",
          .options = {kConfigOption},
          .run = Restart};
}

cli::Command AcceptClockCommand() {
  return {.name = "audit accept-clock",
          .summary = "sign again after the clock was ahead",
          .options = {kConfigOption},
          .run = AcceptClock};
}

}  // namespace holdfast::signer
