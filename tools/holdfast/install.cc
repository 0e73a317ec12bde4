#include <algorithm>
#include <iostream>

#include "protocol/armor.h"
#include "tools/cli/output.h"
#include "tools/holdfast/commands.h"
#include "tools/holdfast/site.h"

namespace holdfast::cli {
namespace {

// Errors of these families are not about the file that is installed.
bool IsAboutTheSite(const Error& error) {
  constexpr std::string_view kFamilies[] = {"roots.",  "file.",    "state.",     "keys.private",
                                            "socket.", "tpm.open", "tpm.silent", "tpm.busy"};
  return std::any_of(std::begin(kFamilies), std::end(kFamilies),
                     [&](std::string_view family) { return error.check.starts_with(family); });
}

std::string Sentence(const Json& answer) {
  std::string products;
  for (const Json& product : answer["products"]) {
    products += (products.empty() ? "" : ", ") + Printable(product.get<std::string>());
  }
  if (answer["changed"] == false) return "Installed already for " + products + ": nothing changed.";
  if (answer["kind"] == "time_answer")
    return "The time is as the vendor of " + products + " says; see holdfast status.";
  const bool list = answer["kind"] == "revocation_list";
  return (list ? "The revocation list is installed for " : "The license is installed for ") + products + ".";
}

Result<int> Run(const Arguments& arguments) {
  const Path file = arguments.File("FILE");
  const std::string name = file == "-" ? "standard input" : file.string();
  HOLDFAST_TRY(const std::string text, About(name, ReadInput(file, kMaxFileSize)));
  auto answer = Ask(arguments, Json{{"op", "install"}, {"file", text}});
  if (!answer) {
    return tl::unexpected(IsAboutTheSite(answer.error()) ? answer.error() : About(name, answer.error()));
  }
  answer->erase("ok");
  if (arguments.json()) {
    Print(*answer);
  } else {
    std::cout << Sentence(*answer) << "\n";
  }
  return kExitDone;
}

}  // namespace

Command InstallCommand() {
  return {
      .name = "install",
      .summary = "install an answer, a license file, a revocation list or a time answer",
      .arguments = {{.name = "FILE", .help = "what the vendor sent; - is standard input", .required = true}},
      .options = {kJsonOption},
      .details =
          "Everything in the file is verified first. Installing a file again changes nothing; "
          "a time answer is refused the second time.",
      .run = Run};
}

}  // namespace holdfast::cli
