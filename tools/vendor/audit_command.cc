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
  const std::string text = std::to_string(head.sequence) + ":" + HexEncode(head.hash);
  if (arguments.json()) {
    cli::Print(Json{{"records", head.sequence}, {"head", text}});
  } else {
    std::cout << head.sequence << " records, each follows the one before\n" << cli::Line("head", text);
  }
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
               .details = "The signer has an audit log of its own: holdfast-signer audit verify.",
               .run = Verify});
}

}  // namespace holdfast::vendor
