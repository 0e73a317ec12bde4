#include "tools/inspect/inspect.h"

#include <iostream>

#include "tools/cli/output.h"
#include "tools/holdfast/commands.h"

namespace holdfast::cli {
namespace {

Result<int> Run(const Arguments& arguments) {
  const Path file = arguments.File("FILE");
  const std::string name = file == "-" ? "standard input" : file.string();
  HOLDFAST_TRY(const std::string text, About(name, ReadInput(file, inspect::kMaxInspected)));
  HOLDFAST_TRY(const Json json, About(name, inspect::Inspect(text)));
  if (arguments.json()) {
    Print(json);
  } else {
    std::cout << inspect::Describe(json);
  }
  return kExitDone;
}

}  // namespace

Command InspectCommand() {
  return {
      .name = "inspect",
      .summary = "say what is in a file of Holdfast, without keys and without trusting it",
      .arguments =
          {{.name = "FILE",
            .help =
                "a request, answer, license, return proof, return nonce, time request, time answer, report "
                "(heartbeat) or its answer, revocation list (PEM or DER), roots, certificate, product file, "
                "product key, EK roots, state file of the agent, transcript or audit log of the signer; - is "
                "standard input",
            .required = true}},
      .options = {kJsonOption},
      .run = Run};
}

}  // namespace holdfast::cli
