#include "certs/algorithm.h"

namespace holdfast {
namespace {

constexpr uint8_t kEcdsaWithSha256[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                        0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
constexpr uint8_t kEcdsaWithSha384[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                        0x48, 0xce, 0x3d, 0x04, 0x03, 0x03};
constexpr uint8_t kSha256WithRsa[] = {0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
                                      0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00};

}  // namespace

ByteView AlgorithmIdentifier(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::kEcdsaSha256:
      return kEcdsaWithSha256;
    case SignatureAlgorithm::kEcdsaSha384:
      return kEcdsaWithSha384;
    case SignatureAlgorithm::kRsaSha256:
      return kSha256WithRsa;
    default:
      return {};
  }
}

std::optional<SignatureAlgorithm> ParseAlgorithmIdentifier(ByteView der) {
  for (auto algorithm :
       {SignatureAlgorithm::kEcdsaSha256, SignatureAlgorithm::kEcdsaSha384, SignatureAlgorithm::kRsaSha256})
    if (Equal(der, AlgorithmIdentifier(algorithm))) return algorithm;
  return std::nullopt;
}

}  // namespace holdfast
