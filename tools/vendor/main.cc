// holdfast-vendor: the vendor's side at the command line. Wires commands to the program frame.
#include "tools/vendor/commands.h"
#include "tools/vendor/office.h"

int main(int argc, char** argv) {
  using namespace holdfast;
  cli::Program program("holdfast-vendor", "sell, answer and revoke licenses whose keys are in an HSM");
  program.SetCommonOptions(
      {{.name = "dir",
        .value = "DIR",
        .help = "the vendor directory; else HOLDFAST_VENDOR_DIR, else the current one"}});
  program.SetConfigFiles({"/etc/holdfast/holdfast-vendor.conf", cli::UserConfigFile("holdfast-vendor.conf")});
  vendor::AddInitCommands(program);
  vendor::AddProductCommands(program);
  vendor::AddLicenseCommands(program);
  vendor::AddLicenseChangeCommands(program);
  vendor::AddReleaseCommand(program);
  vendor::AddAnswerCommand(program);
  vendor::AddReturnCommands(program);
  vendor::AddHeartbeatCommand(program);
  vendor::AddUsageCommand(program);
  vendor::AddTimeCommand(program);
  vendor::AddCrlCommand(program);
  vendor::AddExportCommand(program);
  vendor::AddKeyCommands(program);
  vendor::AddIssuerCommands(program);
  vendor::AddEkCommands(program);
  vendor::AddAuditCommand(program);

  const std::vector<std::string> words = vendor::WordsWithDirectory(argc, argv);
  std::vector<const char*> pointers;
  for (const std::string& word : words) pointers.push_back(word.c_str());
  return program.Main(static_cast<int>(pointers.size()), pointers.data());
}
