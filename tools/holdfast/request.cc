#include <iostream>

#include "protocol/armor.h"
#include "tools/cli/output.h"
#include "tools/holdfast/commands.h"
#include "tools/holdfast/site.h"

namespace holdfast::cli {
namespace {

Result<std::string> ReadKey(const Arguments& arguments) {
  if (arguments.Has("key") == arguments.Has("key-file")) {
    return Fail(ErrorKind::kUsage, "usage.key", "give the product key with --key or with --key-file",
                "see holdfast request --help");
  }
  const Path file = arguments.Has("key-file") ? arguments.File("key-file") : arguments.File("key");
  if (file != "-" && arguments.Has("key")) return arguments.Text("key");
  if (file == "-") return ReadInput(file, kMaxFileSize);
  HOLDFAST_TRY(const Secret key, ReadSecretFile(file, kMaxFileSize));
  return std::string(key.RevealText());
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  return begin == std::string_view::npos ? "" : text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

Result<int> Run(const Arguments& arguments) {
  HOLDFAST_TRY(const std::string key, ReadKey(arguments));
  const Json request{{"op", "request"},
                     {"key", Trimmed(key)},
                     {"new", arguments.Switch("new")},
                     {"host_facts", !arguments.Switch("no-host-facts")},
                     {"without_tpm", arguments.Switch("without-tpm")},
                     {"repair", arguments.Switch("repair")}};
  HOLDFAST_TRY(Json answer, Ask(arguments, request));
  const Path output = arguments.File("output");
  HOLDFAST_CHECK(WriteOutput(output, answer["file"].get<std::string>()));
  if (output == "-") return kExitDone;
  if (arguments.json()) {
    answer.erase("ok");
    answer["file"] = output.string();
    Print(answer);
    return kExitDone;
  }
  std::cout << (answer["repeated"] == true ? "The open request for " : "A request for ")
            << Printable(answer["product"].get<std::string>()) << " is in " << output.string()
            << ". Send it to the vendor; holdfast inspect shows what is in it.\n";
  if (answer.contains("emergency_until"))
    std::cout << "Until the answer is there the license is granted here, but not after "
              << Printable(answer["emergency_until"].get<std::string>()) << ".\n";
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
            .help = "this machine lost the hardware of its license: ask for the license on what it has now"},
           {.name = "no-host-facts", .help = "leave out host name, operating system and machine type"},
           {.name = "without-tpm",
            .help = "ask for a license of class host: keys on disk and a fingerprint in a TPM's place"},
           kJsonOption},
      .details = "Asked again with the same product key, it gives the same request, octet for octet.",
      .run = Run};
}

}  // namespace holdfast::cli
