#include <iostream>

#include "protocol/armor.h"
#include "tools/cli/output.h"
#include "tools/vendor/commands.h"
#include "tools/vendor/office.h"

namespace holdfast::vendor {
namespace {

Json Describe(const CrlRecord& crl, size_t entries) {
  return {{"line", crl.line},
          {"issuer_key_id", HexEncode(crl.issuer_key_id)},
          {"shard", crl.shard},
          {"number", crl.number},
          {"this_update", FormatTime(crl.this_update)},
          {"next_update", FormatTime(crl.next_update)},
          {"revoked", entries}};
}

void PrintForPeople(const CrlRecord& crl, size_t entries) {
  std::cout << cli::Line(crl.line + ", shard " + std::to_string(crl.shard),
                         "number " + std::to_string(crl.number) + " of " + FormatTime(crl.this_update) +
                             ", " + std::to_string(entries) + " revoked");
}

Result<int> Publish(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const auto office, Office::Open(arguments));
  HOLDFAST_TRY(const auto lists, office->licensing().CurrentCrls(Actor()));
  HOLDFAST_TRY(const SignerStatus status, office->signer().GetStatus());
  std::string file;
  Json described = Json::array();
  const bool quiet = arguments.json() || arguments.Text("output") == "-";
  for (const CrlRecord& crl : lists) {
    HOLDFAST_TRY(const Crl parsed, Crl::Parse(crl.der));
    file += Armor(kLabelCrl, crl.der);
    described.push_back(Describe(crl, parsed.fields().entries.size()));
    if (!quiet) PrintForPeople(crl, parsed.fields().entries.size());
  }
  if (!status.root_crl.empty() && arguments.Switch("with-root")) file += Armor(kLabelCrl, status.root_crl);
  if (arguments.Has("output")) HOLDFAST_CHECK(cli::WriteOutput(arguments.File("output"), file));
  if (arguments.json() && arguments.Text("output") != "-") cli::Print(Json{{"crls", described}});
  return cli::kExitDone;
}

}  // namespace

void AddCrlCommand(cli::Program& program) {
  program.Add({.name = "crl",
               .summary = "bring the revocation lists up to date, and write them into one file",
               .options = {{.name = "output,o", .value = "FILE", .help = "PEM; '-': standard output"},
                           {.name = "with-root", .help = "also the root's list, for revoked issuing keys"},
                           cli::kJsonOption},
               .details = "A list is made anew when what it says has changed or when it is a day old.",
               .run = Publish});
}

}  // namespace holdfast::vendor
