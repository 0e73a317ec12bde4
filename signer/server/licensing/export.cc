#include "signer/server/licensing/records_json.h"

namespace holdfast {
namespace {

constexpr int kAuditBatch = 1000;

Result<Json> ExportLicenses(Store& store, const std::vector<LicenseRecord>& licenses) {
  Json array = Json::array();
  for (const LicenseRecord& license : licenses) {
    HOLDFAST_TRY(Json described, DescribeLicense(store, license));
    array.push_back(std::move(described));
  }
  return array;
}

Result<Json> ExportProducts(Store& store) {
  HOLDFAST_TRY(const auto newest, store.ListProducts());
  Json array = Json::array();
  for (const ProductRecord& product : newest)
    for (int64_t version = 1; version <= product.version; ++version) {
      HOLDFAST_TRY(const ProductRecord record, store.GetProduct(product.id, version));
      array.push_back(ToJson(record));
    }
  return array;
}

Result<Json> ExportCrls(Store& store) {
  HOLDFAST_TRY(const auto shards, store.ListShards());
  Json array = Json::array();
  for (const CrlShard& shard : shards) {
    HOLDFAST_TRY(const auto latest, store.LatestCrl(shard.issuer_key_id, shard.shard));
    if (latest) array.push_back(ToJson(*latest));
  }
  return array;
}

Result<Json> ExportAudit(Store& store) {
  Json array = Json::array();
  int64_t after = 0;
  while (true) {
    HOLDFAST_TRY(const auto batch, store.ListAudit(after, kAuditBatch));
    for (const AuditRecord& record : batch) array.push_back(ToJson(record));
    if (batch.size() < kAuditBatch) return array;
    after = batch.back().sequence;
  }
}

Result<Json> ExportEverything(Store& store) {
  HOLDFAST_TRY(Json products, ExportProducts(store));
  HOLDFAST_TRY(const auto customers, store.ListCustomers());
  HOLDFAST_TRY(const auto sold, store.ListLicenses(""));
  HOLDFAST_TRY(Json licenses, ExportLicenses(store, sold));
  HOLDFAST_TRY(Json crls, ExportCrls(store));
  HOLDFAST_TRY(Json audit, ExportAudit(store));
  Json names = Json::array();
  for (const CustomerRecord& customer : customers) names.push_back(ToJson(customer));
  return Json{{"schema", "1.0"},
              {"products", std::move(products)},
              {"customers", std::move(names)},
              {"licenses", std::move(licenses)},
              {"crls", std::move(crls)},
              {"audit", std::move(audit)}};
}

}  // namespace

Result<Json> Export(Store& store, const ExportFilter& filter) {
  if (filter.license.empty() && filter.customer.empty()) return ExportEverything(store);
  std::vector<LicenseRecord> licenses;
  if (!filter.license.empty()) {
    HOLDFAST_TRY(LicenseRecord license, store.GetLicense(filter.license));
    licenses.push_back(std::move(license));
  } else {
    HOLDFAST_TRY(licenses, store.ListLicenses(filter.customer));
  }
  HOLDFAST_TRY(Json exported, ExportLicenses(store, licenses));
  return Json{{"schema", "1.0"}, {"licenses", std::move(exported)}};
}

}  // namespace holdfast
