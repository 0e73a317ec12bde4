// Tells the administrator's own program of an announcement: it is run with what there is to say in its environment, and nobody waits
// for it. docs/enforcement.md, "Announcements", lists the variables.
#pragma once

#include "agent/announcer.h"
#include "protocol/platform/files.h"

namespace holdfast {

// "HOLDFAST_PRODUCT=acme-cad", ...
std::vector<std::string> HookEnvironment(const Announcement& announcement);
// No shell, no arguments, standard input from /dev/null. The process must ignore SIGCHLD, or children stay behind.
// Check: hook.run.
Status RunHook(const Path& program, const Announcement& announcement);

}  // namespace holdfast
