// Which boot of which kernel this is.
#pragma once

#include "protocol/platform/files.h"

namespace holdfast::host {

// As local::IsBootId; empty when it cannot be read. `root`: where the host's root directory is seen.
std::string ReadBootId(const Path& root = "/");

}  // namespace holdfast::host
