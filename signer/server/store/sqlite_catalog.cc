// Products, customers and sold licenses.
#include "signer/server/store/database.h"
#include "signer/server/store/rows.h"
#include "signer/server/store/sqlite_store.h"

namespace holdfast {
namespace {

constexpr const char* kNewest =
    "where version = (select max(version) from products newest where newest.id = products.id) ";

Result<ProductRecord> One(Result<std::vector<ProductRecord>> found, const std::string& id) {
  HOLDFAST_TRY(auto products, std::move(found));
  if (products.size() == 1) return std::move(products.front());
  return Fail(ErrorKind::kNotFound, "store.product", "there is no product \"" + id + "\"",
              "see `holdfast-vendor product list`");
}

std::string CustomerId(soci::session& sql, const Change& change, const NewLicense& license) {
  std::string id;
  sql << "select id from customers where name = :name", soci::use(license.customer), soci::into(id);
  if (sql.got_data()) return id;
  const long long at = ToColumn(change.at);
  sql << "insert into customers (id, name, created) values (:id, :name, :created)",
      soci::use(license.customer_id), soci::use(license.customer), soci::use(at);
  return license.customer_id;
}

}  // namespace

Result<ProductRecord> SqliteStore::PutProduct(const Change& change, const std::string& id,
                                              const std::string& file) {
  return database_->Write<ProductRecord>([&](soci::session& sql) -> Result<ProductRecord> {
    HOLDFAST_TRY(auto newest, rows::Products(sql, std::string(kNewest) + "and id = :id", {id}));
    if (!newest.empty() && newest.front().file == file) return std::move(newest.front());
    ProductRecord record{id, newest.empty() ? 1 : newest.front().version + 1, file, change.at};
    const long long version = record.version, created = ToColumn(record.created);
    sql << "insert into products (id, version, file, created) values (:id, :version, :file, :created)",
        soci::use(record.id), soci::use(version), soci::use(record.file), soci::use(created);
    rows::AppendAudit(sql, change, "product.put", id, {{"version", version}});
    return record;
  });
}

Result<ProductRecord> SqliteStore::GetProduct(const std::string& id) {
  return database_->Read<ProductRecord>([&](soci::session& sql) {
    return One(rows::Products(sql, std::string(kNewest) + "and id = :id", {id}), id);
  });
}

Result<ProductRecord> SqliteStore::GetProduct(const std::string& id, int64_t version) {
  return database_->Read<ProductRecord>([&](soci::session& sql) {
    const std::string where = "where version = " + std::to_string(version) + " and id = :id";
    return One(rows::Products(sql, where, {id}), id);
  });
}

Result<std::vector<ProductRecord>> SqliteStore::ListProducts() {
  return database_->Read<std::vector<ProductRecord>>(
      [&](soci::session& sql) { return rows::Products(sql, std::string(kNewest) + "order by id", {}); });
}

Status SqliteStore::RemoveProduct(const Change& change, const std::string& id) {
  return database_->Write<void>([&](soci::session& sql) -> Status {
    HOLDFAST_TRY(const ProductRecord newest,
                 One(rows::Products(sql, std::string(kNewest) + "and id = :id", {id}), id));
    int sold = 0;
    sql << "select count(*) from licenses where product = :id", soci::use(id), soci::into(sold);
    if (sold > 0)
      return Fail(ErrorKind::kConflict, "store.sold",
                  "licenses of product \"" + id + "\" were sold, which need it",
                  "see `holdfast-vendor license list`");
    sql << "delete from products where id = :id", soci::use(id);
    rows::AppendAudit(sql, change, "product.remove", id, {{"versions", newest.version}});
    return {};
  });
}

Result<std::vector<CustomerRecord>> SqliteStore::ListCustomers() {
  return database_->Read<std::vector<CustomerRecord>>(
      [&](soci::session& sql) -> Result<std::vector<CustomerRecord>> {
        std::vector<CustomerRecord> customers;
        CustomerRecord row;
        long long created = 0;
        soci::statement statement = (sql.prepare << "select id, name, created from customers order by name",
                                     soci::into(row.id), soci::into(row.name), soci::into(created));
        statement.execute();
        while (statement.fetch()) {
          row.created = TimeFromColumn(created);
          customers.push_back(row);
        }
        return customers;
      });
}

Result<LicenseRecord> SqliteStore::AddLicense(const Change& change, const NewLicense& license) {
  return database_->Write<LicenseRecord>([&](soci::session& sql) -> Result<LicenseRecord> {
    const std::string newest = std::string(kNewest) + "and id = :id";
    HOLDFAST_TRY(const ProductRecord product,
                 One(rows::Products(sql, newest, {license.product}), license.product));
    const std::string customer = CustomerId(sql, change, license);
    const std::string possession_key = HexEncode(license.possession_key);
    const long long version = product.version, limit = license.activation_limit, at = ToColumn(change.at);
    sql << "insert into licenses (id, product, product_version, plan, customer, activation_limit, status,"
           " status_since, product_key_id, possession_key, created) values (:id, :product, :version, :plan,"
           " :customer, :limit, 'active', :since, :key_id, :possession_key, :created)",
        soci::use(license.id), soci::use(license.product), soci::use(version), soci::use(license.plan),
        soci::use(customer), soci::use(limit), soci::use(at), soci::use(license.product_key_id),
        soci::use(possession_key), soci::use(at);
    rows::AppendAudit(sql, change, "license.new", license.id,
                      {{"product", license.product},
                       {"product_version", version},
                       {"plan", license.plan},
                       {"customer", license.customer},
                       {"activations", limit},
                       {"product_key", license.product_key_id}});
    return rows::OneLicense(sql, "where licenses.id = :id", license.id);
  });
}

Result<LicenseRecord> SqliteStore::GetLicense(const std::string& id) {
  return database_->Read<LicenseRecord>(
      [&](soci::session& sql) { return rows::OneLicense(sql, "where licenses.id = :id", id); });
}

Result<LicenseRecord> SqliteStore::FindLicenseByProductKey(const std::string& key_id) {
  return database_->Read<LicenseRecord>(
      [&](soci::session& sql) { return rows::OneLicense(sql, "where product_key_id = :key", key_id); });
}

Result<std::vector<LicenseRecord>> SqliteStore::ListLicenses(const std::string& customer) {
  return database_->Read<std::vector<LicenseRecord>>([&](soci::session& sql) {
    const std::string order = "order by licenses.created, licenses.id";
    if (customer.empty()) return rows::Licenses(sql, order, {});
    return rows::Licenses(sql, "where customers.name = :name " + order, {customer});
  });
}

Result<LicenseRecord> SqliteStore::SetLicenseStatus(const Change& change, const std::string& id,
                                                    LicenseStatus status) {
  return database_->Write<LicenseRecord>([&](soci::session& sql) -> Result<LicenseRecord> {
    HOLDFAST_TRY(const LicenseRecord before, rows::OneLicense(sql, "where licenses.id = :id", id));
    if (before.status == status) return before;
    HOLDFAST_CHECK(CheckStatusChange(before, status));
    const std::string name(LicenseStatusName(status));
    const long long since = ToColumn(change.at);
    sql << "update licenses set status = :status, status_since = :since where id = :id", soci::use(name),
        soci::use(since), soci::use(id);
    rows::AppendAudit(sql, change, "license.status", id,
                      {{"from", LicenseStatusName(before.status)}, {"to", name}});
    return rows::OneLicense(sql, "where licenses.id = :id", id);
  });
}

}  // namespace holdfast
