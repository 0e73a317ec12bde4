#include "tools/vendor/vendor_directory.h"

#include <algorithm>

#include "protocol/armor.h"
#include "protocol/json_text.h"
#include "tools/cli/output.h"
#include "tools/vendor/in_turn.h"

namespace holdfast::vendor {
namespace {

constexpr size_t kMaxConfigSize = 16 * 1024, kMaxEkFileSize = 4 * 1024 * 1024;

bool IsKeyPrefix(std::string_view prefix) {
  return prefix.size() >= 2 && prefix.size() <= 8 &&
         std::all_of(prefix.begin(), prefix.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// Reads and parses one file; what is wrong with it is said with its name.
template <class T>
Result<T> Load(const Path& file, size_t max_size, Result<T> (*parse)(std::string_view)) {
  auto content = ReadFile(file, max_size);
  if (!content) return tl::unexpected(cli::About(file.string(), std::move(content.error())));
  return cli::About(file.string(), parse(AsText(*content)));
}

}  // namespace

bool IsVendorDirectory(const Path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(VendorDirectory{path}.Config(), ignored);
}

Result<VendorConfig> ParseVendorConfig(std::string_view json) {
  HOLDFAST_TRY(const Json value, ParseJson(json, kMaxConfigSize));
  JsonObject object(value, "vendor");
  if (object.String("schema", 16) != "1.0") object.Fault("schema", "is not 1.0");
  VendorConfig config;
  config.vendor = object.String("vendor", 64);
  if (!EncodeName({config.vendor, "line"})) object.Fault("vendor", "is not a name of 1 to 64 characters");
  config.key_prefix = object.String("key_prefix", 8, "NLS");
  if (!IsKeyPrefix(config.key_prefix)) object.Fault("key_prefix", "is not 2 to 8 capital letters");
  HOLDFAST_CHECK(object.Finish());
  return config;
}

std::string FormatVendorConfig(const VendorConfig& config) {
  const Json value{{"schema", "1.0"}, {"vendor", config.vendor}, {"key_prefix", config.key_prefix}};
  return FormatJson(value, 2) + "\n";
}

Result<FileLock> LockFiles(const VendorDirectory& directory) {
  return InTurn("file.locked", [&] { return FileLock::Acquire(directory.Lock()); });
}

Result<EkRootBundle> LoadEkRoots(const VendorDirectory& directory) {
  return Load<EkRootBundle>(directory.EkRoots(), kMaxEkFileSize, ParseEkRootBundle);
}

Result<EkPolicy> LoadEkPolicy(const VendorDirectory& directory) {
  auto policy = Load<EkPolicy>(directory.EkPolicyFile(), kMaxEkFileSize, ParseEkPolicy);
  if (!policy && policy.error().kind == ErrorKind::kNotFound) return EkPolicy{};
  return policy;
}

Result<LicensingSettings> LoadSettings(const VendorDirectory& directory) {
  std::error_code why;
  const bool there = std::filesystem::is_regular_file(directory.Config(), why);
  if (!there && why == std::errc::permission_denied)
    return Fail(ErrorKind::kUnavailable, "vendor.permission",
                directory.path.string() + " cannot be looked into by this user",
                "run the command as the user whose directory it is");
  if (!there)
    return Fail(ErrorKind::kNotFound, "vendor.missing",
                directory.path.string() + " is not a vendor directory",
                "name it with --dir, or make one with `holdfast-vendor init`");
  HOLDFAST_TRY(const VendorConfig config,
               Load<VendorConfig>(directory.Config(), kMaxConfigSize, ParseVendorConfig));
  LicensingSettings settings{.vendor = config.vendor, .key_prefix = config.key_prefix};
  HOLDFAST_TRY(settings.roots, Load<TrustAnchors>(directory.Roots(), kMaxFileSize, ParseTrustAnchors));
  HOLDFAST_TRY(settings.ek_roots, LoadEkRoots(directory));
  HOLDFAST_TRY(settings.ek_policy, LoadEkPolicy(directory));
  settings.content_keys = ContentKeys(directory.ContentKeyFiles());
  return settings;
}

}  // namespace holdfast::vendor
