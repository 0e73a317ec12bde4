// How activations end. Internal to the store; run inside a transaction of Database.
#pragma once

#include "signer/server/store/rows.h"

namespace holdfast {

void SetState(soci::session& sql, const Change& change, const std::string& id, ActivationState state);

using Ids = std::vector<std::string>;
// Ends the activations that `where` finds; their ids, for the audit record.
Result<Ids> End(soci::session& sql, const Change& change, ActivationState state, const std::string& where,
                const rows::Values& values);

}  // namespace holdfast
