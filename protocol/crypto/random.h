// Octets from the operating system's CSPRNG through OpenSSL. Aborts the process when there is none: nothing
// safe can be done without.
#pragma once

#include "protocol/secret.h"

namespace holdfast {

Bytes RandomBytes(size_t n);
Secret RandomSecret(size_t n);

}  // namespace holdfast
