// Root in a directory of somebody else works with that user's rights: what it makes belongs to the user, who can read it later, and a
// symbolic link that the user has put there leads root no further than the user could go. For anybody else, and in root's own
// directory or one that does not exist, this does nothing. Concerns the calling thread and files only, as long as the object lives.
#pragma once

#include "protocol/platform/files.h"

namespace holdfast {

class AsOwner {
 public:
  explicit AsOwner(const Path& directory);
  ~AsOwner();
  AsOwner(const AsOwner&) = delete;
  AsOwner& operator=(const AsOwner&) = delete;

 private:
  bool changed_ = false;
};

}  // namespace holdfast
