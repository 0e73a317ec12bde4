// A repair: another activation takes the place of one whose hardware is gone. Internal to the store; run inside a transaction of Database.
#pragma once

#include "signer/server/store/activation_ends.h"
#include "signer/server/store/store.h"

namespace holdfast {

// Ends what the proposal repairs, and counts it; the ids of what ended. Nothing where the proposal is no repair, or its host has the license
// already. Checks: store.repair, store.repairs.
Result<Ids> Repair(soci::session& sql, const Change& change, const LicenseRecord& license,
                   const ActivationProposal& proposal);
// Once the proposal is an activation.
void RecordRepair(soci::session& sql, const Change& change, const ActivationProposal& proposal,
                  const Ids& ended);

}  // namespace holdfast
