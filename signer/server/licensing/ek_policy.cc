#include "signer/server/licensing/ek_policy.h"

#include <algorithm>

#include "protocol/byte_cursor.h"
#include "protocol/json_text.h"
#include "protocol/schema_version.h"
#include "protocol/strict_json.h"

namespace holdfast {
namespace {

constexpr size_t kMaxPolicySize = 1024 * 1024, kMaxEntries = 10'000, kMaxName = 64;
constexpr int kSchemaMajor = 1;

// Firmware versions use all 64 bits, more than a JSON number of ours has.
uint64_t Hex64(JsonObject& object, std::string_view name) {
  const auto octets = HexDecode(object.String(name, 16));
  if (octets && octets->size() == 8) return Reader(*octets).U64();
  object.Fault(name, "is not 16 hexadecimal digits");
  return 0;
}

std::string Hex64(uint64_t value) {
  return HexEncode(Writer().U64(value).bytes());
}

// As EK certificates have it (TCG EK Credential Profile 3.2.9): anything else would deny nothing.
bool IsManufacturer(std::string_view text) {
  const auto id = text.starts_with("id:") ? HexDecode(text.substr(3)) : Bytes();
  return id && id->size() == 4;
}
constexpr const char* kNoManufacturer = "is not \"id:\" and the 8 hexadecimal digits of a TCG vendor id";

Result<PinnedEk> ParsePinned(const Json& value) {
  JsonObject object(value, "ek_policy.pinned");
  PinnedEk pinned;
  const auto key = HexDecode(object.String("key", 64));
  if (key && key->size() == pinned.key.size()) {
    std::copy(key->begin(), key->end(), pinned.key.begin());
  } else {
    object.Fault("key", "is not a SHA-256 in hexadecimal");
  }
  const auto root_class = ParseEkRootClass(object.String("class", kMaxName));
  if (root_class) {
    pinned.root_class = *root_class;
  } else {
    object.Fault("class", "is not a class of TPM");
  }
  HOLDFAST_CHECK(object.Finish());
  return pinned;
}

Result<DeniedFirmware> ParseFirmware(const Json& value) {
  JsonObject object(value, "ek_policy.denied_firmware");
  DeniedFirmware denied{object.String("manufacturer", kMaxName, ""), Hex64(object, "from"),
                        Hex64(object, "to")};
  if (!denied.manufacturer.empty() && !IsManufacturer(denied.manufacturer))
    object.Fault("manufacturer", kNoManufacturer);
  if (denied.to < denied.from) object.Fault("to", "is below \"from\"");
  HOLDFAST_CHECK(object.Finish());
  return denied;
}

Result<EkPolicy> Parse(std::string_view json) {
  HOLDFAST_TRY(const Json value, ParseJson(json, kMaxPolicySize));
  JsonObject object(value, "ek_policy");
  HOLDFAST_CHECK(ReadSchemaVersion(object, kSchemaMajor, "ek_policy"));
  EkPolicy policy;
  if (const Json* pinned = object.OptionalArray("pinned", kMaxEntries))
    for (const Json& entry : *pinned) {
      HOLDFAST_TRY(PinnedEk parsed, ParsePinned(entry));
      policy.pinned.push_back(std::move(parsed));
    }
  if (const Json* denied = object.OptionalArray("denied_manufacturers", kMaxEntries))
    for (const Json& entry : *denied) {
      if (!entry.is_string() || !IsManufacturer(entry.get_ref<const std::string&>()))
        return Malformed("ek_policy.denied_manufacturers", std::string("an element ") + kNoManufacturer,
                         "write it as in \"id:53544D20\"");
      policy.denied_manufacturers.push_back(entry.get<std::string>());
    }
  if (const Json* denied = object.OptionalArray("denied_firmware", kMaxEntries))
    for (const Json& entry : *denied) {
      HOLDFAST_TRY(DeniedFirmware parsed, ParseFirmware(entry));
      policy.denied_firmware.push_back(std::move(parsed));
    }
  HOLDFAST_CHECK(object.Finish());
  return policy;
}

}  // namespace

Result<EkPolicy> ParseEkPolicy(std::string_view json) {
  return WithAdvice(Parse(json), "correct the policy for endorsement keys or restore it from a backup");
}

std::string FormatEkPolicy(const EkPolicy& policy) {
  Json pinned = Json::array(), firmware = Json::array();
  for (const PinnedEk& entry : policy.pinned)
    pinned.push_back({{"key", HexEncode(entry.key)}, {"class", EkRootClassName(entry.root_class)}});
  for (const DeniedFirmware& entry : policy.denied_firmware)
    firmware.push_back(
        {{"manufacturer", entry.manufacturer}, {"from", Hex64(entry.from)}, {"to", Hex64(entry.to)}});
  const Json value{{"schema", "1.0"},
                   {"pinned", pinned},
                   {"denied_manufacturers", policy.denied_manufacturers},
                   {"denied_firmware", firmware}};
  return FormatJson(value, 2) + "\n";
}

}  // namespace holdfast
