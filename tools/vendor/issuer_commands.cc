#include <algorithm>
#include <iostream>

#include "tools/cli/output.h"
#include "tools/vendor/change_record.h"
#include "tools/vendor/commands.h"
#include "tools/vendor/office.h"
#include "tools/vendor/recorded_change.h"
#include "tools/vendor/signer_command.h"

namespace holdfast::vendor {
namespace {

constexpr size_t kMaxPlan = 256 * 1024;

std::string StandingOf(const IssuerInfo& issuer, bool revoked) {
  if (revoked) return "revoked";
  return issuer.current ? "current" : "older";
}

Result<int> List(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const auto office, Office::Open(arguments));
  HOLDFAST_TRY(const SignerStatus status, office->licensing().AskSigner());
  if (!arguments.json())
    std::cout << cli::Line("signer", status.state + (status.detail.empty() ? "" : ", " + status.detail));
  HOLDFAST_TRY(const auto revoked, RevokedIssuers(status));
  Json list = Json::array();
  for (const IssuerInfo& issuer : status.issuers) {
    HOLDFAST_TRY(const auto certificate,
                 Certificate::Parse(issuer.issuing_certificate, CertificateProfile::kIssuing));
    const std::string key_id = HexEncode(certificate.subject_key_id());
    const bool is_revoked = std::ranges::find(revoked, certificate.subject_key_id()) != revoked.end();
    const std::string ends = FormatTime(certificate.fields().not_after);
    list.push_back({{"line", issuer.line},
                    {"key_id", key_id},
                    {"current", issuer.current && !is_revoked},
                    {"revoked", is_revoked},
                    {"not_before", FormatTime(certificate.fields().not_before)},
                    {"not_after", ends}});
    if (!arguments.json())
      std::cout << cli::Line(issuer.line, key_id + "  " + StandingOf(issuer, is_revoked) + "  until " + ends);
  }
  if (arguments.json())
    cli::Print(Json{{"state", status.state},
                    {"issuers", list},
                    {"signer_audit_head", std::to_string(status.audit_sequence) + ":" + status.audit_head}});
  return cli::kExitDone;
}

// What a change is about, for the store's audit log: a line, or the root. A reviewed plan says it, and everything else that the
// options would; that it is a good plan is for the signer to judge.
Result<std::string> SubjectOf(const cli::Arguments& arguments, const std::string& operation) {
  const std::string option = operation == "root-crl" ? "revoke" : "line";
  if (!arguments.Has("plan")) {
    if (!arguments.Has(option))
      return Fail(ErrorKind::kUsage, "usage.missing", "--" + option + " is missing", "give it, or --plan");
    return option == "line" ? arguments.Text("line") : "root";
  }
  for (const char* name : {"key-type", "token", "revoke"})
    if (arguments.Has(name))
      return Fail(ErrorKind::kUsage, "usage.plan",
                  std::string("--") + name + " stands beside --plan, which says it", "leave it out");
  const Path file = arguments.File("plan");
  HOLDFAST_TRY(const std::string text, cli::About(file.string(), cli::ReadInput(file, kMaxPlan)));
  HOLDFAST_TRY(const Json plan, cli::About(file.string(), ParseJson(text, kMaxPlan)));
  const auto line = plan.find("line");
  const std::string planned = line != plan.end() && line->is_string() ? line->get<std::string>() : "root";
  if (!arguments.Has("line") || arguments.Text("line") == planned) return planned;
  return Fail(ErrorKind::kUsage, "usage.plan",
              file.string() + " is about " + cli::Printable(planned) + ", not about the line " +
                  arguments.Text("line"),
              "leave --line out, or give another plan");
}

// `rotate`, `add-line` and `root-crl` are done by holdfast-signer, which alone uses the root key.
Result<int> Change(const cli::Arguments& arguments, const std::string& operation, const std::string& action) {
  HOLDFAST_TRY(const std::string subject, SubjectOf(arguments, operation));
  HOLDFAST_TRY(const Records records, OpenRecords(arguments));
  std::vector<std::string> words{operation, "--config", records.directory.SignerConfig().string()};
  for (const char* name : {"line", "key-type", "token", "plan", "approval", "revoke"})
    for (const std::string& value : arguments.List(name))
      words.insert(words.end(), {std::string("--") + name, value});
  const bool dry_run = arguments.Switch("dry-run");
  if (dry_run) words.emplace_back("--dry-run");
  std::string printed;
  const auto run = [&]() -> Result<Json> {
    HOLDFAST_TRY(printed, RunSigner(words));
    return OutcomeOf(printed, operation, records.directory.path / "transcripts");
  };
  if (dry_run) {
    HOLDFAST_CHECK(run());
  } else {
    HOLDFAST_TRY(const Json intent, IntentOf(arguments));
    HOLDFAST_CHECK(RecordedChange(*records.store, action, subject, intent, run));
  }
  if (arguments.json()) {
    cli::Print(Json{{"operation", operation}, {"dry_run", dry_run}, {"transcript", printed}});
  } else {
    std::cout << printed;
  }
  return cli::kExitDone;
}

std::vector<cli::Option> ChangeOptions(bool with_keys) {
  std::vector<cli::Option> options;
  if (with_keys)
    options = {{.name = "line", .value = "LINE", .help = "the product line; the plan's, when one is given"},
               {.name = "key-type", .value = "TYPE", .help = "ec-p256, ec-p384 or rsa-3072; else as before"},
               {.name = "token", .value = "NAME", .help = "a token of signer.conf; else as before"}};
  const std::vector<cli::Option> more{
      {.name = "plan", .value = "FILE", .help = "the change as a reviewed file, in place of the above"},
      {.name = "approval", .value = "FILE", .help = "an operator's approval of it", .repeated = true},
      {.name = "dry-run", .help = "print the plan that would be followed, and change nothing"},
      cli::kJsonOption};
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

}  // namespace

void AddIssuerCommands(cli::Program& program) {
  program.Add({.name = "issuer list",
               .summary = "the issuing keys: line, key id, current, older or revoked, end",
               .options = {cli::kJsonOption},
               .run = List});
  program.Add(
      {.name = "issuer rotate",
       .summary = "make a new issuing key for a line; licenses that are out stay good",
       .options = ChangeOptions(true),
       .details = "A signer that runs as a service must be stopped meanwhile: it holds the lock.",
       .run = [](const cli::Arguments& arguments) { return Change(arguments, "rotate", "issuer.rotate"); }});
  program.Add(
      {.name = "issuer add",
       .summary = "make the keys of a new product line",
       .options = ChangeOptions(true),
       .run = [](const cli::Arguments& arguments) { return Change(arguments, "add-line", "issuer.add"); }});
  std::vector<cli::Option> options = ChangeOptions(false);
  options.insert(
      options.begin(),
      {.name = "revoke", .value = "LINE:GENERATION", .help = "which; as often as needed", .repeated = true});
  program.Add({.name = "issuer revoke",
               .summary = "put an issuing key that was lost on the root's list: all its licenses end",
               .options = options,
               .run = [](const cli::Arguments& arguments) {
                 return Change(arguments, "root-crl", "issuer.revoke");
               }});
}

}  // namespace holdfast::vendor
