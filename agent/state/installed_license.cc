#include "agent/state/installed_license.h"

#include "agent/state/state_members.h"
#include "protocol/armor.h"
#include "protocol/json_text.h"

namespace holdfast {

std::string FormatInstalledLicense(const InstalledLicense& license) {
  Json json{{"schema", kStateSchema},
            {"product", license.product},
            {"installed", FormatTime(license.installed)},
            {"product_key_id", license.product_key_id},
            {"request_hash", HexEncode(license.request_hash)},
            {"keys", FormatLicenseKeys(license.keys)},
            {"license", license.license}};
  if (!license.content_keys.empty()) json["content_keys"] = FormatSealedKeys(license.content_keys);
  return FormatJson(json, 1) + "\n";
}

Result<InstalledLicense> ParseInstalledLicense(std::string_view json) {
  HOLDFAST_TRY(const Json value, ParseJson(json, kMaxStateFileSize));
  JsonObject o(value, "state");
  HOLDFAST_CHECK(ReadStateSchema(o));
  InstalledLicense license;
  license.product = ReadProduct(o);
  license.installed = o.Time("installed");
  license.product_key_id = ReadProductKeyId(o);
  license.request_hash = ReadRequestHash(o);
  license.license = o.String("license", kMaxFileSize);
  const Json* keys = o.Object("keys");
  HOLDFAST_TRY(license.content_keys, ReadSealedKeys(o, "state"));
  HOLDFAST_CHECK(o.Finish());
  HOLDFAST_TRY(license.keys, ParseLicenseKeys(*keys));
  return license;
}

}  // namespace holdfast
