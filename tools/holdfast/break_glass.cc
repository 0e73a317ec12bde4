#include <iostream>

#include "tools/cli/output.h"
#include "tools/holdfast/commands.h"
#include "tools/holdfast/site.h"

namespace holdfast::cli {
namespace {

std::string Sentence(const Json& answer) {
  const std::string license = Printable(answer["license"].get<std::string>());
  const std::string until = Printable(answer["until"].get<std::string>());
  const std::string left = std::to_string(answer["left"].get<int64_t>());
  if (answer["dry_run"] == true)
    return "would use a voucher of license " + license + " until " + until + "; " + left + " would be left";
  return "A voucher of license " + license + " is in use until " + until + "; " + left +
         " left. Settle what the other reasons in holdfast status say before it ends.";
}

Result<int> Run(const Arguments& arguments) {
  Json request{{"op", "break_glass"}, {"dry_run", arguments.Switch("dry-run")}};
  if (arguments.Has("product")) request["product"] = arguments.Text("product");
  HOLDFAST_TRY(Json answer, Ask(arguments, request));
  answer.erase("ok");
  if (arguments.json()) {
    Print(answer);
  } else {
    std::cout << Sentence(answer) << "\n";
  }
  return kExitDone;
}

}  // namespace

Command BreakGlassCommand() {
  return {
      .name = "break-glass",
      .summary = "use a voucher: work goes on although the license has ended or the vendor was not heard of",
      .options = {{.name = "product", .value = "PRODUCT", .help = "when there are several"},
                  {.name = "dry-run", .help = "say what would happen, and use nothing"},
                  kJsonOption},
      .details =
          "Vouchers come with the license, if the vendor gives any; each is good once, on this machine, and "
          "the vendor "
          "learns of it by the next heartbeat. None is used up where it would not help.",
      .run = Run};
}

}  // namespace holdfast::cli
