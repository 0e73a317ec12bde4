#include "protocol/byte_cursor.h"
#include "protocol/tpm/templates.h"

namespace holdfast::tpm {
namespace {

constexpr uint32_t kFirstCounter = 0x01a80000;  // beside the ledger's counter
constexpr uint32_t kFromCounterToMeter = 0x00100000;

}  // namespace

uint32_t MeterCounterIndex(std::string_view vendor, std::string_view product_key_id) {
  constexpr uint8_t kSeparator[] = {0};
  const Sha256Digest digest =
      Sha256({AsBytes("meter"), kSeparator, AsBytes(vendor), kSeparator, AsBytes(product_key_id)});
  return kFirstCounter | Reader(digest).U32() >> 13;
}

uint32_t MeterIndex(uint32_t counter_index) {
  return counter_index + kFromCounterToMeter;
}

NvPublic MeterPublic(uint32_t counter_index, uint64_t base) {
  NvPublic out;
  out.index = MeterIndex(counter_index);
  out.attributes = kMeterAttributes | kWritten;
  out.auth_policy = GatePolicy(NameOf(GatePublic(counter_index)), base);
  out.data_size = kMeterSize;
  out.encoded = EncodeNvPublic(out);
  return out;
}

}  // namespace holdfast::tpm
