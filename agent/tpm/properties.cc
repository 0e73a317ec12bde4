#include "agent/tpm/properties.h"

#include <cstdio>

namespace holdfast::tpm {
namespace {

// Four characters in a word, padded with zeros.
std::string Text(uint32_t word) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    char c = static_cast<char>(word >> shift & 0xff);
    if (c >= ' ' && c <= '~') text += c;
  }
  return text;
}

std::string Firmware(uint32_t high, uint32_t low) {
  char text[32];
  snprintf(text, sizeof text, "%u.%u.%u.%u", high >> 16, high & 0xffff, low >> 16, low & 0xffff);
  return text;
}

std::string Revision(uint32_t times_100) {
  char text[16];
  snprintf(text, sizeof text, "%u.%02u", times_100 / 100, times_100 % 100);
  return text;
}

}  // namespace

Result<std::map<std::string, std::string>> ReadProperties(Connection& tpm) {
  constexpr uint32_t kFirst = TPM2_PT_REVISION, kCount = TPM2_PT_FIRMWARE_VERSION_2 - TPM2_PT_REVISION + 1;
  Owned<TPMS_CAPABILITY_DATA> data;
  HOLDFAST_CHECK(tpm.Run({"TPM2_GetCapability of properties"}, [&](ESYS_CONTEXT* esys) {
    return Esys_GetCapability(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_TPM_PROPERTIES, kFirst,
                              kCount, nullptr, data.Receive());
  }));
  const TPML_TAGGED_TPM_PROPERTY& list = data->data.tpmProperties;
  if (data->capability != TPM2_CAP_TPM_PROPERTIES || list.count > TPM2_MAX_TPM_PROPERTIES)
    return Fail(ErrorKind::kUnavailable, "tpm.answer", "the TPM listed something else than its properties");
  std::map<uint32_t, uint32_t> value;
  for (uint32_t i = 0; i < list.count; i++) value[list.tpmProperty[i].property] = list.tpmProperty[i].value;
  std::string vendor;
  for (uint32_t i = 0; i < 4; i++) vendor += Text(value[TPM2_PT_VENDOR_STRING_1 + i]);
  return std::map<std::string, std::string>{
      {"manufacturer", Text(value[TPM2_PT_MANUFACTURER])},
      {"vendor", vendor},
      {"firmware", Firmware(value[TPM2_PT_FIRMWARE_VERSION_1], value[TPM2_PT_FIRMWARE_VERSION_2])},
      {"specification", Revision(value[TPM2_PT_REVISION])}};
}

}  // namespace holdfast::tpm
