// What changes of a license that is sold: its end and its plan.
#include "protocol/json_text.h"
#include "signer/server/store/continuation.h"
#include "signer/server/store/database.h"
#include "signer/server/store/rows.h"
#include "signer/server/store/sqlite_store.h"

namespace holdfast {
namespace {

Status CheckNotRevoked(const LicenseRecord& license) {
  if (license.status != LicenseStatus::kRevoked) return {};
  return Fail(ErrorKind::kConflict, "store.status",
              "license " + license.id + " is revoked, which is final: nothing of it changes any more",
              "sell a new license with `holdfast-vendor license new`");
}

std::string EndWords(const std::optional<Time>& ends) {
  return ends ? FormatTime(*ends) : "as the plan says";
}

}  // namespace

Result<LicenseRecord> SqliteStore::SetLicenseEnd(const Change& change, const std::string& id,
                                                 const std::optional<Time>& ends) {
  return database_->Write<LicenseRecord>([&](soci::session& sql) -> Result<LicenseRecord> {
    HOLDFAST_TRY(const LicenseRecord before, rows::OneLicense(sql, "where licenses.id = :id", id));
    HOLDFAST_CHECK(CheckNotRevoked(before));
    if (before.ends == ends && !before.time_left) return before;
    Resume(sql, id);
    SetOwnEnd(sql, id, ends);
    rows::AppendAudit(sql, change, "license.renew", id,
                      {{"from", EndWords(before.ends)}, {"to", EndWords(ends)}});
    return rows::OneLicense(sql, "where licenses.id = :id", id);
  });
}

Result<LicenseRecord> SqliteStore::SetLicensePlan(const Change& change, const std::string& id,
                                                  const std::string& plan, int64_t product_version) {
  return database_->Write<LicenseRecord>([&](soci::session& sql) -> Result<LicenseRecord> {
    HOLDFAST_TRY(const LicenseRecord before, rows::OneLicense(sql, "where licenses.id = :id", id));
    HOLDFAST_CHECK(CheckNotRevoked(before));
    if (before.plan == plan && before.product_version == product_version) return before;
    const long long version = product_version;
    sql << "update licenses set plan = :plan, product_version = :version where id = :id", soci::use(plan),
        soci::use(version), soci::use(id);
    rows::AppendAudit(sql, change, "license.change", id,
                      {{"from", {{"plan", before.plan}, {"product_version", before.product_version}}},
                       {"to", {{"plan", plan}, {"product_version", version}}}});
    return rows::OneLicense(sql, "where licenses.id = :id", id);
  });
}

}  // namespace holdfast
