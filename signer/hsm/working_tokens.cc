#include "signer/hsm/working_tokens.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>

#include "protocol/crypto/random.h"
#include "signer/hsm/embedded_token.h"

namespace holdfast::hsm {
namespace {

constexpr std::string_view kCopyPrefix = ".tokens-in-use-";

void Remove(const Path& directory) {
  std::error_code error;
  std::filesystem::remove_all(directory, error);
}

void RemoveLeftovers(const Path& directory) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error))
    if (entry.path().filename().string().starts_with(kCopyPrefix)) Remove(entry.path());
}

std::string EmbeddedEnvironment(const Path& directory) {
  return "SOFTHSM2_CONF=" + (directory / "softhsm2.conf").string();
}

// Also after the signer's directory was moved or restored elsewhere, when the configuration still names the old place.
bool IsEmbedded(const TokenConfig& token, const Path& directory) {
  std::error_code error;
  return token.module_env.size() == 1 && token.module_env[0].starts_with("SOFTHSM2_CONF=") &&
         token.module_env[0].ends_with("/softhsm2.conf") &&
         std::filesystem::exists(directory / "softhsm2.conf", error) &&
         std::filesystem::is_directory(directory / "tokens", error);
}

Status Copy(const Path& from, const Path& to) {
  HOLDFAST_CHECK(MakeDirectory(to, 0700));
  std::error_code error;
  std::filesystem::copy(from / "tokens", to / "tokens", std::filesystem::copy_options::recursive, error);
  if (error)
    return Fail(ErrorKind::kUnavailable, "tokens.copy",
                (from / "tokens").string() + " cannot be copied: " + error.message(),
                "Check space and permissions of " + from.string() + "; the tokens are untouched");
  return WriteEmbeddedConfig(to / "softhsm2.conf", to / "tokens");
}

// Everything that was written below `directory` is on the disk.
bool Sync(const Path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool ok = fd >= 0 && ::syncfs(fd) == 0;
  if (fd >= 0) ::close(fd);
  return ok;
}

}  // namespace

Result<WorkingTokens> WorkingTokens::Make(const SignerConfig& config, const SignerPaths& paths) {
  WorkingTokens working;
  working.directory_ = paths.directory;
  working.configs_ = config.tokens;
  RemoveLeftovers(paths.directory);
  for (auto& [name, token] : working.configs_) {
    if (!IsEmbedded(token, paths.directory)) continue;
    if (working.copy_.empty()) {
      working.copy_ = paths.directory / (std::string(kCopyPrefix) + HexEncode(RandomBytes(6)));
      HOLDFAST_CHECK(Copy(paths.directory, working.copy_));
    }
    token.module_env = {EmbeddedEnvironment(working.copy_)};
  }
  return working;
}

WorkingTokens::WorkingTokens(WorkingTokens&& other) noexcept
    : directory_(std::move(other.directory_)),
      copy_(std::exchange(other.copy_, {})),
      configs_(std::move(other.configs_)) {}

WorkingTokens::~WorkingTokens() {
  if (!copy_.empty()) Remove(copy_);
}

Status WorkingTokens::Publish() {
  if (copy_.empty()) return {};
  const Path fresh = copy_ / "tokens", old = directory_ / "tokens";
  if (!Sync(fresh) || ::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, old.c_str(), RENAME_EXCHANGE) != 0 ||
      !Sync(directory_)) {
    return Fail(ErrorKind::kUnavailable, "tokens.publish",
                old.string() + " cannot be replaced: " + std::generic_category().message(errno),
                "Check space and permissions, then repeat the command");
  }
  return {};
}

}  // namespace holdfast::hsm
