// holdfast key: a content key, for as long as the license stands.
#include <iostream>

#include "protocol/content_key.h"
#include "tools/cli/output.h"
#include "tools/cli/output_file.h"
#include "tools/holdfast/commands.h"
#include "tools/holdfast/site.h"
#include "tools/holdfast/words.h"

namespace holdfast::cli {
namespace {

// Out of the answer, which keeps no copy.
Result<Secret> TakeKey(Json& answer) {
  auto text = answer["key"].get<std::string>();
  Wipe(answer["key"].get_ref<std::string&>());
  answer.erase("key");
  auto octets = HexDecode(text);
  Wipe(text);
  if (!octets) return tl::unexpected(std::move(octets.error()));
  return Secret(std::move(*octets));
}

int Deny(const Arguments& arguments, const std::string& name, const Json& decision) {
  if (arguments.json()) {
    Print(decision);
  } else {
    std::cerr << "holdfast: " << DescribeDecision(name, decision);
  }
  return kExitDenied;
}

Result<int> Run(const Arguments& arguments) {
  const std::string name = arguments.Text("NAME");
  Json request{{"op", "key"}, {"name", name}};
  if (arguments.Has("product")) request["product"] = arguments.Text("product");
  constexpr int kPrivate = 0600;
  HOLDFAST_TRY(OutputFile output, OutputFile::Open(arguments.File("output"), kPrivate));
  HOLDFAST_TRY(Json answer, Ask(arguments, request));
  answer.erase("ok");
  if (answer["allowed"] != true) return Deny(arguments, name, answer);
  HOLDFAST_TRY(const Secret key, TakeKey(answer));
  HOLDFAST_CHECK(output.Write(key.RevealText()));
  if (output.is_stdout()) return kExitDone;
  answer["file"] = output.name();
  if (arguments.json()) {
    Print(answer);
  } else {
    std::cout << "Content key " << Printable(name) << " is in " << output.name() << ": " << kContentKeySize
              << " octets that only you can read.\n";
  }
  return kExitDone;
}

}  // namespace

Command KeyCommand() {
  return {.name = "key",
          .summary = "get a content key of the vendor's; exit code 3 when the license does not grant it",
          .arguments = {{.name = "NAME", .required = true}},
          .options = {{.name = "output,o",
                       .value = "FILE",
                       .help = "where to write its 32 octets, mode 0600; - is standard output",
                       .required = true},
                      {.name = "product", .value = "PRODUCT", .help = "when several products are installed"},
                      kJsonOption},
          .details =
              "The key opens content that the vendor encrypted. The TPM gives it out on the licensed machine "
              "only, and not after the license was returned. Applications ask the agent for it.",
          .run = Run};
}

}  // namespace holdfast::cli
