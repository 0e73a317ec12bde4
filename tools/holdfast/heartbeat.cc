#include <iostream>

#include "tools/cli/output.h"
#include "tools/cli/output_file.h"
#include "tools/holdfast/commands.h"
#include "tools/holdfast/site.h"

namespace holdfast::cli {
namespace {

Result<int> Run(const Arguments& arguments) {
  Json request{{"op", "heartbeat"}, {"host_facts", !arguments.Switch("no-host-facts")}};
  if (arguments.Has("product")) request["product"] = arguments.Text("product");
  HOLDFAST_TRY(OutputFile output, OutputFile::Open(arguments.File("output")));
  HOLDFAST_TRY(Json answer, Ask(arguments, request));
  answer.erase("ok");
  HOLDFAST_CHECK(output.Write(answer["file"].get<std::string>()));
  if (output.is_stdout()) return kExitDone;
  answer["file"] = output.name();
  if (arguments.json()) {
    Print(answer);
  } else {
    std::cout << "Heartbeat number " << answer["sequence"].get<int64_t>() << " of license "
              << Printable(answer["license"].get<std::string>()) << " is in " << output.name()
              << ". Send it to the vendor; holdfast inspect shows what is in it, and holdfast apply takes "
                 "the answer.\n";
  }
  return kExitDone;
}

}  // namespace

Command HeartbeatCommand() {
  return {
      .name = "heartbeat",
      .summary = "report to the vendor of a license by file, and ask for what is new",
      .options = {{.name = "output,o",
                   .value = "FILE",
                   .help = "where to write the report; - is standard output",
                   .required = true},
                  {.name = "product", .value = "PRODUCT", .help = "whose vendor, when there are several"},
                  {.name = "no-host-facts", .help = "leave out host name, operating system and machine type"},
                  kJsonOption},
      .details =
          "The report tells what was used up of the meters since the last one that the vendor has "
          "acknowledged. One "
          "that is lost on its way is made good by the next.",
      .run = Run};
}

}  // namespace holdfast::cli
