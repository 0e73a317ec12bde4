#include <iostream>

#include "tools/cli/output.h"
#include "tools/cli/output_file.h"
#include "tools/holdfast/commands.h"
#include "tools/holdfast/site.h"

namespace holdfast::cli {
namespace {

Result<int> Run(const Arguments& arguments) {
  Json request{{"op", "time_request"}};
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
    std::cout << "A time request is in " << output.name() << ". Send it to the vendor of license "
              << Printable(answer["license"].get<std::string>())
              << "; holdfast install takes the answer. Here it is "
              << Printable(answer["time"].get<std::string>()) << ".\n";
  }
  return kExitDone;
}

}  // namespace

Command TimeRequestCommand() {
  return {
      .name = "time request",
      .summary = "ask a vendor what time it is, when this machine believes that it is later",
      .options = {{.name = "output,o",
                   .value = "FILE",
                   .help = "where to write the request; - is standard output",
                   .required = true},
                  {.name = "product",
                   .value = "PRODUCT",
                   .help = "when there are several, all of one vendor"},
                  kJsonOption},
      .details =
          "Set this machine's clock right first. The answer is good once, and on this machine. Asked again, "
          "the answer to the request before is refused.",
      .run = Run};
}

}  // namespace holdfast::cli
