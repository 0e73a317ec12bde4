#include <charconv>
#include <iostream>

#include "protocol/terms.h"
#include "signer/hsm/change.h"
#include "tools/cli/output.h"
#include "tools/signer/commands.h"
#include "tools/signer/options.h"

namespace holdfast::signer {
namespace {

Result<hsm::RevokedGeneration> ParseRevoked(const std::string& text) {
  const size_t colon = text.rfind(':');
  const char* const end = text.data() + text.size();
  int generation = 0;
  const bool number = colon != text.npos &&
                      std::from_chars(text.data() + colon + 1, end, generation).ptr == end && generation > 0;
  if (number && IsIdentifier(text.substr(0, colon)))
    return hsm::RevokedGeneration{text.substr(0, colon), generation};
  return Usage("--revoke wants LINE:GENERATION, the name of a line and a number");
}

Result<std::string> ProposedPlan(const std::string& operation, const cli::Arguments& arguments,
                                 const hsm::Change& change) {
  hsm::ChangeRequest request{.operation = operation,
                             .line = arguments.Text("line"),
                             .key_type = arguments.Text("key-type"),
                             .token = arguments.Text("token")};
  for (const std::string& text : arguments.List("revoke")) {
    HOLDFAST_TRY(hsm::RevokedGeneration revoked, ParseRevoked(text));
    request.revoke.push_back(std::move(revoked));
  }
  HOLDFAST_TRY(const hsm::ChangePlan plan, hsm::ProposeChange(request, change.config_file, change.clock()));
  return hsm::FormatChangePlan(plan);
}

Result<int> Make(const std::string& operation, const cli::Arguments& arguments) {
  hsm::Change change{.config_file = ConfigFile(arguments), .clock = SystemClock()};
  HOLDFAST_TRY(change.plan_text, arguments.Has("plan") ? ReadPlan(arguments.File("plan"))
                                                       : ProposedPlan(operation, arguments, change));
  HOLDFAST_TRY(change.plan, hsm::ParseChangePlan(change.plan_text));
  if (change.plan.operation != operation) return Usage("the plan is one for " + change.plan.operation);
  if (arguments.Switch("print-plan") || arguments.Switch("dry-run")) {
    std::cout << change.plan_text;
    return cli::kExitDone;
  }
  HOLDFAST_TRY(change.approvals, ReadApprovals(arguments));
  HOLDFAST_TRY(const hsm::Transcript transcript, hsm::MakeChange(change));
  std::cout << hsm::FormatTranscriptText(transcript);
  return cli::kExitDone;
}

cli::Command ChangeCommand(const std::string& operation, const std::string& summary,
                           std::vector<cli::Option> own) {
  std::vector<cli::Option> options{kConfigOption};
  options.insert(options.end(), own.begin(), own.end());
  options.insert(options.end(), {kPlanOption, kApprovalOption, kDryRunOption, kPrintPlanOption});
  return {.name = operation,
          .summary = summary,
          .options = options,
          .run = [operation](const cli::Arguments& arguments) { return Make(operation, arguments); }};
}

std::vector<cli::Option> KeyOptions() {
  return {{.name = "line", .value = "LINE", .help = "product line", .otherwise = "default"},
          {.name = "key-type", .value = "TYPE", .help = "as before unless given"},
          {.name = "token", .value = "NAME", .help = "a token of signer.conf; as before unless given"}};
}

}  // namespace

cli::Command RotateCommand() {
  return ChangeCommand("rotate", "make a new generation of a line's keys", KeyOptions());
}

cli::Command AddLineCommand() {
  return ChangeCommand("add-line", "make the keys of a new product line", KeyOptions());
}

cli::Command RootCrlCommand() {
  return ChangeCommand("root-crl", "sign the root's revocation list anew",
                       {{.name = "revoke",
                         .value = "LINE:GENERATION",
                         .help = "whose issuing key is lost; repeatable",
                         .repeated = true}});
}

}  // namespace holdfast::signer
