// The vendor's content keys, 32 octets each by product and name: files of mode 0600, DIRECTORY/<product>/<name>. Who has these files
// has the keys. They are never replaced: content is out that was encrypted with them. Names are identifiers, so they are safe as
// file names.
#pragma once

#include "protocol/content_key.h"
#include "protocol/platform/files.h"

namespace holdfast {

struct ContentKeyId {
  std::string product, name;
};

class ContentKeys {
 public:
  ContentKeys() = default;
  explicit ContentKeys(Path directory) : directory_(std::move(directory)) {}

  // Checks: content_key.missing (kNotFound), content_key.size (kRefused), those of ReadSecretFile.
  Result<Secret> Read(const ContentKeyId& id) const;
  // Who calls it holds the lock of the directory. Checks: content_key.size, content_key.exists (kConflict), those of
  // WriteFileAtomically.
  Status Add(const ContentKeyId& id, const Secret& key) const;
  // Ascending. Check: content_key.list (kUnavailable).
  Result<std::vector<ContentKeyId>> List() const;

 private:
  Path PathOf(const ContentKeyId& id) const { return directory_ / id.product / id.name; }
  Path directory_;
};

}  // namespace holdfast
