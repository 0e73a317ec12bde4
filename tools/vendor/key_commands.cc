#include <algorithm>
#include <iostream>

#include "protocol/crypto/random.h"
#include "tools/cli/output.h"
#include "tools/cli/output_file.h"
#include "tools/vendor/commands.h"
#include "tools/vendor/office.h"
#include "tools/vendor/recorded_change.h"

namespace holdfast::vendor {
namespace {

constexpr int kPrivate = 0600;

Result<ContentKeyId> IdOf(const cli::Arguments& arguments) {
  ContentKeyId id{arguments.Text("product"), arguments.Text("NAME")};
  if (IsIdentifier(id.product) && IsIdentifier(id.name)) return id;
  return Fail(ErrorKind::kUsage, "content_key.identifier", "the product or the content key is no identifier",
              "use small letters, digits, '.', '_' and '-', at most 64, a letter or digit first");
}

Result<Secret> NewKey(const cli::Arguments& arguments) {
  if (!arguments.Has("from-file")) return RandomSecret(kContentKeySize);
  return ReadSecretFile(arguments.File("from-file"), kContentKeySize);
}

// A key that no plan names would never be sealed to anybody: its name is misspelt, or the product file not yet added.
Status CheckNamed(Store& store, const ContentKeyId& id) {
  HOLDFAST_TRY(const ProductRecord record, store.GetProduct(id.product));
  HOLDFAST_TRY(const ProductFile product, ParseProductFile(record.file));
  const bool named = std::any_of(product.plans.begin(), product.plans.end(), [&](const auto& plan) {
    return AllKeys(plan.second.grants, plan.second.fallback).contains(id.name);
  });
  if (named) return {};
  return Fail(ErrorKind::kNotFound, "content_key.unknown",
              "no plan of product \"" + id.product + "\" names the content key \"" + id.name + "\"",
              "name it in \"keys\" of a plan, and add the product file first");
}

std::string SubjectOf(const ContentKeyId& id) {
  return id.product + "/" + id.name;
}

Result<int> Add(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const ContentKeyId id, IdOf(arguments));
  HOLDFAST_TRY(const Records records, OpenRecords(arguments));
  HOLDFAST_CHECK(CheckNamed(*records.store, id));
  HOLDFAST_TRY(const FileLock lock, LockFiles(records.directory));
  HOLDFAST_TRY(const Secret key, NewKey(arguments));
  const Json detail{{"from_file", arguments.Has("from-file")}};
  HOLDFAST_CHECK(
      RecordedChange(*records.store, "content_key.add", SubjectOf(id), detail, [&]() -> Result<Json> {
        HOLDFAST_CHECK(ContentKeys(records.directory.ContentKeyFiles()).Add(id, key));
        return Json::object();
      }));
  if (arguments.json()) {
    cli::Print(Json{{"product", id.product}, {"name", id.name}});
  } else {
    std::cout << "content key " << id.name << " of product " << id.product << "\n";
  }
  return cli::kExitDone;
}

Result<int> List(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const Records records, OpenRecords(arguments));
  HOLDFAST_TRY(const auto all, ContentKeys(records.directory.ContentKeyFiles()).List());
  Json keys = Json::array();
  for (const ContentKeyId& id : all) {
    if (arguments.Has("product") && id.product != arguments.Text("product")) continue;
    keys.push_back({{"product", id.product}, {"name", id.name}});
    if (!arguments.json()) std::cout << cli::Line(id.product, id.name);
  }
  if (arguments.json()) cli::Print(Json{{"keys", keys}});
  return cli::kExitDone;
}

Result<int> Export(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const ContentKeyId id, IdOf(arguments));
  HOLDFAST_TRY(const Records records, OpenRecords(arguments));
  HOLDFAST_TRY(cli::OutputFile output, cli::OutputFile::Open(arguments.File("output"), kPrivate));
  HOLDFAST_TRY(const Secret key, ContentKeys(records.directory.ContentKeyFiles()).Read(id));
  HOLDFAST_CHECK(RecordedChange(*records.store, "content_key.export", SubjectOf(id), Json::object(),
                                [&]() -> Result<Json> {
                                  HOLDFAST_CHECK(output.Write(key.RevealText()));
                                  return Json::object();
                                }));
  if (output.is_stdout()) return cli::kExitDone;
  if (arguments.json()) {
    cli::Print(Json{{"product", id.product}, {"name", id.name}, {"file", output.name()}});
  } else {
    std::cout << "content key " << id.name << " of product " << id.product << " is in " << output.name()
              << "\n";
  }
  return cli::kExitDone;
}

}  // namespace

void AddKeyCommands(cli::Program& program) {
  const cli::Option product{.name = "product", .value = "ID", .help = "whose key", .required = true};
  program.Add({.name = "key add",
               .summary = "make a content key that a plan of a product names",
               .arguments = {{.name = "NAME", .required = true}},
               .options = {product,
                           {.name = "from-file",
                            .value = "FILE",
                            .help = "32 octets, mode 0600, in place of random ones"},
                           cli::kJsonOption},
               .details =
                   "The key rests in DIR/content-keys, in a file that only you can read: who has it has the "
                   "key. It is never replaced.",
               .run = Add});
  program.Add({.name = "key list",
               .summary = "the content keys that there are",
               .options = {{.name = "product", .value = "ID", .help = "only those of this product"},
                           cli::kJsonOption},
               .run = List});
  program.Add({.name = "key export",
               .summary = "write a content key's 32 octets, to encrypt content with",
               .arguments = {{.name = "NAME", .required = true}},
               .options = {product,
                           {.name = "output,o",
                            .value = "FILE",
                            .help = "mode 0600; '-': standard output",
                            .required = true},
                           cli::kJsonOption},
               .details = "The audit log says that it was written, and by whom.",
               .run = Export});
}

}  // namespace holdfast::vendor
