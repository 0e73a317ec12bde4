#include <iostream>

#include "tools/cli/output.h"
#include "tools/holdfast/commands.h"
#include "tools/holdfast/site.h"
#include "tools/holdfast/words.h"

namespace holdfast::cli {
namespace {

Result<int> Run(const Arguments& arguments) {
  Json request{{"op", "check"}, {"feature", arguments.Text("FEATURE")}};
  if (arguments.Has("product")) request["product"] = arguments.Text("product");
  HOLDFAST_TRY(Json answer, Ask(arguments, request));
  answer.erase("ok");
  if (arguments.json()) {
    Print(answer);
  } else if (!arguments.Switch("quiet")) {
    std::cout << DescribeDecision(arguments.Text("FEATURE"), answer);
  }
  return answer["allowed"] == true ? kExitDone : kExitDenied;
}

}  // namespace

Command CheckCommand() {
  return {.name = "check",
          .summary = "ask whether a feature is allowed; exit code 3 when it is not",
          .arguments = {{.name = "FEATURE", .required = true}},
          .options = {{.name = "product", .value = "PRODUCT", .help = "when several products are installed"},
                      {.name = "quiet,q", .help = "only the exit code"},
                      kJsonOption},
          .details = "As a guard in a script:  holdfast check export --quiet || exit",
          .run = Run};
}

}  // namespace holdfast::cli
