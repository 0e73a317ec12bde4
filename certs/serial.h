// Serial numbers of our certificates.
#pragma once

#include "protocol/bytes.h"

namespace holdfast {

// 16 random octets, positive, the first not zero: 126 bits, so never twice by chance.
Bytes NewSerial();

}  // namespace holdfast
