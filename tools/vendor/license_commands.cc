#include <csignal>
#include <iomanip>
#include <iostream>

#include "signer/server/licensing/records_json.h"
#include "signer/server/licensing/sold_plan.h"
#include "tools/cli/output.h"
#include "tools/vendor/commands.h"
#include "tools/vendor/length_words.h"
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
  if (arguments.json()) {
    Json json = ToJson(sold.license);
    json["product_key"] = sold.product_key;
    cli::Print(json);
  } else {
    // The key alone on stdout, so that it can go into a file or a mail as it is.
    std::cerr << "license " << sold.license.id << " for " << cli::Printable(sold.license.customer)
              << "; its product key is a secret that is kept nowhere:\n";
    std::cout << sold.product_key << "\n";
  }
  if (!std::cout.flush()) return tl::unexpected(KeyIsLost(*office, sold.license));
  return cli::kExitDone;
}

Result<int> List(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const Records records, OpenRecords(arguments));
  HOLDFAST_TRY(const auto licenses, records.store->ListLicenses(arguments.Text("customer")));
  if (arguments.json()) {
    Json list = Json::array();
    for (const LicenseRecord& license : licenses) list.push_back(ToJson(license));
    cli::Print(Json{{"licenses", list}});
    return cli::kExitDone;
  }
  for (const LicenseRecord& license : licenses)
    std::cout << license.id << "  " << std::left << std::setw(10) << LicenseStatusName(license.status)
              << std::setw(24) << (license.product + "/" + license.plan) << std::setw(8)
              << (std::to_string(license.activations) + "/" + std::to_string(license.activation_limit))
              << cli::Printable(license.customer)
              << (license.time_left ? "  (stands still)"
                  : license.ends    ? "  (until " + FormatTime(*license.ends) + ")"
                                    : "")
              << "\n";
  return cli::kExitDone;
}

// What the next activation goes on with.
void PrintReturn(const ReturnRecord& record) {
  std::cout << cli::Line(
      "returned",
      "accepted " + FormatTime(record.accepted) +
          (record.time_left ? ", with " + LengthWords(*record.time_left) + " of its time left" : ""));
  for (const MeterUsage& used : record.used)
    std::cout << cli::Line(
        "", std::to_string(used.units) + " of " + used.limit + " used up" +
                (used.period == MeterPeriod::kNever ? "" : " since " + FormatTime(used.since)) +
                (record.units == UnitCount::kStated ? "" : ": all of them"));
}

void PrintActivation(const ActivationRecord& activation, const std::vector<ReturnRecord>& returns) {
  std::cout << "\n" << cli::Line("activation", activation.id);
  std::cout << cli::Line("state", std::string(ActivationStateName(activation.state)) + " since " +
                                      FormatTime(activation.state_since));
  if (!activation.host.empty()) std::cout << cli::Line("host", cli::Printable(activation.host));
  // A Name begins with its algorithm; a hash that stands for a host without a TPM does not.
  const bool by_tpm = activation.ek_name.size() != std::tuple_size_v<Sha256Digest>;
  std::cout << cli::Line(by_tpm ? "TPM (EK Name)" : "host (hash)", HexEncode(activation.ek_name));
  std::cout << cli::Line("certificate", "serial " + HexEncode(activation.serial) + ", valid " +
                                            FormatTime(activation.not_before) + " to " +
                                            FormatTime(activation.not_after));
  if (!activation.takes_over.empty())
    std::cout << cli::Line("goes on with", "the units of activation " + activation.takes_over);
  for (const ReturnRecord& record : returns)
    if (record.activation == activation.id) PrintReturn(record);
}

std::string EndWords(Store& store, const LicenseRecord& license) {
  const auto sold = FindSoldPlan(store, license);
  if (!sold) return "cannot be said: " + sold.error().message;
  if (license.time_left)
    return "stands still with " + LengthWords(*license.time_left) + " left, until it is activated again";
  const auto end = EndOf(license, sold->plan, SystemClock()());
  if (!end) return "never";
  return FormatTime(*end) + (license.ends ? ", its own end" : ", by its plan");
}

Result<int> Show(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const Records records, OpenRecords(arguments));
  HOLDFAST_TRY(const LicenseRecord license, FindLicense(*records.store, arguments.Text("LICENSE")));
  if (arguments.json()) {
    HOLDFAST_TRY(const Json json, DescribeLicense(*records.store, license));
    cli::Print(json);
    return cli::kExitDone;
  }
  HOLDFAST_TRY(const auto activations, records.store->ListActivations(license.id));
  std::cout << cli::Line("license", license.id) << cli::Line("customer", cli::Printable(license.customer))
            << cli::Line("product", license.product + ", version " + std::to_string(license.product_version))
            << cli::Line("plan", license.plan) << cli::Line("sold", FormatTime(license.created))
            << cli::Line("expires", EndWords(*records.store, license))
            << cli::Line("status", std::string(LicenseStatusName(license.status)) + " since " +
                                       FormatTime(license.status_since))
            << cli::Line("product key id", license.product_key_id)
            << cli::Line("activations", std::to_string(license.activations) + " of " +
                                            std::to_string(license.activation_limit));
  HOLDFAST_TRY(const auto returns, records.store->ListReturns(license.id));
  for (const ActivationRecord& activation : activations) PrintActivation(activation, returns);
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
  program.Add(
      {.name = "license list",
       .summary = "list licenses: id, status, product/plan, activations used/sold, customer",
       .options = {{.name = "customer", .value = "NAME", .help = "of this customer only"}, cli::kJsonOption},
       .run = List});
  program.Add({.name = "license show",
               .summary = "one license with its activations; LICENSE may be the beginning of an id",
               .arguments = {{.name = "LICENSE", .required = true}},
               .options = {cli::kJsonOption},
               .run = Show});
  AddStatusCommand(program, "suspend", "stop a license until it is reactivated", LicenseStatus::kSuspended);
  AddStatusCommand(program, "reactivate", "lift a suspension", LicenseStatus::kActive);
  AddStatusCommand(program, "revoke", "end a license for good", LicenseStatus::kRevoked);
}

}  // namespace holdfast::vendor
