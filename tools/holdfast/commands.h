// The commands of `holdfast`, one file each.
#pragma once

#include "tools/cli/program.h"

namespace holdfast::cli {

Command RequestCommand();
Command InstallCommand();
Command ApplyCommand();
Command HeartbeatCommand();
Command BreakGlassCommand();
Command ReturnCommand();
Command TimeRequestCommand();
Command StatusCommand();
Command CheckCommand();
Command HoldCommand();
Command ConsumeCommand();
Command KeyCommand();
Command InspectCommand();

}  // namespace holdfast::cli
