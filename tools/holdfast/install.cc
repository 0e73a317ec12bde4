#include <algorithm>
#include <iostream>

#include "protocol/armor.h"
#include "protocol/file_kind.h"
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
  if (answer["kind"] == "heartbeat_answer")
    return "The vendor's answer is applied for " + products + "; see holdfast status.";
  if (answer["kind"] == "time_answer")
    return "The time is as the vendor of " + products + " says; see holdfast status.";
  const bool list = answer["kind"] == "revocation_list";
  return (list ? "The revocation list is installed for " : "The license is installed for ") + products + ".";
}

struct Incoming {
  std::string name, text;
};

Result<Incoming> Read(const Arguments& arguments) {
  const Path file = arguments.File("FILE");
  Incoming incoming{file == "-" ? "standard input" : file.string(), {}};
  HOLDFAST_TRY(incoming.text, About(incoming.name, ReadInput(file, kMaxFileSize)));
  return incoming;
}

Result<int> Run(const Arguments& arguments, const Incoming& file) {
  auto answer = Ask(arguments, Json{{"op", "install"}, {"file", file.text}});
  if (!answer) {
    return tl::unexpected(IsAboutTheSite(answer.error()) ? answer.error() : About(file.name, answer.error()));
  }
  answer->erase("ok");
  if (arguments.json()) {
    Print(*answer);
  } else {
    std::cout << Sentence(*answer) << "\n";
    for (const Json& notice : answer->value("notices", Json::array()))
      std::cout << "From the vendor: " << Printable(notice.get<std::string>()) << "\n";
  }
  return kExitDone;
}

Result<int> Install(const Arguments& arguments) {
  HOLDFAST_TRY(const Incoming file, Read(arguments));
  return Run(arguments, file);
}

Result<int> Apply(const Arguments& arguments) {
  HOLDFAST_TRY(const Incoming file, Read(arguments));
  const FileKind kind = RecogniseFile(file.text);
  if (kind == FileKind::kHeartbeatAnswer) return Run(arguments, file);
  return About(file.name,
               Result<int>(Malformed(
                   "heartbeat_answer.kind",
                   "this is " + std::string(DescribeFileKind(kind)) + ", not the answer to a heartbeat",
                   "give the answer to holdfast heartbeat; holdfast install takes all other files")));
}

}  // namespace

Command ApplyCommand() {
  return {
      .name = "apply",
      .summary = "apply the vendor's answer to a heartbeat",
      .arguments = {{.name = "FILE", .help = "what the vendor sent; - is standard input", .required = true}},
      .options = {kJsonOption},
      .details =
          "A renewed or changed license, the newest revocation lists and the vendor's time are taken over, "
          "and what was "
          "reported counts as acknowledged. Applied again it changes nothing.",
      .run = Apply};
}

Command InstallCommand() {
  return {
      .name = "install",
      .summary = "install an answer, a license file, a revocation list or a time answer",
      .arguments = {{.name = "FILE", .help = "what the vendor sent; - is standard input", .required = true}},
      .options = {kJsonOption},
      .details =
          "Everything in the file is verified first. Installing a file again changes nothing; "
          "a time answer is refused the second time.",
      .run = Install};
}

}  // namespace holdfast::cli
