// Software TPMs give themselves away in their EK certificate, whoever issued it.
#pragma once

#include "certs/ek_certificate.h"

namespace holdfast::verifier {

// By the class of the root, or by manufacturer and model (swtpm, IBM's and Microsoft's reference simulators).
bool IsSimulator(const EkIdentity& ek);

}  // namespace holdfast::verifier
