#include <iostream>

#include "protocol/file_kind.h"
#include "tools/cli/output.h"
#include "tools/cli/output_file.h"
#include "tools/holdfast/commands.h"
#include "tools/holdfast/site.h"

namespace holdfast::cli {
namespace {

// Editors on Windows put one before the text.
std::string_view WithoutByteOrderMark(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  return text;
}

// A file that everybody may read, like the pinned roots, is more likely the wrong one than a product key that is not guarded.
Error WrongFileOr(Error error, const Path& file) {
  if (error.check != "file.mode") return error;
  const auto content = ReadFile(file, kMaxFileSize);
  if (!content) return error;
  const FileKind kind = RecogniseFile(WithoutByteOrderMark(AsText(*content)));
  if (kind == FileKind::kProductKey) return error;
  return {ErrorKind::kMalformed, "product_key.kind",
          file.string() + " is " + std::string(DescribeFileKind(kind)) + ", not a product key",
          "give the file that holds the product key"};
}

Result<std::string> ReadKey(const Arguments& arguments) {
  if (arguments.Has("key") == arguments.Has("key-file")) {
    return Fail(ErrorKind::kUsage, "usage.key", "give the product key with --key or with --key-file",
                "see holdfast request --help");
  }
  const Path file = arguments.Has("key-file") ? arguments.File("key-file") : arguments.File("key");
  if (file != "-" && arguments.Has("key")) return arguments.Text("key");
  if (file == "-") return ReadInput(file, kMaxFileSize);
  const auto key = ReadSecretFile(file, kMaxFileSize);
  if (!key) return tl::unexpected(WrongFileOr(key.error(), file));
  return std::string(key->RevealText());
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  text = WithoutByteOrderMark(text);
  const size_t begin = text.find_first_not_of(kSpace);
  return begin == std::string_view::npos ? "" : text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// What else came of it, which nobody should have to find out later.
std::string Notes(const Json& answer, const Arguments& arguments) {
  std::string notes;
  if (answer.contains("emergency_until"))
    notes += "Until the answer is there the license is granted here, but not after " +
             Printable(answer["emergency_until"].get<std::string>()) + ".\n";
  else if (arguments.Switch("repair"))
    notes +=
        "No emergency period runs: until the answer is there, this host has what holdfast status shows.\n";
  if (answer.value("request_dropped", false))
    notes += "Another request for this product was open. It is dropped: its answer will be refused.\n";
  if (answer.value("counter_replaced", false))
    notes +=
        "The TPM had a ledger's counter already, of this host's system before or of another state directory "
        "that is in use. It was made anew: licenses in such another state directory are state_rollback until "
        "they are activated anew.\n";
  if (answer.value("roots_missing", false))
    notes += "There are no pinned roots yet: before the answer is installed, put the vendor's roots.pem to " +
             arguments.Text("roots") + ".\n";
  return notes;
}

Result<int> Run(const Arguments& arguments) {
  HOLDFAST_TRY(const std::string key, ReadKey(arguments));
  const Json request{{"op", "request"},
                     {"key", Trimmed(key)},
                     {"new", arguments.Switch("new")},
                     {"host_facts", !arguments.Switch("no-host-facts")},
                     {"without_tpm", arguments.Switch("without-tpm")},
                     {"repair", arguments.Switch("repair")}};
  HOLDFAST_TRY(OutputFile output, OutputFile::Open(arguments.File("output")));
  HOLDFAST_TRY(Json answer, Ask(arguments, request));
  HOLDFAST_CHECK(output.Write(answer["file"].get<std::string>()));
  if (output.is_stdout()) {
    std::cerr << Notes(answer, arguments);
    return kExitDone;
  }
  if (arguments.json()) {
    answer.erase("ok");
    answer["file"] = output.name();
    Print(answer);
    return kExitDone;
  }
  std::cout << (answer["repeated"] == true ? "The open request for " : "A request for ")
            << Printable(answer["product"].get<std::string>()) << " is in " << output.name()
            << ". Send it to the vendor; holdfast inspect shows what is in it.\n"
            << Notes(answer, arguments);
  return kExitDone;
}

}  // namespace

Command RequestCommand() {
  return {
      .name = "request",
      .summary = "make an activation request to send to the vendor",
      .options =
          {{.name = "key", .value = "KEY", .help = "product key; other users can see it, see --key-file"},
           {.name = "key-file", .value = "FILE", .help = "file with the product key; - is standard input"},
           {.name = "output,o",
            .value = "FILE",
            .help = "where to write the request; - is standard output",
            .required = true},
           {.name = "new", .help = "drop an open request, or activate once more"},
           {.name = "repair",
            .help = "this machine lost the hardware of its license: ask for the license on what it has now; "
                    "drops "
                    "another open request"},
           {.name = "no-host-facts", .help = "leave out host name, operating system and machine type"},
           {.name = "without-tpm",
            .help = "ask for a license of class host: keys on disk and a fingerprint in a TPM's place"},
           kJsonOption},
      .details = "Asked again with the same product key, it gives the same request, octet for octet.",
      .run = Run};
}

}  // namespace holdfast::cli
