// What a new activation goes on with: the units that an earlier one of the license had used up when it was returned. Internal to the store;
// run inside a transaction of Database.
//
// A license has as many places as activations were sold. One that was returned leaves a free place with units that are used up; the next host takes
// the place, and goes on with these units. So nothing is had twice by returning, on however many hosts (docs/decisions/0101).
#pragma once

#include "signer/server/store/rows.h"

namespace holdfast {

struct Continuation {
  std::string takes_over;  // id of the activation that was returned; empty: a place that was never used
  std::vector<MeterUsage> used;
};

// For a host that `proposal` is for: the place that it has, or else the free one that it left, or else the one that was left last.
Result<Continuation> ContinuationFor(soci::session& sql, const std::string& license, const Bytes& ek_name);

// What the host of `returned` has in use in the place that `returned` has or had: that itself, renewals, and newer requests of before the return was
// known here. Not what it has since the place, or another one, was left by a later activation: `returned` says nothing of that one's units.
Result<std::vector<ActivationRecord>> InUseInPlaceOf(soci::session& sql, const ActivationRecord& returned);

// The return of `returned` was recorded, and the host was activated anew before: `present`, in use in that place, goes on with it.
void CarryOver(soci::session& sql, const ActivationRecord& returned,
               const std::vector<ActivationRecord>& present);

// A license that stands still runs again.
void Resume(soci::session& sql, const std::string& license);
// Absent: as its plan says.
void SetOwnEnd(soci::session& sql, const std::string& license, const std::optional<Time>& ends);
// It stands still, with `left` to go on with.
void StandStill(soci::session& sql, const std::string& license, Seconds left);

}  // namespace holdfast
