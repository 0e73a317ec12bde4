#include "agent/content_keys.h"

namespace holdfast {
namespace {

tl::unexpected<Error> NotAsLicensed(std::string what) {
  return Refused("answer.content_keys", std::move(what), "get the answer again from the vendor");
}

Status CheckNames(const SealedContentKeys& sealed, const LicenseTerms& terms) {
  std::set<std::string> names;
  for (const auto& [name, key] : sealed) names.insert(name);
  if (names == AllKeys(terms.grants, terms.fallback)) return {};
  return NotAsLicensed("the content keys in the answer are not those that the license names");
}

}  // namespace

Status CheckContentKeys(const SealedContentKeys& sealed, const LicenseTerms& terms, const LicenseKeys& keys,
                        ContentKeyOpener& opener) {
  HOLDFAST_CHECK(CheckNames(sealed, terms));
  if (sealed.empty()) return {};
  const auto* key_set = std::get_if<KeySet>(&keys);
  if (key_set == nullptr) return NotAsLicensed("content keys are for a TPM, and this license is not");
  for (const auto& [name, key] : sealed) {
    const auto opened = opener.OpenContentKey(*key_set, key);
    if (opened) continue;
    if (opened.error().kind == ErrorKind::kUnavailable) return tl::unexpected(opened.error());
    return NotAsLicensed("this TPM does not open the content key " + name + ": " + opened.error().message);
  }
  return {};
}

Result<Secret> OpenInstalledKey(const std::string& product, const std::string& name,
                                const StateDirectory& state, ContentKeyOpener& opener) {
  HOLDFAST_TRY(const InstalledLicense installed, state.ReadLicense(product));
  const auto key = installed.content_keys.find(name);
  const auto* key_set = std::get_if<KeySet>(&installed.keys);
  if (key == installed.content_keys.end() || key_set == nullptr)
    return Fail(ErrorKind::kNotFound, "key.missing",
                "the license names the content key " + name + ", and none came with it",
                "install the vendor's answer again; where the license was changed since, make a new request "
                "(holdfast request --new), whose answer brings the content keys");
  return opener.OpenContentKey(*key_set, key->second);
}

}  // namespace holdfast
