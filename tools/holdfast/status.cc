#include <iostream>

#include "tools/cli/output.h"
#include "tools/holdfast/commands.h"
#include "tools/holdfast/site.h"
#include "tools/holdfast/words.h"

namespace holdfast::cli {
namespace {

Result<int> Run(const Arguments& arguments) {
  HOLDFAST_TRY(Json answer, Ask(arguments, Json{{"op", "status"}}));
  answer.erase("ok");
  if (arguments.json()) {
    Print(answer);
  } else {
    std::cout << DescribeStatus(answer);
  }
  return kExitDone;
}

}  // namespace

Command StatusCommand() {
  return {.name = "status",
          .summary = "show the licenses of this machine and what they grant",
          .options = {kJsonOption},
          .run = Run};
}

}  // namespace holdfast::cli
