// The accounts of this host that licenses name.
#pragma once

#include <grp.h>
#include <pwd.h>

#include "agent/enforcement/caller.h"
#include "agent/enforcement/decide.h"

namespace holdfast {

// How the host is asked, as by getpwnam_r(3) and getgrnam_r(3): zero, or a number of errno(3).
struct NameServices {
  int (*user_named)(const char*, passwd*, char*, size_t, passwd**) = ::getpwnam_r;
  int (*group_named)(const char*, group*, char*, size_t, group**) = ::getgrnam_r;
};

// Asks for them, which may take long: not on the thread that serves. Licenses that name nobody ask nothing. False: some could not be asked for, which
// says nothing about them; what `known` has of these stays, and asking again soon makes sense.
bool LookUpAccounts(const std::vector<LicenseView>& licenses, Accounts& known,
                    const NameServices& services = {});

}  // namespace holdfast
