#include "protocol/byte_cursor.h"
#include "protocol/tpm/templates.h"

namespace holdfast::tpm {
namespace {

constexpr uint32_t kFirstGate = 0x01900000;  // in the range that owners may use: 0x01800000 to 0x01bfffff
constexpr uint32_t kPolicyNv = 0x00000149;   // TPM_CC_PolicyNV
constexpr uint16_t kEqual = 0x0000;          // TPM_EO_EQ
constexpr uint16_t kCounterSize = 8;

}  // namespace

uint32_t GateIndex(std::string_view vendor, std::string_view product) {
  constexpr uint8_t kSeparator[] = {0};
  Sha256Digest digest = Sha256({AsBytes(vendor), kSeparator, AsBytes(product)});
  return kFirstGate | Reader(digest).U32() >> 12;
}

NvPublic GatePublic(uint32_t index) {
  NvPublic out;
  out.index = index;
  out.attributes = kGateAttributes | kWritten;
  out.data_size = kCounterSize;
  out.encoded = EncodeNvPublic(out);
  return out;
}

Bytes GatePolicy(const Name& gate_name, uint64_t base) {
  Bytes arguments = Writer().U64(base).U16(0).U16(kEqual).Take();  // operandB, offset, operation
  Bytes start(DigestSize(HashAlgorithm::kSha256));
  return Digest(HashAlgorithm::kSha256,
                {start, Writer().U32(kPolicyNv).bytes(), Sha256(arguments), gate_name});
}

}  // namespace holdfast::tpm
