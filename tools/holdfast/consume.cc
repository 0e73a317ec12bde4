// holdfast consume: uses up units of a meter.
#include <iostream>

#include "agent/api/client.h"
#include "protocol/terms.h"
#include "tools/cli/output.h"
#include "tools/holdfast/answer_shape.h"
#include "tools/holdfast/commands.h"
#include "tools/holdfast/words.h"

namespace holdfast::cli {
namespace {

// Of the agent only: it alone knows what is left of a batch.
Result<int> Run(const Arguments& arguments) {
  const std::string meter = arguments.Text("METER");
  HOLDFAST_TRY(const int64_t amount, arguments.Number("N", 1, kMaxNumber));
  Json request{{"op", "consume"}, {"limit", meter}, {"amount", amount}};
  if (arguments.Has("product")) request["product"] = arguments.Text("product");
  HOLDFAST_TRY(api::Client agent, api::Client::Connect(arguments.File("socket")));
  HOLDFAST_TRY(Json answer, agent.Call(request));
  HOLDFAST_CHECK(CheckAnswer("consume", answer));
  answer.erase("ok");
  if (arguments.json()) {
    Print(answer);
  } else if (!arguments.Switch("quiet")) {
    std::cout << DescribeDecision(meter, answer);
  }
  return answer["allowed"] == true ? kExitDone : kExitDenied;
}

}  // namespace

Command ConsumeCommand() {
  return {.name = "consume",
          .summary = "use up units of a meter; exit code 3 when there are not enough, and none is used",
          .arguments = {{.name = "METER", .required = true},
                        {.name = "N", .help = "how many units (1)", .otherwise = "1"}},
          .options = {{.name = "product", .value = "PRODUCT", .help = "when several products are installed"},
                      {.name = "quiet,q", .help = "only the exit code"},
                      kJsonOption},
          .details =
              "Needs a running agent. Units are used up when the answer is allowed; they do not come back. "
              "holdfast status shows how many are used and when the meter begins anew.",
          .run = Run};
}

}  // namespace holdfast::cli
