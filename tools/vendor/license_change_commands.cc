#include <iostream>

#include "signer/server/licensing/license_changes.h"
#include "signer/server/licensing/records_json.h"
#include "tools/cli/output.h"
#include "tools/vendor/commands.h"
#include "tools/vendor/missing_keys.h"
#include "tools/vendor/office.h"

namespace holdfast::vendor {
namespace {

// A day, to its end; or a moment.
Result<Time> ParseUntil(const std::string& text) {
  constexpr size_t kDaySize = 10;
  auto time = ParseTime(text.size() == kDaySize ? text + "T23:59:59Z" : text);
  if (time) return time;
  return Fail(ErrorKind::kUsage, "usage.until", "'" + cli::Printable(text) + "' is no date",
              "write it as 2027-12-31, or as 2027-12-31T12:00:00Z");
}

Result<Renewal> ParseRenewal(const cli::Arguments& arguments) {
  if (arguments.Has("until") + arguments.Has("for") + arguments.Switch("by-plan") != 1)
    return Fail(ErrorKind::kUsage, "usage.until", "give one of --until, --for and --by-plan",
                "as in: --until 2027-12-31, or --for 365d");
  if (arguments.Switch("by-plan")) return ByPlan{};
  if (arguments.Has("until")) {
    HOLDFAST_TRY(const Time until, ParseUntil(arguments.Text("until")));
    return until;
  }
  const auto length = ParseDuration(arguments.Text("for"));
  if (!length || length->count() == 0)
    return Fail(ErrorKind::kUsage, "usage.for",
                "'" + cli::Printable(arguments.Text("for")) + "' is no length of time",
                "write it as 365d or 12h");
  return *length;
}

std::string EndWords(const std::optional<Time>& end) {
  return end ? FormatTime(*end) : "never";
}

void PrintForPeople(const LicenseChange& change, bool dry_run) {
  const std::string which = "license " + change.before.id + " of " + cli::Printable(change.before.customer);
  if (!change.changed) {
    std::cout << which << " is so already: nothing " << (dry_run ? "would be" : "was") << " changed\n";
    return;
  }
  std::cout << (dry_run ? "would change: " : "") << which << ": ";
  if (change.before.plan != change.after.plan)
    std::cout << change.before.plan << " -> " << change.after.plan << ", ";
  if (change.before.product_version != change.after.product_version)
    std::cout << "version " << change.before.product_version << " -> " << change.after.product_version
              << " of " << change.after.product << ", ";
  std::cout << "ends " << EndWords(change.end_before);
  if (change.end_before != change.end_after) std::cout << " -> " << EndWords(change.end_after);
  std::cout << "\n";
  if (!dry_run && change.after.activations > 0)
    std::cout << "a host has it with the answer to its next report: holdfast-vendor heartbeat REPORT -o "
                 "ANSWER\n";
}

void Print(const cli::Arguments& arguments, const LicenseChange& change, const Records& records) {
  const bool dry_run = arguments.Switch("dry-run");
  // The change stands, whatever can be said of its keys.
  const auto missing =
      MissingKeys(*records.store, ContentKeys(records.directory.ContentKeyFiles()), change.after)
          .value_or(std::vector<std::string>());
  if (!arguments.json()) {
    PrintForPeople(change, dry_run);
    WarnOfMissingKeys(missing, change.after);
    return;
  }
  Json json = ToJson(change.after);
  json["previous_plan"] = change.before.plan;
  json["previous_product_version"] = change.before.product_version;
  if (change.end_before) json["previous_expires"] = FormatTime(*change.end_before);
  if (change.end_after) json["expires"] = FormatTime(*change.end_after);
  json["missing_keys"] = missing;
  json["changed"] = change.changed && !dry_run;
  json["dry_run"] = dry_run;
  cli::Print(json);
}

Result<int> Renew(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const Renewal renewal, ParseRenewal(arguments));
  HOLDFAST_TRY(const Records records, OpenRecords(arguments));
  HOLDFAST_TRY(const LicenseRecord license, FindLicense(*records.store, arguments.Text("LICENSE")));
  HOLDFAST_TRY(const LicenseChange change, RenewLicense(*records.store, {SystemClock()(), Actor()},
                                                        license.id, renewal, arguments.Switch("dry-run")));
  Print(arguments, change, records);
  return cli::kExitDone;
}

Result<int> ChangePlan(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const Records records, OpenRecords(arguments));
  HOLDFAST_TRY(const LicenseRecord license, FindLicense(*records.store, arguments.Text("LICENSE")));
  HOLDFAST_TRY(const LicenseChange change,
               ChangeLicensePlan(*records.store, {SystemClock()(), Actor()}, license.id,
                                 arguments.Text("plan"), arguments.Switch("dry-run")));
  Print(arguments, change, records);
  return cli::kExitDone;
}

}  // namespace

void AddLicenseChangeCommands(cli::Program& program) {
  const cli::Option dry_run{.name = "dry-run", .help = "say what would change, and change nothing"};
  program.Add(
      {.name = "license renew",
       .summary = "give a license another end",
       .arguments = {{.name = "LICENSE", .required = true}},
       .options = {{.name = "until",
                    .value = "DATE",
                    .help = "to the end of this day (UTC), or a moment as 2027-12-31T12:00:00Z"},
                   {.name = "for",
                    .value = "DURATION",
                    .help = "from its present end, or from now if that is past: 365d"},
                   {.name = "by-plan",
                    .help =
                        "as its plan says: no end of its own any more, so never if the plan has no length"},
                   dry_run,
                   cli::kJsonOption},
       .details = "Needs no signer. A host has it with the answer to its next report, a new request at once.",
       .run = Renew});
  program.Add({.name = "license change",
               .summary = "move a license to another plan of its product",
               .arguments = {{.name = "LICENSE", .required = true}},
               .options = {{.name = "plan",
                            .value = "PLAN",
                            .help = "one of the newest version of the product file",
                            .required = true},
                           dry_run,
                           cli::kJsonOption},
               .details = "Needs no signer. An end that `license renew` gave stays (`license renew "
                          "--by-plan` takes it away); "
                          "else the plan's length counts from the sale. A host has it with the answer to its "
                          "next report, a new request at once.",
               .run = ChangePlan});
}

}  // namespace holdfast::vendor
