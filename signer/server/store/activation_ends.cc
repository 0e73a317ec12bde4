#include "signer/server/store/activation_ends.h"

#include "signer/server/store/database.h"
#include "signer/server/store/sqlite_store.h"

namespace holdfast {

void SetState(soci::session& sql, const Change& change, const std::string& id, ActivationState state) {
  const std::string name(ActivationStateName(state));
  const long long at = ToColumn(change.at);
  sql << "update activations set state = :state, state_since = :since where id = :id", soci::use(name),
      soci::use(at), soci::use(id);
}

Result<Ids> End(soci::session& sql, const Change& change, ActivationState state, const std::string& where,
                const rows::Values& values) {
  HOLDFAST_TRY(const auto found, rows::Activations(sql, where + " order by sequence", values));
  Ids ids;
  for (const ActivationRecord& activation : found) {
    SetState(sql, change, activation.id, state);
    ids.push_back(activation.id);
  }
  return ids;
}

Result<Release> SqliteStore::ReleaseActivation(const Change& change, const std::string& license,
                                               const std::string& activation) {
  return database_->Write<Release>([&](soci::session& sql) -> Result<Release> {
    HOLDFAST_TRY(const LicenseRecord owner, rows::OneLicense(sql, "where licenses.id = :id", license));
    HOLDFAST_TRY(ActivationRecord named, rows::OneActivation(sql, activation));
    if (named.license != license) return rows::NoActivation();
    HOLDFAST_TRY(const auto all,
                 rows::Activations(sql, "where license = :license order by sequence", {license}));
    HOLDFAST_TRY(Ids ended, ReleasedWith(named, owner, all));
    if (ended.empty()) return Release{std::move(named), {}};
    for (const std::string& id : ended) SetState(sql, change, id, ActivationState::kRevoked);
    rows::AppendAudit(sql, change, "activation.release", activation,
                      {{"license", license}, {"ended", ended}});
    HOLDFAST_TRY(named, rows::OneActivation(sql, activation));
    return Release{std::move(named), std::move(ended)};
  });
}

}  // namespace holdfast
