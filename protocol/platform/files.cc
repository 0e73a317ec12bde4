#include "protocol/platform/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "protocol/crypto/random.h"

namespace holdfast {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  int get() const { return value_; }
  bool valid() const { return value_ >= 0; }
  int Release() { return std::exchange(value_, -1); }
  int Close() {
    int result = ::close(value_);
    value_ = -1;
    return result;
  }

 private:
  int value_;
};

std::string Reason() {
  return std::generic_category().message(errno);
}

tl::unexpected<Error> WriteFailed(const Path& path, std::string_view step) {
  return Fail(ErrorKind::kUnavailable, "file.write",
              path.string() + " cannot be written (" + std::string(step) + "): " + Reason(),
              "check space and permissions; the old content, if any, is untouched");
}

Path DirectoryOf(const Path& path) {
  return path.has_parent_path() ? path.parent_path() : Path(".");
}

Path LinkTo(int fd) {
  return "/proc/self/fd/" + std::to_string(fd);
}

Path TemporaryName(const Path& path) {
  return DirectoryOf(path) / ("." + path.filename().string() + "." + HexEncode(RandomBytes(6)) + ".tmp");
}

// In the directory of `path`, without a name: of a process that is killed nothing is left. -1 with errno where it cannot be; the file gets
// its name by its link in /proc, so EOPNOTSUPP without one.
int OpenUnnamed(const Path& path, int mode) {
  Descriptor fd(
      ::open(DirectoryOf(path).c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, static_cast<mode_t>(mode)));
  if (!fd.valid() || ::access(LinkTo(fd.get()).c_str(), F_OK) == 0) return fd.Release();
  errno = EOPNOTSUPP;
  return -1;
}

// What file systems and kernels without such files say.
bool CannotBeUnnamed(int error) {
  return error == EOPNOTSUPP || error == EISDIR || error == EINVAL;
}

// A rename over a device, socket or directory would take it away: root writing to /dev/null, for example.
Status CheckReplaceable(const Path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode) || S_ISLNK(info.st_mode)) return {};
  return Refused("file.kind", path.string() + " is not a regular file",
                 "name a file; \"-\" is standard output");
}

// The last step, when `path` is in its directory, or gone from it, already.
Status SyncDirectoryOf(const Path& path) {
  Descriptor fd(::open(DirectoryOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.valid() && ::fsync(fd.get()) == 0) return {};
  return Fail(ErrorKind::kUnavailable, "file.write",
              path.string() + " is changed, but its directory cannot be synced to the disk: " + Reason(),
              "check the disk and do it again; after a power cut the change could be lost");
}

bool WriteAll(int fd, ByteView content) {
  while (!content.empty()) {
    ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    content = content.subspan(static_cast<size_t>(n));
  }
  return true;
}

tl::unexpected<Error> TooLarge(const Path& path, size_t max_size) {
  return Malformed("file.size", path.string() + " is larger than " + std::to_string(max_size) + " octets",
                   "this is not a file of the kind that is wanted here");
}

tl::unexpected<Error> CannotRead(const Path& path) {
  return Fail(ErrorKind::kUnavailable, "file.read", path.string() + " cannot be read: " + Reason(),
              "check the disk");
}

Result<Bytes> ReadAll(int fd, const Path& path, size_t max_size) {
  Bytes content;
  uint8_t buffer[16384];
  for (;;) {
    ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return CannotRead(path);
    if (n == 0) return content;
    if (content.size() + static_cast<size_t>(n) > max_size) return TooLarge(path, max_size);
    content.insert(content.end(), buffer, buffer + n);
  }
}

// Into one buffer that is wiped: nothing is left on the stack or in storage that was outgrown.
Result<Secret> ReadAllSecret(int fd, const Path& path, size_t max_size) {
  Bytes buffer(max_size + 1);
  size_t size = 0;
  ssize_t n = 0;
  do {
    n = ::read(fd, buffer.data() + size, buffer.size() - size);
    if (n > 0) size += static_cast<size_t>(n);
  } while (size < buffer.size() && (n > 0 || (n < 0 && errno == EINTR)));
  const Secret whole(std::move(buffer));
  if (n < 0) return CannotRead(path);
  if (size > max_size) return TooLarge(path, max_size);
  return Secret::CopyOf(whole.Reveal().first(size));
}

// As a shell takes it, to be copied out of a message.
std::string ShellWord(const std::string& text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

Result<int> OpenRegular(const Path& path, bool private_only) {
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.valid()) {
    if (errno == ENOENT || errno == ENOTDIR)
      return Fail(ErrorKind::kNotFound, "file.missing", path.string() + " does not exist",
                  "name a file that does");
    if (errno == ELOOP)
      return Refused("file.kind", path.string() + " is a symbolic link", "name the file itself");
    return Fail(ErrorKind::kUnavailable, "file.read", path.string() + " cannot be opened: " + Reason(),
                "check its permissions");
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode))
    return Refused("file.kind", path.string() + " is not a regular file", "name a file");
  if (private_only && (info.st_mode & 077) != 0)
    return Refused("file.mode", path.string() + " can be read by others",
                   "run chmod 600 " + ShellWord(path.string()) + ", and try again");
  return fd.Release();
}

}  // namespace

Result<Bytes> ReadFile(const Path& path, size_t max_size) {
  HOLDFAST_TRY(const int opened, OpenRegular(path, false));
  const Descriptor fd(opened);
  return ReadAll(fd.get(), path, max_size);
}

Result<Secret> ReadSecretFile(const Path& path, size_t max_size) {
  HOLDFAST_TRY(const int opened, OpenRegular(path, true));
  const Descriptor fd(opened);
  return ReadAllSecret(fd.get(), path, max_size);
}

Result<PreparedFile> PreparedFile::Prepare(const Path& path, int mode, size_t room) {
  HOLDFAST_CHECK(CheckReplaceable(path));
  Path temporary;
  int opened = OpenUnnamed(path, mode);
  if (opened < 0 && CannotBeUnnamed(errno)) {
    temporary = TemporaryName(path);
    opened = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    static_cast<mode_t>(mode));
  }
  if (opened < 0) return WriteFailed(path, "creating a temporary file");
  PreparedFile file(path, temporary, opened);
  if (::fchmod(opened, static_cast<mode_t>(mode)) != 0) return WriteFailed(path, "mode");
  if (room == 0) return file;
  // What file systems say that cannot do this is no reason not to try.
  const int failed = ::posix_fallocate(opened, 0, static_cast<off_t>(room));
  if (failed != ENOSPC && failed != EDQUOT && failed != EFBIG) return file;
  errno = failed;
  return WriteFailed(path, "making room");
}

Status PreparedFile::Write(ByteView content) {
  Descriptor fd(std::exchange(descriptor_, -1));
  if (!WriteAll(fd.get(), content)) return WriteFailed(path_, "write");
  if (::ftruncate(fd.get(), static_cast<off_t>(content.size())) != 0) return WriteFailed(path_, "size");
  if (::fsync(fd.get()) != 0) return WriteFailed(path_, "fsync");
  if (temporary_.empty()) {
    const Path name = TemporaryName(path_);
    if (::linkat(AT_FDCWD, LinkTo(fd.get()).c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0)
      return WriteFailed(path_, "link");
    temporary_ = name;
  }
  if (fd.Close() != 0) return WriteFailed(path_, "close");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return WriteFailed(path_, "rename");
  temporary_.clear();
  return SyncDirectoryOf(path_);
}

PreparedFile::PreparedFile(PreparedFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

PreparedFile& PreparedFile::operator=(PreparedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(temporary_, other.temporary_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

PreparedFile::~PreparedFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Status WriteFileAtomically(const Path& path, ByteView content, int mode) {
  HOLDFAST_TRY(PreparedFile file, PreparedFile::Prepare(path, mode));
  return file.Write(content);
}

Status RemoveFile(const Path& path) {
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return {};
    return Fail(ErrorKind::kUnavailable, "file.remove", path.string() + " cannot be removed: " + Reason(),
                "check the permissions of its directory");
  }
  return SyncDirectoryOf(path);
}

Status MakeDirectory(const Path& named, int mode) {
  const Path path = named.has_filename() ? named : named.parent_path();  // "a/b/" is "a/b"
  const auto failed = [&](const std::string& reason) {
    return Fail(ErrorKind::kUnavailable, "file.write", path.string() + " cannot be made: " + reason,
                "check space and permissions, and that no file has this name");
  };
  std::error_code ignored, error;
  if (std::filesystem::is_directory(path, ignored)) return {};
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (error) return failed(error.message());
  // Another process may make it at the same time; whatever else has the name is in the way.
  if (::mkdir(path.c_str(), static_cast<mode_t>(mode)) != 0) {
    const std::string reason = Reason();
    if (!std::filesystem::is_directory(path, ignored)) return failed(reason);
  }
  return SyncDirectoryOf(path);
}

Result<FileLock> FileLock::Acquire(const Path& path) {
  int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return Fail(ErrorKind::kUnavailable, "file.write",
                "the lock " + path.string() + " cannot be opened: " + Reason(),
                "check space and permissions");
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd);
    return Fail(ErrorKind::kConflict, "file.locked", path.string() + " is held by another process",
                "wait until that one is done, or stop it");
  }
  return FileLock(fd);
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}
FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace holdfast
