#include <iostream>

#include "protocol/armor.h"
#include "signer/server/licensing/time_answers.h"
#include "tools/cli/output.h"
#include "tools/cli/output_file.h"
#include "tools/vendor/commands.h"
#include "tools/vendor/office.h"

namespace holdfast::vendor {
namespace {

void PrintForPeople(const AnsweredTime& answered) {
  const ActivationRecord& activation = answered.activation;
  std::cout << cli::Line("license", activation.license)
            << cli::Line("activation",
                         activation.id + " (" + std::string(ActivationStateName(activation.state)) + ")");
  if (!activation.host.empty()) std::cout << cli::Line("host", cli::Printable(activation.host));
  std::cout << cli::Line("the host says", FormatTime(answered.request.time))
            << cli::Line("it was told", FormatTime(answered.answer.time))
            << "on the host:  holdfast install FILE\n";
}

Result<int> Answer(const cli::Arguments& arguments) {
  const std::string request = arguments.Text("REQUEST");
  HOLDFAST_TRY(const std::string text, cli::About(request, cli::ReadInput(request, kMaxFileSize)));
  HOLDFAST_TRY(const auto office, Office::Open(arguments));
  HOLDFAST_TRY(const LicensingSettings settings, LoadSettings(office->directory()));
  HOLDFAST_TRY(const SignerStatus status, office->licensing().AskSigner());
  HOLDFAST_TRY(cli::OutputFile output, cli::OutputFile::Open(arguments.File("output")));
  HOLDFAST_TRY(const AnsweredTime answered,
               cli::About(request, AnswerTime(office->store(), office->signer(), status, settings.vendor,
                                              {SystemClock()(), Actor()}, text)));
  HOLDFAST_CHECK(output.Write(answered.file));
  if (output.is_stdout()) return cli::kExitDone;
  if (!arguments.json()) {
    PrintForPeople(answered);
    return cli::kExitDone;
  }
  cli::Print(Json{{"license", answered.activation.license},
                  {"activation", answered.activation.id},
                  {"host", answered.activation.host},
                  {"serial", HexEncode(answered.activation.serial)},
                  {"believed", FormatTime(answered.request.time)},
                  {"time", FormatTime(answered.answer.time)},
                  {"file", output.name()}});
  return cli::kExitDone;
}

}  // namespace

void AddTimeCommand(cli::Program& program) {
  program.Add({.name = "time answer",
               .summary = "tell a host what time it is, whose agent believes that it is later",
               .arguments = {{.name = "REQUEST", .help = "'-': standard input", .required = true}},
               .options = {{.name = "output,o",
                            .value = "FILE",
                            .help = "the answer for the host; '-': standard output",
                            .required = true},
                           cli::kJsonOption},
               .details =
                   "The answer is good once, on the host that asked, and grants nothing but the time of "
                   "this machine's clock, which must be right.",
               .run = Answer});
}

}  // namespace holdfast::vendor
