#include <iostream>

#include "signer/server/licensing/records_json.h"
#include "tools/cli/output.h"
#include "tools/vendor/commands.h"
#include "tools/vendor/office.h"

namespace holdfast::vendor {
namespace {

// Adding a product signs nothing, so it needs no signer.
class NoSigner : public SigningService {
  tl::unexpected<Error> Refuse() { return Fail(ErrorKind::kInternal, "vendor.signer", "no signer is open"); }
  Result<Bytes> IssueLicense(const LicenseOrder&) override { return Refuse(); }
  Result<Bytes> IssueCrl(const CrlOrder&) override { return Refuse(); }
  Result<std::string> SignMessage(const MessageOrder&) override { return Refuse(); }
  Result<SignerStatus> GetStatus() override { return Refuse(); }
};

Result<int> Add(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const Records records, OpenRecords(arguments));
  const std::string file = arguments.Text("terms");
  HOLDFAST_TRY(const std::string text, cli::ReadInput(file, kMaxProductFileSize));
  NoSigner signer;
  const auto before = records.store->GetProduct(arguments.Text("id"));
  Licensing licensing(*records.store, signer, {}, SystemClock());
  HOLDFAST_TRY(const ProductRecord product,
               cli::About(file, licensing.AddProduct(Actor(), arguments.Text("id"), text)));
  const bool changed = !before || before->version != product.version;
  if (arguments.json()) {
    cli::Print(Json{{"product", product.id}, {"version", product.version}, {"changed", changed}});
  } else {
    std::cout << "product " << product.id << ", version " << product.version
              << (changed ? "" : ": the same file, nothing was changed") << "\n";
  }
  return cli::kExitDone;
}

std::string PlanNames(const ProductFile& file) {
  std::string names;
  for (const auto& [name, plan] : file.plans) names += (names.empty() ? "" : ", ") + name;
  return names;
}

Result<int> List(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const Records records, OpenRecords(arguments));
  HOLDFAST_TRY(const auto products, records.store->ListProducts());
  Json list = Json::array();
  for (const ProductRecord& product : products) {
    HOLDFAST_TRY(const ProductFile file, ParseProductFile(product.file));
    Json plans = Json::array();
    for (const auto& [name, plan] : file.plans) plans.push_back(name);
    list.push_back({{"product", product.id},
                    {"name", file.name},
                    {"version", product.version},
                    {"line", file.line},
                    {"plans", plans}});
    if (!arguments.json())
      std::cout << cli::Line(product.id, file.name + ", version " + std::to_string(product.version) +
                                             ", plans: " + PlanNames(file));
  }
  if (arguments.json()) cli::Print(Json{{"products", list}});
  return cli::kExitDone;
}

Result<int> Show(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const Records records, OpenRecords(arguments));
  HOLDFAST_TRY(const ProductRecord product, records.store->GetProduct(arguments.Text("ID")));
  if (arguments.json()) {
    cli::Print(ToJson(product));
  } else {
    std::cout << product.file;
  }
  return cli::kExitDone;
}

Result<int> Remove(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const Records records, OpenRecords(arguments));
  const std::string id = arguments.Text("ID");
  HOLDFAST_CHECK(records.store->RemoveProduct({SystemClock()(), Actor()}, id));
  if (arguments.json()) {
    cli::Print(Json{{"product", id}, {"changed", true}});
  } else {
    std::cout << "product " << id << " is removed\n";
  }
  return cli::kExitDone;
}

}  // namespace

void AddProductCommands(cli::Program& program) {
  program.Add({.name = "product add",
               .summary = "add a product, or a new version of it",
               .options = {{.name = "id", .value = "ID", .help = "a-z, 0-9, '.', '_', '-'", .required = true},
                           {.name = "terms",
                            .value = "FILE",
                            .help = "JSON by docs/schemas/product.schema.json",
                            .required = true},
                           cli::kJsonOption},
               .details =
                   "The same file again is no change. Licenses that are sold keep the version that they "
                   "were sold with.",
               .run = Add});
  program.Add(
      {.name = "product list", .summary = "list the products", .options = {cli::kJsonOption}, .run = List});
  program.Add({.name = "product show",
               .summary = "print the newest product file",
               .arguments = {{.name = "ID", .required = true}},
               .options = {cli::kJsonOption},
               .run = Show});
  program.Add({.name = "product remove",
               .summary = "take a product out that was never sold",
               .arguments = {{.name = "ID", .required = true}},
               .options = {cli::kJsonOption},
               .details =
                   "With all versions of its file; `product show` prints the newest, to be added again. Its "
                   "content keys stay.",
               .run = Remove});
}

}  // namespace holdfast::vendor
