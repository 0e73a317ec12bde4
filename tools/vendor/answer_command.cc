#include <iostream>

#include "protocol/armor.h"
#include "signer/server/licensing/notes_of_place.h"
#include "tools/cli/output.h"
#include "tools/cli/output_file.h"
#include "tools/vendor/commands.h"
#include "tools/vendor/office.h"

namespace holdfast::vendor {
namespace {

// Notes that say what to do, in words; of the others docs/appraisal.md has what they mean.
std::string NoteWords(const std::string& note, const AnsweredRequest& answered) {
  if (note == kRepairUnusedNote)
    return note + ": no repair was used up, since no activation in use had to end for it";
  if (note == kSameNameNote)
    return note +
           ": other hardware with the name of this host has an activation too. If it was replaced, give its "
           "place back: "
           "holdfast-vendor license show " +
           answered.license.id + ", and license release";
  return note;
}

void PrintForPeople(std::ostream& out, const AnsweredRequest& answered) {
  const ActivationRecord& activation = answered.activation;
  out << cli::Line("license", activation.license)
      << cli::Line("activation", activation.id + (answered.repeated ? " (answered before)" : ""));
  if (!activation.host.empty()) out << cli::Line("host", cli::Printable(activation.host));
  out << cli::Line("assurance", AssuranceName(answered.assurance))
      << cli::Line("valid to", FormatTime(activation.not_after))
      << cli::Line("activations", std::to_string(answered.license.activations) + " of " +
                                      std::to_string(answered.license.activation_limit));
  if (answered.repaired)
    out << cli::Line("repair",
                     "takes the place of activation " + answered.repaired->replaced + ", which is over");
  for (const std::string& note : answered.notes) out << cli::Line("note", NoteWords(note, answered));
}

Result<int> Answer(const cli::Arguments& arguments) {
  const std::string request = arguments.Text("REQUEST");
  HOLDFAST_TRY(const std::string text, cli::ReadInput(request, kMaxFileSize));
  HOLDFAST_TRY(const auto office, Office::Open(arguments));
  HOLDFAST_TRY(cli::OutputFile output, cli::OutputFile::Open(arguments.File("output")));
  HOLDFAST_TRY(const AnsweredRequest answered,
               cli::About(request, office->licensing().Answer(Actor(), text)));
  HOLDFAST_CHECK(output.Write(answered.file));
  const bool to_stdout = output.is_stdout();
  if (arguments.json() && !to_stdout) {
    Json json{{"license", answered.activation.license},
              {"activation", answered.activation.id},
              {"host", answered.activation.host},
              {"assurance", AssuranceName(answered.assurance)},
              {"serial", HexEncode(answered.activation.serial)},
              {"not_after", FormatTime(answered.activation.not_after)},
              {"notes", answered.notes},
              {"activations_used", answered.license.activations},
              {"activation_limit", answered.license.activation_limit},
              {"repeated", answered.repeated}};
    if (answered.repaired) json["repaired"] = answered.repaired->replaced;
    cli::Print(json);
  } else {
    PrintForPeople(to_stdout ? std::cerr : std::cout, answered);
  }
  return cli::kExitDone;
}

}  // namespace

void AddAnswerCommand(cli::Program& program) {
  program.Add({.name = "answer",
               .summary = "appraise a request, issue the license, seal it to the host that asked",
               .arguments = {{.name = "REQUEST", .required = true}},
               .options = {{.name = "output,o",
                            .value = "FILE",
                            .help = "the answer; '-': standard output",
                            .required = true},
                           cli::kJsonOption},
               .details =
                   "The same request again gives the same license and uses no second activation. Another "
                   "request from the same host replaces the license that it has.",
               .run = Answer});
}

}  // namespace holdfast::vendor
