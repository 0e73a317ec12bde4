// The environment that a module is given (NAME=VALUE). It is the process's, and most modules read it once, when
// they are loaded or initialised: so in one process a variable has one value, and a module one environment.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "protocol/result.h"

namespace holdfast::hsm {

using ModuleEnvironment = std::vector<std::string>;

// Check: hsm.config (kUsage) for what is not NAME=VALUE.
Status CheckModuleEnvironment(const ModuleEnvironment& environment);
// Why `one` and `other` cannot be in one process; nullopt: they can. `same_module`: they are one module's.
std::optional<std::string> EnvironmentConflict(const ModuleEnvironment& one, const ModuleEnvironment& other,
                                               bool same_module);

}  // namespace holdfast::hsm
