#include <iostream>

#include "signer/server/licensing/records_json.h"
#include "tools/cli/output.h"
#include "tools/vendor/commands.h"
#include "tools/vendor/office.h"

namespace holdfast::vendor {
namespace {

Result<std::vector<LicenseRecord>> Wanted(Store& store, const cli::Arguments& arguments) {
  if (!arguments.Has("LICENSE")) return store.ListLicenses("");
  HOLDFAST_TRY(LicenseRecord license, FindLicense(store, arguments.Text("LICENSE")));
  return std::vector<LicenseRecord>{std::move(license)};
}

// The name is the customer's word, and several hosts may have it.
std::string HostWords(const HostUsage& usage) {
  const std::string key = HexEncode(usage.ek_name).substr(0, 20);
  return usage.host.empty() ? key : cli::Printable(usage.host) + " (" + key + ")";
}

void PrintForPeople(const HostUsage& usage) {
  std::cout << usage.license << "  " << HostWords(usage) << "  " << usage.usage.limit << "  "
            << usage.usage.units;
  if (usage.usage.period != MeterPeriod::kNever)
    std::cout << " in the " << MeterPeriodName(usage.usage.period) << " since "
              << FormatTime(usage.usage.since);
  std::cout << ", as of " << FormatTime(usage.acknowledged) << "\n";
}

Result<int> Usage(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const Records records, OpenRecords(arguments));
  HOLDFAST_TRY(const auto licenses, Wanted(*records.store, arguments));
  Json list = Json::array();
  for (const LicenseRecord& license : licenses) {
    HOLDFAST_TRY(const auto usages, AcknowledgedUsage(*records.store, license.id));
    for (const HostUsage& usage : usages) {
      if (arguments.json()) list.push_back(ToJson(usage));
      if (!arguments.json()) PrintForPeople(usage);
    }
  }
  if (arguments.json()) cli::Print(Json{{"usage", list}});
  return cli::kExitDone;
}

}  // namespace

void AddUsageCommand(cli::Program& program) {
  program.Add(
      {.name = "usage",
       .summary = "what was used up, as the reports that were acknowledged say",
       .arguments = {{.name = "LICENSE", .help = "of this one only"}},
       .options = {cli::kJsonOption},
       .details = "A line for each license, host, limit and period. In brackets the beginning of the EK Name "
                  "(of the hash, without a TPM) as `license show` has it. Reports are cumulative: the "
                  "highest counts, and what a ledger showed that is gone is added.",
       .run = Usage});
}

}  // namespace holdfast::vendor
