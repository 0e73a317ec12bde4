// What is worth a word about the place that an activation takes among those of its license. Hints for people: the names of hosts are the customer's
// word, and nothing is denied by them. Pure.
#pragma once

#include "signer/server/store/records.h"

namespace holdfast {

// "host.same_name": an older activation that is in use has the same host name and other hardware. Perhaps the hardware was replaced, and a repair
// was meant.
inline constexpr std::string_view kSameNameNote = "host.same_name";
// "repair.unused": the request says that it is a repair, and ended nothing: what it replaces was not in use any more, the host has the license
// already, or it does not know what it had and took a free activation.
inline constexpr std::string_view kRepairUnusedNote = "repair.unused";

// The newest such activation. `all`: those of its license, oldest first, `activation` among them.
std::optional<ActivationRecord> OfTheSameName(const ActivationRecord& activation,
                                              const std::vector<ActivationRecord>& all);

}  // namespace holdfast
