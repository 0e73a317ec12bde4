#include "agent/license_keys.h"

namespace holdfast {

Json FormatLicenseKeys(const LicenseKeys& keys) {
  if (const auto* host = std::get_if<HostKeys>(&keys)) return FormatHostKeys(*host);
  return Json::parse(FormatKeySet(std::get<KeySet>(keys)));  // our own text: cannot fail
}

Result<LicenseKeys> ParseLicenseKeys(const Json& json) {
  if (json.contains("assurance")) return ParseHostKeys(json);
  return ParseKeySet(json);
}

Result<PublicKey> LicenseKeyOf(const LicenseKeys& keys) {
  if (const auto* host = std::get_if<HostKeys>(&keys)) return host->license_key;
  auto area = tpm::ParsePublic(std::get<KeySet>(keys).license_key_public);
  auto key = area ? tpm::KeyOf(*area) : tl::unexpected(area.error());
  if (key) return key;
  return Malformed("state.license_key", "the license key's public area is damaged: " + key.error().message,
                   "make a new request with --new");
}

}  // namespace holdfast
