#include "signer/server/licensing/content_keys.h"

#include <algorithm>

#include "protocol/terms.h"

namespace holdfast {
namespace {

constexpr int kPrivateDirectory = 0700, kPrivateFile = 0600;

// Identifiers in a directory, ascending; whatever else is in it is not ours. None that does not exist.
Result<std::vector<std::string>> IdentifiersIn(const Path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    if (const std::string name = entry->path().filename(); IsIdentifier(name)) names.push_back(name);
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return Fail(ErrorKind::kUnavailable, "content_key.list",
                directory.string() + " cannot be read: " + error.message(), "check its permissions");
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

Result<Secret> ContentKeys::Read(const ContentKeyId& id) const {
  auto key = ReadSecretFile(PathOf(id), kContentKeySize);
  if (!key && key.error().check == "file.missing")
    return Fail(ErrorKind::kNotFound, "content_key.missing",
                "there is no content key \"" + id.name + "\" of product \"" + id.product + "\"",
                "make it with `holdfast-vendor key add " + id.name + " --product " + id.product + "`");
  if (key && key->size() != kContentKeySize)
    return Refused("content_key.size", PathOf(id).string() + " has not 32 octets",
                   "restore it from a backup: content is encrypted with the key that was in it");
  return key;
}

Status ContentKeys::Add(const ContentKeyId& id, const Secret& key) const {
  if (key.size() != kContentKeySize)
    return Malformed("content_key.size", "a content key has exactly 32 octets", "give a file of 32 octets");
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(PathOf(id), ignored)))
    return Fail(ErrorKind::kConflict, "content_key.exists",
                "product \"" + id.product + "\" has a content key \"" + id.name + "\" already",
                "it is never replaced: give the new key a new name");
  HOLDFAST_CHECK(MakeDirectory(directory_, kPrivateDirectory));
  HOLDFAST_CHECK(MakeDirectory(directory_ / id.product, kPrivateDirectory));
  return WriteFileAtomically(PathOf(id), key.Reveal(), kPrivateFile);
}

Result<std::vector<ContentKeyId>> ContentKeys::List() const {
  std::vector<ContentKeyId> all;
  HOLDFAST_TRY(const auto products, IdentifiersIn(directory_));
  for (const std::string& product : products) {
    HOLDFAST_TRY(const auto names, IdentifiersIn(directory_ / product));
    for (const std::string& name : names) all.push_back({product, name});
  }
  return all;
}

}  // namespace holdfast
