#include "protocol/crypto/hkdf.h"

#include <gtest/gtest.h>

#include <numeric>

namespace holdfast {
namespace {

Bytes Counting(uint8_t first, size_t count) {
  Bytes octets(count);
  std::iota(octets.begin(), octets.end(), first);
  return octets;
}

std::string Derived(Bytes input, const Bytes& salt, const Bytes& info, size_t size) {
  return HexEncode(HkdfSha256(Secret(std::move(input)), salt, info, size).Reveal());
}

// RFC 5869 A.1 to A.3.
TEST(HkdfTest, AgreesWithTheRfc) {
  EXPECT_EQ(Derived(Bytes(22, 0x0b), Counting(0, 13), Counting(0xf0, 10), 42),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
  EXPECT_EQ(Derived(Counting(0, 80), Counting(0x60, 80), Counting(0xb0, 80), 82),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
            "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87");
  EXPECT_EQ(Derived(Bytes(22, 0x0b), {}, {}, 42),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}

TEST(HkdfTest, GivesTheSizeThatIsAskedFor) {
  for (size_t size : {0, 1, 31, 32, 33, 64})
    EXPECT_EQ(HkdfSha256(Secret(Bytes(32, 1)), {}, {}, size).size(), size);
}

}  // namespace
}  // namespace holdfast
