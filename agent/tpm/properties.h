// Who made the TPM: for diagnostics only.
#pragma once

#include <map>

#include "agent/tpm/connection.h"

namespace holdfast::tpm {

// "manufacturer", "vendor", "firmware", "specification"; printable ASCII.
Result<std::map<std::string, std::string>> ReadProperties(Connection& tpm);

}  // namespace holdfast::tpm
