// Files, so that nothing is lost: what is written is the old content or the new one, also after kill -9, a
// full disk or a power cut. A symbolic link in the last component of a path is not followed; only MakeDirectory
// takes one that leads to a directory for the directory.
#pragma once

#include <filesystem>

#include "protocol/bytes.h"
#include "protocol/secret.h"

namespace holdfast {

using Path = std::filesystem::path;

// The whole regular file; more than max_size octets is an error. "-" is not special.
// Checks: file.missing (kNotFound), file.size (kMalformed), file.kind, file.read (kUnavailable).
Result<Bytes> ReadFile(const Path& path, size_t max_size);
Result<Secret> ReadSecretFile(const Path& path,
                              size_t max_size);  // also refuses group- or world-readable: file.mode
// Temporary file in the same directory, fsync, rename, fsync of the directory. Checks: file.write
// (kUnavailable), file.kind when something else than a file stands there (it would be replaced). When only the
// last step fails the new content is there already, and the message says so; the same holds for the two below.
Status WriteFileAtomically(const Path& path, ByteView content, int mode);
// The same in two steps, for who does between them what cannot be undone: that the file can be written is known before.
class PreparedFile {
 public:
  // Makes the temporary file, with `room` octets of the disk; where the file system can, it has no name until it is written, and a process
  // that is killed before leaves nothing behind. Checks: file.write, file.kind, as above.
  static Result<PreparedFile> Prepare(const Path& path, int mode, size_t room = 0);
  PreparedFile(PreparedFile&& other) noexcept;
  PreparedFile& operator=(PreparedFile&& other) noexcept;
  ~PreparedFile();  // removes the temporary file, unless it has become the file
  // Once.
  Status Write(ByteView content);

 private:
  PreparedFile(Path path, Path temporary, int descriptor)
      : path_(std::move(path)), temporary_(std::move(temporary)), descriptor_(descriptor) {}
  Path path_, temporary_;  // temporary_: empty while it has no name
  int descriptor_ = -1;
};
// Absent is success; the directory is synced. Checks: file.remove, file.write (kUnavailable).
Status RemoveFile(const Path& path);
// With parents; existing is success. Check: file.write (kUnavailable).
Status MakeDirectory(const Path& path, int mode);

// An advisory lock held as long as the object lives (flock on path, created when missing).
class FileLock {
 public:
  static Result<FileLock> Acquire(const Path& path);  // check: file.locked (kConflict), does not wait
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace holdfast
