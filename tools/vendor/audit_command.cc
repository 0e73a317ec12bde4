#include <iostream>

#include "tools/cli/output.h"
#include "tools/vendor/commands.h"
#include "tools/vendor/office.h"

namespace holdfast::vendor {
namespace {

// "SEQUENCE:HASH", as `audit verify` prints it.
Result<AuditHead> ParseHead(const std::string& text) {
  const size_t colon = text.find(':');
  const auto hash = colon == std::string::npos ? Result<Bytes>(Bytes{}) : HexDecode(text.substr(colon + 1));
  AuditHead head;
  if (colon != std::string::npos && colon > 0 && colon < 19 &&
      text.find_first_not_of("0123456789") == colon && hash && hash->size() == 32) {
    head.sequence = std::stoll(text.substr(0, colon));
    head.hash = *hash;
    return head;
  }
  return Fail(ErrorKind::kUsage, "usage.head", "'" + cli::Printable(text) + "' is not SEQUENCE:HASH",
              "copy it from an earlier `holdfast-vendor audit verify`");
}

Status CheckNoted(Store& store, const AuditHead& noted) {
  if (noted.sequence == 0) return {};
  HOLDFAST_TRY(const auto records, store.ListAudit(noted.sequence - 1, 1));
  if (!records.empty() && records.front().sequence == noted.sequence && records.front().hash == noted.hash)
    return {};
  return Refused("audit.head",
                 "the audit log does not contain the noted record " + std::to_string(noted.sequence),
                 "records were cut off or an older store was restored: compare with a backup");
}

Result<int> Verify(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const Records records, OpenRecords(arguments));
  HOLDFAST_TRY(const AuditHead head, records.store->VerifyAudit());
  if (arguments.Has("head")) {
    HOLDFAST_TRY(const AuditHead noted, ParseHead(arguments.Text("head")));
    HOLDFAST_CHECK(CheckNoted(*records.store, noted));
  }
  HOLDFAST_TRY(const AuditHead signers, records.store->SignerAuditHead());
  const std::string text = FormatAuditHead(head);
  if (arguments.json()) {
    cli::Print(
        Json{{"records", head.sequence}, {"head", text}, {"signer_audit_head", FormatAuditHead(signers)}});
  } else {
    std::cout << head.sequence << " records, each follows the one before\n" << cli::Line("head", text);
    if (signers.sequence > 0)
      std::cout << cli::Line("signer's log", FormatAuditHead(signers) + ", as last seen");
  }
  return cli::kExitDone;
}

// For a log that is lost for good: without this word of a person nothing is ever signed again.
Result<int> Accept(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const auto office, Office::Open(arguments));
  HOLDFAST_TRY(const AuditHead seen, office->store().SignerAuditHead());
  HOLDFAST_TRY(const SignerStatus status, office->signer().GetStatus());
  HOLDFAST_TRY(const AuditHead now, SignerAuditHeadOf(status));
  const bool needed = !CheckSignerAudit(seen, now);
  const bool dry_run = arguments.Switch("dry-run");
  if (needed && !dry_run)
    HOLDFAST_CHECK(office->store().AcceptSignerAuditHead({SystemClock()(), Actor()}, now));
  if (arguments.json()) {
    cli::Print(Json{{"seen", FormatAuditHead(seen)},
                    {"now", FormatAuditHead(now)},
                    {"accepted", needed && !dry_run},
                    {"dry_run", dry_run}});
    return cli::kExitDone;
  }
  std::cout << cli::Line("last seen", FormatAuditHead(seen)) << cli::Line("now", FormatAuditHead(now));
  std::cout << (!needed ? "nothing to accept: the log goes on from what was seen\n"
                : dry_run
                    ? "would accept the log as it is now\n"
                    : "accepted: the log goes on from here, and the store's audit log says who said so\n");
  return cli::kExitDone;
}

}  // namespace

void AddAuditCommand(cli::Program& program) {
  program.Add({.name = "audit verify",
               .summary = "recompute the hash chain of the store's audit log",
               .options = {{.name = "head",
                            .value = "SEQUENCE:HASH",
                            .help = "noted earlier, elsewhere: shows that nothing was cut off since"},
                           cli::kJsonOption},
               .details = "The signer has an audit log of its own. How far it was seen to go is shown for: "
                          "holdfast-signer audit verify --checkpoint SEQUENCE:HASH",
               .run = Verify});
  program.Add(
      {.name = "audit accept",
       .summary = "go on with a signer whose audit log is shorter than it was seen to be, or another",
       .options = {{.name = "dry-run", .help = "say what would be accepted, and accept nothing"},
                   cli::kJsonOption},
       .details =
           "Until then every command that signs is refused (licensing.signer_audit). First restore the "
           "log from a backup, and find out who touched it.",
       .run = Accept});
}

}  // namespace holdfast::vendor
