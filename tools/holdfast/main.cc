// holdfast: the customer's command line.
#include "tools/holdfast/commands.h"
#include "tools/holdfast/site.h"

int main(int argc, char** argv) {
  using namespace holdfast::cli;
  Program program("holdfast", "licenses of this machine: request, install, look, check");
  program.SetCommonOptions(SiteOptions());
  program.SetConfigFiles({"/etc/holdfast/holdfast.conf", UserConfigFile("holdfast.conf")});
  for (auto command : {RequestCommand, InstallCommand, HeartbeatCommand, ApplyCommand, ReturnCommand,
                       TimeRequestCommand, StatusCommand, CheckCommand, HoldCommand, ConsumeCommand,
                       KeyCommand, BreakGlassCommand, InspectCommand}) {
    program.Add(command());
  }
  return program.Main(argc, argv);
}
