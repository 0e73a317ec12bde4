#include <iostream>

#include "protocol/armor.h"
#include "tools/cli/output.h"
#include "tools/cli/output_file.h"
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
                         "key " + HexEncode(crl.issuer_key_id) + ", number " + std::to_string(crl.number) +
                             " of " + FormatTime(crl.this_update) + ", " + std::to_string(entries) +
                             " revoked");
}

// One error for each list that is missing, naming it.
Error Describe(const FailedCrl& failed) {
  Error error = failed.error;
  error.message = "the list of " + failed.shard.line + ", shard " + std::to_string(failed.shard.shard) +
                  " of key " + HexEncode(failed.shard.issuer_key_id) + ", was not made: " + error.message;
  return error;
}

Result<CurrentCrlSet> Lists(const cli::Arguments& arguments, Office& office) {
  if (!arguments.Has("license")) return office.licensing().CurrentCrls(Actor());
  HOLDFAST_TRY(const LicenseRecord license, FindLicense(office.store(), arguments.Text("license")));
  return office.licensing().CurrentCrlsOf(Actor(), license.id);
}

bool NamesDirectory(const Path& output) {
  std::error_code error;
  return output.string().ends_with('/') || std::filesystem::is_directory(output, error);
}

std::string FileName(const CrlRecord& crl) {
  return crl.line + "-" + HexEncode(crl.issuer_key_id) + "-" + std::to_string(crl.shard) + ".crl";
}

Status WriteEach(const Path& directory, const std::vector<CrlRecord>& lists, const Bytes& root_list) {
  HOLDFAST_CHECK(MakeDirectory(directory, 0755));
  const auto write = [&](const std::string& name, const Bytes& der) -> Status {
    HOLDFAST_TRY(cli::OutputFile file, cli::OutputFile::Open(directory / name));
    return file.Write(Armor(kLabelCrl, der));
  };
  for (const CrlRecord& crl : lists) HOLDFAST_CHECK(write(FileName(crl), crl.der));
  return root_list.empty() ? Status() : write("root.crl", root_list);
}

// One file, which must be one that `holdfast install` takes.
Status WriteTogether(cli::OutputFile& output, const std::vector<CrlRecord>& lists, const Bytes& root_list) {
  std::string file;
  for (const CrlRecord& crl : lists) file += Armor(kLabelCrl, crl.der);
  if (!root_list.empty()) file += Armor(kLabelCrl, root_list);
  const size_t count = lists.size() + (root_list.empty() ? 0 : 1);
  if (count <= kMaxArmorBlocks && file.size() <= kMaxFileSize) return output.Write(file);
  return Fail(ErrorKind::kRefused, "crl.file",
              std::to_string(count) + " lists, " + std::to_string(file.size()) +
                  " octets, are more than `holdfast install` takes from one file (" +
                  std::to_string(kMaxArmorBlocks) + " lists, " + std::to_string(kMaxFileSize) + " octets)",
              "give --license LICENSE for what one customer needs, or -o DIR/ for a file for each list");
}

Result<int> Publish(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const auto office, Office::Open(arguments));
  const Path output = arguments.File("output");
  const bool apart = output != "-" && NamesDirectory(output);
  std::optional<cli::OutputFile> together;
  if (arguments.Has("output") && !apart) {
    HOLDFAST_TRY(together, cli::OutputFile::Open(output));
  }
  HOLDFAST_TRY(const CurrentCrlSet current, Lists(arguments, *office));
  const std::vector<CrlRecord>& lists = current.lists;
  HOLDFAST_TRY(const SignerStatus status, office->signer().GetStatus());
  const Bytes root_list = arguments.Switch("with-root") ? status.root_crl : Bytes();
  if (together) HOLDFAST_CHECK(WriteTogether(*together, lists, root_list));
  if (apart) HOLDFAST_CHECK(WriteEach(output, lists, root_list));
  const int code = current.failed.empty() ? cli::kExitDone : cli::kExitError;
  Json failed = Json::array();
  for (const FailedCrl& one : current.failed) {
    std::cerr << cli::FormatError("holdfast-vendor", Describe(one));
    failed.push_back(cli::ErrorJson(Describe(one))["error"]);
  }
  if (output == "-") return code;
  Json described = Json::array();
  for (const CrlRecord& crl : lists) {
    HOLDFAST_TRY(const Crl parsed, Crl::Parse(crl.der));
    described.push_back(Describe(crl, parsed.fields().entries.size()));
    if (apart) described.back()["file"] = (output / FileName(crl)).string();
    if (!arguments.json()) PrintForPeople(crl, parsed.fields().entries.size());
  }
  if (arguments.json()) cli::Print(Json{{"crls", described}, {"failed", failed}});
  return code;
}

}  // namespace

void AddCrlCommand(cli::Program& program) {
  program.Add(
      {.name = "crl",
       .summary = "bring the revocation lists up to date, and write them for `holdfast install`",
       .options = {{.name = "license", .value = "LICENSE", .help = "only the lists that this license needs"},
                   {.name = "output,o",
                    .value = "FILE",
                    .help = "PEM; '-': standard output; DIR/: a file for each list"},
                   {.name = "with-root", .help = "also the root's list, for revoked issuing keys"},
                   cli::kJsonOption},
       .details =
           "A list is made anew when what it says has changed or when it is a day old. One file holds "
           "at most "
           "16 lists, as `holdfast install` takes them. A list that cannot be made is named, and holds up "
           "no other: those are written, and the exit status is 1.",
       .run = Publish});
}

}  // namespace holdfast::vendor
