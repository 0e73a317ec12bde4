// What the names in an EK certificate tell about the TPM. Software TPMs give themselves away in theirs, whoever
// issued it.
#pragma once

#include "certs/ek_certificate.h"

namespace holdfast::verifier {

// Lower case without blanks: makers are not consistent in how they write their ids and models.
std::string FoldedName(std::string_view name);

// By the class of the root, or by manufacturer and model (swtpm, IBM's and Microsoft's reference simulators).
bool IsSimulator(const EkIdentity& ek);

}  // namespace holdfast::verifier
