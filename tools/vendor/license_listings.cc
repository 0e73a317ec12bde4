#include <iomanip>
#include <iostream>

#include "signer/server/licensing/records_json.h"
#include "tools/cli/output.h"
#include "tools/vendor/commands.h"
#include "tools/vendor/length_words.h"
#include "tools/vendor/license_end.h"
#include "tools/vendor/office.h"

namespace holdfast::vendor {
namespace {

// A sold license expires without anybody changing its status.
std::string StatusWords(const LicenseRecord& license, const LicenseEnds& ends, const LicenseEnd& end) {
  if (license.status != LicenseStatus::kActive || !ends.IsExpired(end))
    return std::string(LicenseStatusName(license.status));
  return ends.IsOver(end) ? "expired" : "grace";
}

Result<int> List(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const Records records, OpenRecords(arguments));
  HOLDFAST_TRY(const auto licenses, records.store->ListLicenses(arguments.Text("customer")));
  LicenseEnds ends(*records.store, SystemClock()());
  if (arguments.json()) {
    Json list = Json::array();
    for (const LicenseRecord& license : licenses) {
      list.push_back(ToJson(license));
      AddEnd(ends, license, list.back());
    }
    cli::Print(Json{{"licenses", list}});
    return cli::kExitDone;
  }
  for (const LicenseRecord& license : licenses) {
    const LicenseEnd end = ends.Of(license).value_or(LicenseEnd{});
    std::cout << license.id << "  " << std::left << std::setw(10) << StatusWords(license, ends, end)
              << std::setw(24) << (license.product + "/" + license.plan) << std::setw(8)
              << (std::to_string(license.activations) + "/" + std::to_string(license.activation_limit))
              << cli::Printable(license.customer)
              << (license.time_left ? "  (stands still)"
                  : end.expires     ? "  (until " + FormatTime(*end.expires) + ")"
                                    : "")
              << "\n";
  }
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

// The state alone does not tell a license that was revoked from a place that was given back.
std::string StateWords(const ActivationRecord& activation, const std::vector<RepairedActivation>& repairs) {
  const std::string since =
      std::string(ActivationStateName(activation.state)) + " since " + FormatTime(activation.state_since);
  if (activation.state != ActivationState::kRevoked) return since;
  for (const RepairedActivation& repair : repairs)
    if (repair.replaced == activation.id) return since + ": a repair took its place";
  return since + ": its place was given back";
}

void PrintActivation(const ActivationRecord& activation, const std::vector<ReturnRecord>& returns,
                     const std::vector<RepairedActivation>& repairs) {
  std::cout << "\n" << cli::Line("activation", activation.id);
  std::cout << cli::Line("state", StateWords(activation, repairs));
  if (!activation.host.empty()) std::cout << cli::Line("host", cli::Printable(activation.host));
  // A Name begins with its algorithm; a hash that stands for a host without a TPM does not.
  const bool by_tpm = activation.ek_name.size() != std::tuple_size_v<Sha256Digest>;
  std::cout << cli::Line(by_tpm ? "TPM (EK Name)" : "host (hash)", HexEncode(activation.ek_name));
  std::cout << cli::Line("certificate", "serial " + HexEncode(activation.serial) + ", valid " +
                                            FormatTime(activation.not_before) + " to " +
                                            FormatTime(activation.not_after));
  if (!activation.takes_over.empty())
    std::cout << cli::Line("goes on with", "the units of activation " + activation.takes_over);
  for (const RepairedActivation& repair : repairs)
    if (repair.replacement == activation.id)
      std::cout << cli::Line(
          "repair", "took the place of activation " + repair.replaced + " at " + FormatTime(repair.at));
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
  const std::string over = *end + sold->plan.expiry_grace < SystemClock()() ? ": it is over" : "";
  return FormatTime(*end) + (license.ends ? ", its own end" : ", by its plan") + over;
}

Result<int> Show(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const Records records, OpenRecords(arguments));
  HOLDFAST_TRY(const LicenseRecord license, FindLicense(*records.store, arguments.Text("LICENSE")));
  if (arguments.json()) {
    HOLDFAST_TRY(Json json, DescribeLicense(*records.store, license));
    LicenseEnds ends(*records.store, SystemClock()());
    AddEnd(ends, license, json);
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
  HOLDFAST_TRY(const auto repairs, records.store->ListRepairs(license.id));
  for (const ActivationRecord& activation : activations) PrintActivation(activation, returns, repairs);
  return cli::kExitDone;
}

}  // namespace

void AddLicenseListings(cli::Program& program) {
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
}

}  // namespace holdfast::vendor
