#include "certs/serial.h"

#include "protocol/crypto/random.h"

namespace holdfast {

Bytes NewSerial() {
  Bytes serial;
  do serial = RandomBytes(16);
  while (serial[0] == 0 || serial[0] >= 0x80);
  return serial;
}

}  // namespace holdfast
