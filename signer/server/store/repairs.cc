#include "signer/server/store/repairs.h"

#include <algorithm>

#include "signer/server/store/database.h"
#include "signer/server/store/rows.h"
#include "signer/server/store/sqlite_store.h"

namespace holdfast {
namespace {

using Activations = std::vector<ActivationRecord>;

tl::unexpected<Error> CannotTell(const std::string& license, const std::string& why) {
  return Fail(
      ErrorKind::kConflict, "store.repair",
      "which activation of license " + license + " is to be repaired cannot be told: " + why,
      "see `holdfast-vendor license show`, and give it back with `license release`; then answer again, or "
      "have the host ask with `holdfast request --new`");
}

// The host whose place it is; nothing when that is not in use any more.
Result<std::optional<Bytes>> HostOf(const std::string& license, const RepairProposal& repair,
                                    const Activations& all) {
  std::vector<Bytes> hosts;
  for (const ActivationRecord& activation : all) {
    if (!repair.serial.empty() && activation.serial == repair.serial)
      return std::optional(activation.ek_name);
    const bool known = std::ranges::find(hosts, activation.ek_name) != hosts.end();
    if (IsInUse(activation) && !known) hosts.push_back(activation.ek_name);
  }
  if (!repair.serial.empty())
    return CannotTell(license, "none has the serial number " + HexEncode(repair.serial));
  if (hosts.size() > 1)
    return CannotTell(license, "the host does not know what it had, and several are in use");
  if (hosts.empty()) return std::optional<Bytes>();
  return std::optional(hosts.front());
}

long long CountSince(soci::session& sql, const std::string& license, Time since) {
  long long count = 0;
  const long long from = ToColumn(since);
  sql << "select count(*) from repairs where license = :license and at > :since", soci::use(license),
      soci::use(from), soci::into(count);
  return count;
}

// `replaced`: the activation that a repair would end; empty: the host does not say which.
tl::unexpected<Error> NoneLeft(const std::string& license, int per_year, const std::string& replaced) {
  const std::string plain = "have the host ask with `holdfast request --new`, which takes an activation";
  return Fail(
      ErrorKind::kDenied, "store.repairs",
      per_year == 0
          ? "the plan of license " + license + " allows no repairs"
          : "license " + license + " had its " + std::to_string(per_year) + " repairs of the last 365 days",
      replaced.empty()
          ? "give the place of the hardware that is gone back with `holdfast-vendor license release`, and " +
                plain
          : "give the place of the lost hardware back with `holdfast-vendor license release " + license +
                " " + replaced + "`, then answer again; or, if another one is free, " + plain);
}

Status CheckAnyLeft(soci::session& sql, const Change& change, const std::string& license, int per_year,
                    const std::string& replaced) {
  if (CountSince(sql, license, change.at - kRepairYear) < per_year) return {};
  return NoneLeft(license, per_year, replaced);
}

bool IsOf(const ActivationRecord& activation, const Bytes& host) {
  return activation.ek_name == host && IsInUse(activation);
}

}  // namespace

Result<Ids> Repair(soci::session& sql, const Change& change, const LicenseRecord& license,
                   const ActivationProposal& proposal) {
  if (!proposal.repair) return Ids();
  HOLDFAST_TRY(const Activations all,
               rows::Activations(sql, "where license = :license order by sequence", {license.id}));
  const bool here = std::ranges::any_of(
      all, [&](const ActivationRecord& activation) { return IsOf(activation, proposal.ek_name); });
  if (here) return Ids();
  // Who does not know what he had takes a free place, before the last healthy host would be taken for his.
  const RepairProposal& repair = *proposal.repair;
  const bool room = license.activations < license.activation_limit;
  if (room && repair.serial.empty()) {
    if (license.activations > 0) HOLDFAST_CHECK(CheckAnyLeft(sql, change, license.id, repair.per_year, {}));
    return Ids();
  }
  HOLDFAST_TRY(const auto host, HostOf(license.id, repair, all));
  Ids ended;
  for (const ActivationRecord& activation : all)
    if (host && IsOf(activation, *host)) ended.push_back(activation.id);
  if (ended.empty()) return ended;
  // Also where a place is free: who asks for a repair did not ask for a place that was paid for.
  HOLDFAST_CHECK(CheckAnyLeft(sql, change, license.id, repair.per_year, ended.back()));
  for (const std::string& id : ended) SetState(sql, change, id, ActivationState::kRevoked);
  return ended;
}

void RecordRepair(soci::session& sql, const Change& change, const ActivationProposal& proposal,
                  const Ids& ended) {
  if (ended.empty()) return;
  long long sequence = 0;
  sql << "select coalesce(max(sequence), 0) from repairs", soci::into(sequence);
  sequence++;
  const long long at = ToColumn(change.at);
  sql << "insert into repairs (sequence, license, replaced, replacement, at)"
         " values (:sequence, :license, :replaced, :replacement, :at)",
      soci::use(sequence), soci::use(proposal.license), soci::use(ended.back()), soci::use(proposal.id),
      soci::use(at);
}

Result<std::vector<RepairedActivation>> SqliteStore::ListRepairs(const std::string& license) {
  return database_->Read<std::vector<RepairedActivation>>([&](soci::session& sql) {
    return rows::Repairs(sql, "where license = :license order by sequence", {license});
  });
}

}  // namespace holdfast
