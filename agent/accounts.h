// The accounts of this host that licenses name.
#pragma once

#include "agent/enforcement/caller.h"
#include "agent/enforcement/decide.h"

namespace holdfast {

// Asks the host's name services, which may take long: not on the thread that serves. Licenses that name nobody ask nothing.
Accounts LookUpAccounts(const std::vector<LicenseView>& licenses);

}  // namespace holdfast
