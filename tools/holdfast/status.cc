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
  // Only this process says where it has read.
  const bool by_agent = !answer.contains("state_directory");
  answer["agent"] = by_agent;
  if (arguments.json()) {
    Print(answer);
  } else {
    std::cout << DescribeStatus(answer);
    if (by_agent) {
      std::cout << Line("agent", "running, at " + arguments.Text("socket"));
    } else {
      std::cout << Line("agent", "none listens at " + arguments.Text("socket") + ": read from " +
                                     answer["state_directory"].get<std::string>());
      if (answer.contains("roots_missing"))
        std::cout << Line("pinned roots",
                          arguments.Text("roots") + " does not exist: no license can be used");
    }
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
