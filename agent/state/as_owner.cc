#include "agent/state/as_owner.h"

#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

namespace holdfast {

AsOwner::AsOwner(const Path& directory) {
  struct stat info {};
  if (::geteuid() != 0 || ::stat(directory.c_str(), &info) != 0 || info.st_uid == 0) return;
  ::setfsgid(info.st_gid);  // before the right to do so goes with the user
  ::setfsuid(info.st_uid);
  changed_ = true;
}

AsOwner::~AsOwner() {
  if (!changed_) return;
  ::setfsuid(0);
  ::setfsgid(::getegid());
}

}  // namespace holdfast
