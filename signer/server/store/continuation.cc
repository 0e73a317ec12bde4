#include "signer/server/store/continuation.h"

#include <algorithm>

#include "signer/server/store/database.h"

namespace holdfast {
namespace {

struct History {
  std::vector<ActivationRecord> activations;
  std::vector<ReturnRecord>
      returns;  // whose units were counted, the first of each activation; in the order in which they were recorded
};

Result<History> Look(soci::session& sql, const std::string& license) {
  History history;
  HOLDFAST_TRY(history.activations,
               rows::Activations(sql, "where license = :license order by sequence", {license}));
  HOLDFAST_TRY(const auto returns,
               rows::Returns(sql,
                             "where activation in (select id from activations where license = "
                             ":license) order by sequence",
                             {license}));
  for (const ReturnRecord& record : returns) {
    const bool known = std::ranges::any_of(
        history.returns, [&](const ReturnRecord& each) { return each.activation == record.activation; });
    if (record.units != UnitCount::kNone && !known) history.returns.push_back(record);
  }
  return history;
}

const ReturnRecord* ReturnOf(const History& history, const std::string& activation) {
  const auto found = std::ranges::find(history.returns, activation, &ReturnRecord::activation);
  return found == history.returns.end() ? nullptr : &*found;
}

const ActivationRecord* ActivationOf(const History& history, const std::string& id) {
  const auto found = std::ranges::find(history.activations, id, &ActivationRecord::id);
  return found == history.activations.end() ? nullptr : &*found;
}

// Nobody has the place: a reservation that lapsed, and an activation that was released, give it back; one that was returned left another.
bool IsFree(const History& history, const std::string& activation) {
  return std::ranges::none_of(history.activations, [&](const ActivationRecord& each) {
    return each.takes_over == activation && (IsInUse(each) || each.state == ActivationState::kReturned ||
                                             ReturnOf(history, each.id) != nullptr);
  });
}

// The newest that is free, of the host where it has one.
const ReturnRecord* FreePlace(const History& history, const Bytes& ek_name) {
  const ReturnRecord* newest = nullptr;
  const ReturnRecord* own = nullptr;
  for (const ReturnRecord& record : history.returns) {
    if (!IsFree(history, record.activation)) continue;
    newest = &record;
    const ActivationRecord* activation = ActivationOf(history, record.activation);
    if (activation != nullptr && activation->ek_name == ek_name) own = &record;
  }
  return own != nullptr ? own : newest;
}

}  // namespace

Result<Continuation> ContinuationFor(soci::session& sql, const std::string& license, const Bytes& ek_name) {
  HOLDFAST_TRY(const History history, Look(sql, license));
  const ReturnRecord* place = nullptr;
  const auto present =
      std::find_if(history.activations.rbegin(), history.activations.rend(),
                   [&](const ActivationRecord& each) { return IsInUse(each) && each.ek_name == ek_name; });
  if (present != history.activations.rend())
    place = ReturnOf(history, present->takes_over);
  else
    place = FreePlace(history, ek_name);
  return place == nullptr ? Continuation() : Continuation{place->activation, place->used};
}

Result<std::vector<ActivationRecord>> InUseInPlaceOf(soci::session& sql, const ActivationRecord& returned) {
  HOLDFAST_TRY(const auto all,
               rows::Activations(sql, "where license = :license order by sequence", {returned.license}));
  const auto from = std::ranges::find(all, returned.id, &ActivationRecord::id);
  std::vector<ActivationRecord> present;
  for (const ActivationRecord& each : all) {
    const bool left_since =
        !each.takes_over.empty() && std::find_if(from, all.end(), [&](const ActivationRecord& other) {
                                      return other.id == each.takes_over;
                                    }) != all.end();
    if (IsInUse(each) && each.ek_name == returned.ek_name && !left_since) present.push_back(each);
  }
  return present;
}

void CarryOver(soci::session& sql, const ActivationRecord& returned,
               const std::vector<ActivationRecord>& present) {
  for (const ActivationRecord& each : present)
    sql << "update activations set takes_over = :returned where id = :id and id <> :self"
           " and state in ('reserved', 'issued')",
        soci::use(returned.id), soci::use(each.id), soci::use(returned.id);
}

void Resume(soci::session& sql, const std::string& license) {
  sql << "update licenses set time_left = -1 where id = :id", soci::use(license);
}

void SetOwnEnd(soci::session& sql, const std::string& license, const std::optional<Time>& ends) {
  const long long at = ends ? ToColumn(*ends) : 0;
  sql << "update licenses set ends = :ends where id = :id", soci::use(at), soci::use(license);
}

void StandStill(soci::session& sql, const std::string& license, Seconds left) {
  const long long seconds = left.count();
  sql << "update licenses set time_left = :left where id = :id", soci::use(seconds), soci::use(license);
}

}  // namespace holdfast
