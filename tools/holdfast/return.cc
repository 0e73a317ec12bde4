#include <iostream>

#include "protocol/armor.h"
#include "protocol/json_text.h"
#include "protocol/return_nonce.h"
#include "tools/cli/output.h"
#include "tools/cli/output_file.h"
#include "tools/holdfast/commands.h"
#include "tools/holdfast/site.h"

namespace holdfast::cli {
namespace {

std::string Text(const Json& answer, const char* member) {
  return Printable(answer[member].get<std::string>());
}

std::string WhatItProves(const Json& answer) {
  if (answer["proof"] == "promise")
    return "This host has no TPM: the keys are deleted, but the file is a promise that proves nothing.\n";
  if (answer["proof"] == "fresh") return "It is newer than the vendor's nonce.\n";
  return "It was made without a nonce of the vendor's, so it does not say when.\n";
}

// What becomes of the units and the time that are left. `credit` has what the license has.
std::string Credit(const Json& answer) {
  if (!answer.contains("credit")) return "";
  const Json& credit = answer["credit"];
  std::string text;
  if (credit.contains("units"))
    text += credit["units"] == true
                ? "Units of its meters that are not used are for the next activation.\n"
                : "Units of its meters that are not used are lost: the license does not credit them.\n";
  if (credit.contains("time"))
    text += credit["time"] == true ? "Its time stands still from when the vendor accepts the proof until the "
                                     "next activation, if it is in use nowhere else.\n"
                                   : "Its time goes on: the license ends when it did, wherever it is used.\n";
  return text;
}

std::string Stated(const Json& answer) {
  std::string text;
  if (!answer.contains("usage")) return text;
  for (const Json& usage : answer["usage"]) {
    text += "It states that " + Printable(FormatJson(usage["units"])) + " of " + Text(usage, "limit") +
            " are used up";
    text += usage["period"] == "never" ? ".\n" : " since " + Text(usage, "since") + ".\n";
  }
  return text;
}

std::string Sentence(const Json& answer, const std::string& output) {
  const std::string what = "license " + Text(answer, "license") + " for " + Text(answer, "product");
  const std::string dropped = answer["request_dropped"] == true
                                  ? "The open request for this product is of no use any more and dropped.\n"
                                  : "";
  if (answer["dry_run"] == true)
    return answer["repeated"] == true
               ? what + " was returned already.\n"
               : "would return " + what + ": it could never be used on this machine again\n" +
                     (dropped.empty() ? "" : "would drop the open request for this product\n") +
                     Credit(answer);
  return "The " + what + (answer["repeated"] == true ? " was returned before." : " is returned, for good.") +
         " The proof is in " + output + "; send it to the vendor.\n" + WhatItProves(answer) + Stated(answer) +
         Credit(answer) + dropped;
}

Status CheckOptions(const Arguments& arguments) {
  const bool forget = arguments.Switch("forget"), dry_run = arguments.Switch("dry-run");
  if (forget && (dry_run || arguments.Has("nonce") || arguments.Has("output")))
    return Fail(ErrorKind::kUsage, "usage.forget", "--forget goes with no other option than --product",
                "see holdfast return --help");
  if (forget || dry_run || arguments.Has("output")) return {};
  return Fail(ErrorKind::kUsage, "usage.output", "say with -o where the proof is to be written",
              "give -o FILE, or --dry-run to see what would happen");
}

// What is wrong with the file of --nonce; everything else is about what is returned, or about the site.
bool IsAboutNonce(const Error& error) {
  return error.check.starts_with("return_nonce.") || error.check.starts_with("jws.");
}

Result<std::string> ReadNonce(const Path& file) {
  const std::string name = file == "-" ? "standard input" : file.string();
  HOLDFAST_TRY(std::string text, About(name, ReadInput(file, kMaxFileSize)));
  HOLDFAST_CHECK(About(name, ReadSignedMessageFile(kReturnNonce, text)));
  return text;
}

Result<Json> MakeRequest(const Arguments& arguments) {
  Json request{
      {"op", "return"}, {"dry_run", arguments.Switch("dry-run")}, {"forget", arguments.Switch("forget")}};
  if (arguments.Has("product")) request["product"] = arguments.Text("product");
  if (!arguments.Has("nonce")) return request;
  HOLDFAST_TRY(const std::string text, ReadNonce(arguments.File("nonce")));
  request["nonce"] = text;
  return request;
}

// Nobody must take it for a return that failed.
Error AfterTheReturn(Error error, const Json& answer) {
  error.message = "license " + Text(answer, "license") + " for " + Text(answer, "product") +
                  " is returned, for good; but its proof is not written: " + error.message;
  error.advice =
      "give the command again with a file that can be written: the proof is kept, and written again";
  return error;
}

Result<int> Run(const Arguments& arguments) {
  HOLDFAST_CHECK(CheckOptions(arguments));
  HOLDFAST_TRY(const Json request, MakeRequest(arguments));
  std::optional<OutputFile> output;
  if (!arguments.Switch("forget") && !arguments.Switch("dry-run")) {
    HOLDFAST_TRY(output, OutputFile::Open(arguments.File("output")));
  }
  auto asked = Ask(arguments, request);
  if (!asked && IsAboutNonce(asked.error()))
    return tl::unexpected(About(arguments.Text("nonce"), asked.error()));
  HOLDFAST_TRY(Json answer, std::move(asked));
  answer.erase("ok");
  if (output) {
    const Status written = output->Write(answer["file"].get<std::string>());
    if (!written) return tl::unexpected(AfterTheReturn(written.error(), answer));
    if (output->is_stdout()) return kExitDone;
    answer["file"] = output->name();
  } else {
    answer.erase("file");
  }
  if (arguments.json()) {
    Print(answer);
  } else if (arguments.Switch("forget")) {
    std::cout << "The return of license " << Text(answer, "license") << " for " << Text(answer, "product")
              << " is forgotten.\n";
  } else {
    std::cout << Sentence(answer, arguments.Text("output"));
  }
  return kExitDone;
}

}  // namespace

Command ReturnCommand() {
  return {
      .name = "return",
      .summary = "give a license up for good, with a proof for the vendor",
      .options = {{.name = "output,o",
                   .value = "FILE",
                   .help = "where to write the proof; - is standard output. Not with --dry-run or --forget"},
                  {.name = "product", .value = "PRODUCT", .help = "when there are several"},
                  {.name = "nonce",
                   .value = "FILE",
                   .help = "a return nonce of the vendor's, so that the proof is newer than that"},
                  {.name = "dry-run", .help = "say what would happen, and change nothing"},
                  {.name = "forget", .help = "remove the kept proof; the vendor must have it"},
                  kJsonOption},
      .details =
          "There is no way back: the license can never be used on this machine again, nor can any copy of "
          "it. The proof states what was used up of its meters. What becomes of the rest, and of the time "
          "that "
          "is left, the license says; see --dry-run. Stop the agent first, so that units which it has taken "
          "and "
          "not handed out do not count as used. "
          "Interrupted, it is completed by doing it again. The proof is kept, and asking again writes "
          "it again.",
      .run = Run};
}

}  // namespace holdfast::cli
