#include <iostream>

#include "protocol/json_text.h"
#include "signer/server/licensing/records_json.h"
#include "tools/cli/output.h"
#include "tools/cli/output_file.h"
#include "tools/vendor/commands.h"
#include "tools/vendor/office.h"

namespace holdfast::vendor {
namespace {

Result<int> RunExport(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const Records records, OpenRecords(arguments));
  ExportFilter filter{.customer = arguments.Text("customer")};
  if (arguments.Has("license")) {
    HOLDFAST_TRY(const LicenseRecord license, FindLicense(*records.store, arguments.Text("license")));
    filter.license = license.id;
  }
  HOLDFAST_TRY(cli::OutputFile output, cli::OutputFile::Open(arguments.File("output"), 0600));
  HOLDFAST_TRY(const Json exported, Export(*records.store, filter));
  HOLDFAST_CHECK(output.Write(FormatJson(exported, 2) + "\n"));
  return cli::kExitDone;
}

}  // namespace

void AddExportCommand(cli::Program& program) {
  program.Add({.name = "export",
               .summary = "all data of the vendor, of a customer or of a license, as JSON",
               .options = {{.name = "license", .value = "LICENSE", .help = "one license only"},
                           {.name = "customer", .value = "NAME", .help = "the licenses of one customer"},
                           {.name = "output,o", .value = "FILE", .help = "where to", .otherwise = "-"},
                           cli::kJsonOption},
               .details = "Holds no secret: product keys and private keys are not in the store.",
               .run = RunExport});
}

}  // namespace holdfast::vendor
