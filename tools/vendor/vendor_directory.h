// One vendor's directory, as `holdfast-vendor init` makes it:
//
//   vendor.json      { "schema": "1.0", "vendor": name, "key_prefix": "NLS" }; written last, so that a
//                    directory without it is not complete
//   store.db         the store
//   ek-roots.json    trust anchors for endorsement keys, with a class each; empty at first
//   ek-policy.json   pinned endorsement keys, what is denied; absent: nothing
//   content-keys/    content keys, PRODUCT/NAME, mode 0600 (licensing/content_keys.h); made with the first one
//   roots.pem, signer.conf, ...   the signer's, from the ceremony
#pragma once

#include "protocol/platform/files.h"
#include "signer/server/licensing/licensing.h"

namespace holdfast::vendor {

struct VendorDirectory {
  Path path;
  Path Config() const { return path / "vendor.json"; }
  Path Store() const { return path / "store.db"; }
  Path EkRoots() const { return path / "ek-roots.json"; }
  Path EkPolicyFile() const { return path / "ek-policy.json"; }
  Path ContentKeyFiles() const { return path / "content-keys"; }
  Path Roots() const { return path / "roots.pem"; }
  Path Lock() const { return path / "vendor.lock"; }
  Path SignerConfig() const { return path / "signer.conf"; }
  Path SignerSocket() const { return path / "signer.sock"; }
};

// Is there a complete vendor directory?
bool IsVendorDirectory(const Path& path);

struct VendorConfig {
  std::string vendor;
  std::string key_prefix = "NLS";
};
Result<VendorConfig> ParseVendorConfig(std::string_view json);  // vendor.<member>
std::string FormatVendorConfig(const VendorConfig& config);

// Held while a file of the directory is read, changed and written back: commands at the same time wait for each
// other. Check: file.locked when that takes more than ten seconds.
Result<FileLock> LockFiles(const VendorDirectory& directory);

// What licensing needs of the directory. Checks: vendor.permission (kUnavailable), vendor.missing (kNotFound), those of the files' parsers; the
// message names the file.
Result<LicensingSettings> LoadSettings(const VendorDirectory& directory);
Result<EkRootBundle> LoadEkRoots(const VendorDirectory& directory);
Result<EkPolicy> LoadEkPolicy(const VendorDirectory& directory);

}  // namespace holdfast::vendor
