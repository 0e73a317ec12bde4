#include <iostream>

#include "signer/server/licensing/records_json.h"
#include "tools/cli/output.h"
#include "tools/vendor/commands.h"
#include "tools/vendor/office.h"

namespace holdfast::vendor {
namespace {

struct Outcome {
  ActivationRecord before, after;
  std::vector<std::string> ended;
  LicenseRecord license;  // afterwards
  bool dry_run = false;
};

Result<Outcome> Rehearse(Store& store, const LicenseRecord& license, const ActivationRecord& named) {
  HOLDFAST_TRY(const auto all, store.ListActivations(license.id));
  Outcome outcome{.before = named, .after = named, .license = license, .dry_run = true};
  HOLDFAST_TRY(outcome.ended, ReleasedWith(named, license, all));
  if (outcome.ended.empty()) return outcome;
  outcome.after.state = ActivationState::kRevoked;
  outcome.license.activations--;  // one host
  return outcome;
}

Result<Outcome> Do(Store& store, const LicenseRecord& license, const ActivationRecord& named) {
  HOLDFAST_TRY(Release release, store.ReleaseActivation({SystemClock()(), Actor()}, license.id, named.id));
  HOLDFAST_TRY(LicenseRecord after, store.GetLicense(license.id));
  return Outcome{named, std::move(release.activation), std::move(release.ended), std::move(after)};
}

Json ToJson(const Outcome& outcome) {
  Json json = holdfast::ToJson(outcome.after);
  json["previous_state"] = ActivationStateName(outcome.before.state);
  json["ended"] = outcome.ended;
  json["changed"] = !outcome.ended.empty() && !outcome.dry_run;
  json["activation_limit"] = outcome.license.activation_limit;
  json["activations_used"] = outcome.license.activations;
  json["dry_run"] = outcome.dry_run;
  return json;
}

void PrintForPeople(const Outcome& outcome) {
  const ActivationRecord& activation = outcome.after;
  const std::string host = activation.host.empty() ? "" : " of host " + cli::Printable(activation.host);
  if (outcome.ended.empty()) {
    std::cout << "activation " << activation.id << host << " is " << ActivationStateName(activation.state)
              << " since " << FormatTime(activation.state_since) << ": nothing was changed\n";
    return;
  }
  std::cout << (outcome.dry_run ? "would release: " : "released: ") << "activation " << activation.id << host;
  if (outcome.ended.size() > 1)
    std::cout << ", with " << outcome.ended.size() - 1 << " more of the same host";
  std::cout << "; license " << activation.license << " is then used on " << outcome.license.activations
            << " of " << outcome.license.activation_limit << " hosts\n";
  if (!outcome.dry_run)
    std::cout << "the host may go on until it gets the next list: holdfast-vendor crl -o FILE\n";
}

// Needs no signer: the next list says it.
Result<int> ReleaseCommand(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const Records records, OpenRecords(arguments));
  Store& store = *records.store;
  HOLDFAST_TRY(const LicenseRecord license, FindLicense(store, arguments.Text("LICENSE")));
  HOLDFAST_TRY(const ActivationRecord named, FindActivation(store, license, arguments.Text("ACTIVATION")));
  HOLDFAST_TRY(const Outcome outcome,
               arguments.Switch("dry-run") ? Rehearse(store, license, named) : Do(store, license, named));
  if (arguments.json()) {
    cli::Print(ToJson(outcome));
  } else {
    PrintForPeople(outcome);
  }
  return cli::kExitDone;
}

}  // namespace

void AddReleaseCommand(cli::Program& program) {
  program.Add({.name = "license release",
               .summary = "give a host's activation back, so that another host can take its place",
               .arguments = {{.name = "LICENSE", .required = true}, {.name = "ACTIVATION", .required = true}},
               .options = {{.name = "dry-run", .help = "say what would change, and change nothing"},
                           cli::kJsonOption},
               .details =
                   "For a host that is gone, or that became another one by repairs. Its certificate is "
                   "on the next list; `license show` prints the activations.",
               .run = ReleaseCommand});
}

}  // namespace holdfast::vendor
