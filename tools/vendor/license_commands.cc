#include <csignal>
#include <iostream>

#include "signer/server/licensing/records_json.h"
#include "tools/cli/output.h"
#include "tools/vendor/commands.h"
#include "tools/vendor/missing_keys.h"
#include "tools/vendor/office.h"

namespace holdfast::vendor {
namespace {

// The key is kept nowhere: when nobody got it, the license must not stay sold.
Error KeyIsLost(Office& office, const LicenseRecord& license) {
  const auto revoked = office.licensing().SetStatus(Actor(), license.id, LicenseStatus::kRevoked);
  if (revoked)
    return {ErrorKind::kUnavailable, "output.write",
            "the product key could not be written, so its license " + license.id + " was revoked",
            "sell it again"};
  return {ErrorKind::kUnavailable, "output.write",
          "the product key of license " + license.id +
              " could not be written, and the license could not be revoked: " + revoked.error().message,
          "revoke it with `holdfast-vendor license revoke " + license.id + "`, then sell it again"};
}

Result<int> Sell(const cli::Arguments& arguments) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that is gone is an error, not our end
  HOLDFAST_TRY(const int64_t activations, arguments.Number("activations", 1, 1'000'000));
  HOLDFAST_TRY(const auto office, Office::Open(arguments));
  HOLDFAST_TRY(const SoldLicense sold,
               office->licensing().Sell(Actor(), {arguments.Text("product"), arguments.Text("plan"),
                                                  arguments.Text("customer"), activations}));
  // The sale stands, whatever can be said of its keys.
  const auto missing =
      MissingKeys(office->store(), ContentKeys(office->directory().ContentKeyFiles()), sold.license)
          .value_or(std::vector<std::string>());
  if (arguments.json()) {
    Json json = ToJson(sold.license);
    json["product_key"] = sold.product_key;
    json["missing_keys"] = missing;
    cli::Print(json);
  } else {
    // The key alone on stdout, so that it can go into a file or a mail as it is.
    std::cerr << "license " << sold.license.id << " for " << cli::Printable(sold.license.customer)
              << "; its product key is a secret that is kept nowhere:\n";
    std::cout << sold.product_key << "\n";
  }
  if (!std::cout.flush()) return tl::unexpected(KeyIsLost(*office, sold.license));
  if (!arguments.json()) WarnOfMissingKeys(missing, sold.license);
  return cli::kExitDone;
}

void PrintStatusChange(const LicenseRecord& before, const LicenseRecord& after, bool dry_run) {
  const std::string which = "license " + before.id + " of " + cli::Printable(before.customer);
  if (before.status == after.status) {
    std::cout << which << " is " << LicenseStatusName(before.status) << " since "
              << FormatTime(before.status_since) << ": nothing " << (dry_run ? "would be" : "was")
              << " changed\n";
    return;
  }
  std::cout << (dry_run ? "would change: " : "") << which << ": " << LicenseStatusName(before.status)
            << " -> " << LicenseStatusName(after.status) << ", " << before.activations << " activation(s)\n";
  if (!dry_run) std::cout << "hosts learn it from the next list: holdfast-vendor crl -o FILE\n";
}

// Suspending and revoking need no signer: the next list says it.
Result<int> SetStatus(const cli::Arguments& arguments, LicenseStatus status) {
  HOLDFAST_TRY(const Records records, OpenRecords(arguments));
  HOLDFAST_TRY(const LicenseRecord before, FindLicense(*records.store, arguments.Text("LICENSE")));
  const bool dry_run = arguments.Switch("dry-run");
  LicenseRecord after = before;
  if (dry_run) {
    after.status = status;
    HOLDFAST_CHECK(CheckStatusChange(before, status));
  } else {
    HOLDFAST_TRY(after, records.store->SetLicenseStatus({SystemClock()(), Actor()}, before.id, status));
  }
  if (arguments.json()) {
    Json json = ToJson(after);
    json["previous_status"] = LicenseStatusName(before.status);
    json["changed"] = before.status != after.status && !dry_run;
    json["dry_run"] = dry_run;
    cli::Print(json);
  } else {
    PrintStatusChange(before, after, dry_run);
  }
  return cli::kExitDone;
}

void AddStatusCommand(cli::Program& program, const std::string& verb, const std::string& summary,
                      LicenseStatus status) {
  program.Add({.name = "license " + verb,
               .summary = summary,
               .arguments = {{.name = "LICENSE", .required = true}},
               .options = {{.name = "dry-run", .help = "say what would change, and change nothing"},
                           cli::kJsonOption},
               .run = [status](const cli::Arguments& arguments) { return SetStatus(arguments, status); }});
}

}  // namespace

void AddLicenseCommands(cli::Program& program) {
  program.Add(
      {.name = "license new",
       .summary = "sell a license and print its product key",
       .options =
           {{.name = "product", .value = "ID", .help = "what is sold", .required = true},
            {.name = "plan", .value = "PLAN", .help = "one of the product's plans", .required = true},
            {.name = "customer", .value = "NAME", .help = "to whom, 1 to 64 characters", .required = true},
            {.name = "activations", .value = "N", .help = "on how many hosts", .otherwise = "1"},
            cli::kJsonOption},
       .run = Sell});
  AddLicenseListings(program);
  AddStatusCommand(program, "suspend", "stop a license until it is reactivated", LicenseStatus::kSuspended);
  AddStatusCommand(program, "reactivate", "lift a suspension", LicenseStatus::kActive);
  AddStatusCommand(program, "revoke", "end a license for good", LicenseStatus::kRevoked);
}

}  // namespace holdfast::vendor
