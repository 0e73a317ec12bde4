// Who asks for a limit, and whether the terms let him (protocol/callers.h). Pure.
#pragma once

#include <cstdint>
#include <map>

#include "protocol/callers.h"

namespace holdfast {

// A process at the other end of the socket, as the kernel names it. The default is nobody.
struct Caller {
  uint32_t uid = UINT32_MAX;
  std::vector<uint32_t> groups;  // all of them
  std::string executable;        // absolute path; empty: it cannot be seen
};

// The numbers of accounts that the terms name; a name that the host does not know is not there, and nobody's.
struct Accounts {
  std::map<std::string, uint32_t> users, groups;
};

bool IsAmong(const Callers& callers, const Caller& caller, const Accounts& accounts);

}  // namespace holdfast
