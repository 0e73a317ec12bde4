// The fingerprint of CVE-2017-15361 (Nemec, Sys, Svenda, Klinec, Matyas: "The Return of Coppersmith's
// Attack", ACM CCS 2017, section 3): the library made primes of the form k * M + (65537^a mod M), M being the
// product of the first small primes. So the modulus is a power of 65537 modulo each of them; for a modulus of
// another origin that holds by chance once in some hundred million.
#include <array>

#include "certs/ek_certificate.h"

namespace holdfast {
namespace {

constexpr std::array<uint32_t, 38> kPrimes{3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,
                                           47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103,
                                           107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};
constexpr uint32_t kGenerator = 65537;

uint32_t Remainder(ByteView number, uint32_t divisor) {
  uint32_t rest = 0;
  for (uint8_t octet : number) rest = (rest << 8 | octet) % divisor;
  return rest;
}

bool IsPowerOfGenerator(uint32_t value, uint32_t prime) {
  uint32_t power = 1;
  do {
    if (power == value) return true;
    power = power * (kGenerator % prime) % prime;
  } while (power != 1);
  return false;
}

}  // namespace

bool HasRocaFingerprint(ByteView modulus) {
  for (uint32_t prime : kPrimes)
    if (!IsPowerOfGenerator(Remainder(modulus, prime), prime)) return false;
  return true;
}

}  // namespace holdfast
