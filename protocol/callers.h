// Who may hold or use up a limit: the member "only" of a limit in product files and license terms. Names are of the licensed host's accounts.
#pragma once

#include <variant>
#include <vector>

#include "protocol/strict_json.h"

namespace holdfast {

inline constexpr size_t kMaxCallers = 16;          // of each kind
inline constexpr size_t kMaxExecutableSize = 256;  // octets of a path

// A name, or a number where the terms have one.
using Account = std::variant<std::string, uint32_t>;

// A caller must be one of `users` or in one of `groups`, where there is either, and run one of `executables`, where there are any.
struct Callers {
  std::vector<Account> users, groups;
  std::vector<std::string> executables;  // absolute paths without links, as /proc/PID/exe shows them
  bool operator==(const Callers&) const = default;
};

// At least one of the three. A member that is not known is refused in newer minors too: it would widen what is restricted.
// Check: <context>.only, <context>.only.<member>.
Result<Callers> ParseCallers(const Json& json, const std::string& context);
Json FormatCallers(const Callers& callers);
Json FormatAccount(const Account& account);

}  // namespace holdfast
