#include "protocol/platform/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <fstream>
#include <functional>

#include "protocol/platform/clock.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

class FilesTest : public testing::Test {
 protected:
  FilesTest() {
    std::string name = (fs::temp_directory_path() / "holdfast-files-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
  }
  ~FilesTest() override { fs::remove_all(directory_); }

  Path At(const char* name) const { return directory_ / name; }
  static std::string Text(const Path& path) {
    auto bytes = ReadFile(path, 1 << 20);
    return bytes ? std::string(AsText(*bytes)) : bytes.error().check;
  }
  size_t Count() const { return static_cast<size_t>(std::distance(fs::directory_iterator(directory_), {})); }
  static int ModeOf(const Path& path) {
    struct stat info {};
    ::stat(path.c_str(), &info);
    return static_cast<int>(info.st_mode & 07777);
  }

  // 0 when a child process finds it to hold.
  static int InChild(const std::function<bool()>& holds) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(holds() ? 0 : 1);
    int result = -1;
    return child > 0 && ::waitpid(child, &result, 0) == child && WIFEXITED(result) ? WEXITSTATUS(result) : -1;
  }

  Path directory_;
};

// From now on, for this process: as on a file system that knows no files without a name.
bool RefuseUnnamedFiles() {
  constexpr uint32_t kUnnamed = O_TMPFILE & ~O_DIRECTORY;
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[2])),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, kUnnamed, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {std::size(filter), filter};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST_F(FilesTest, WhatIsWrittenIsRead) {
  ASSERT_TRUE(WriteFileAtomically(At("f"), AsBytes("content"), 0640));
  EXPECT_EQ(Text(At("f")), "content");
  EXPECT_EQ(ModeOf(At("f")), 0640);
  EXPECT_EQ(Count(), 1u) << "no temporary file is left";
}
TEST_F(FilesTest, TheModeIsThatAskedForWhateverTheUmask) {
  const mode_t before = ::umask(0077);
  EXPECT_TRUE(WriteFileAtomically(At("f"), AsBytes("x"), 0644));
  ::umask(before);
  EXPECT_EQ(ModeOf(At("f")), 0644);
}
TEST_F(FilesTest, WritingReplacesContentAndMode) {
  ASSERT_TRUE(WriteFileAtomically(At("f"), AsBytes("a long first content"), 0644));
  ASSERT_TRUE(WriteFileAtomically(At("f"), AsBytes("second"), 0600));
  EXPECT_EQ(Text(At("f")), "second");
  EXPECT_EQ(ModeOf(At("f")), 0600);
}
TEST_F(FilesTest, AnEmptyFileIsAFile) {
  ASSERT_TRUE(WriteFileAtomically(At("f"), {}, 0600));
  EXPECT_EQ(ReadFile(At("f"), 0), Bytes());
}
TEST_F(FilesTest, TheSizeLimitIsInclusive) {
  ASSERT_TRUE(WriteFileAtomically(At("f"), Bytes(100000, 1), 0600));
  EXPECT_TRUE(ReadFile(At("f"), 100000));
  auto over = ReadFile(At("f"), 99999);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().check, "file.size");
  EXPECT_EQ(over.error().kind, ErrorKind::kMalformed);
}
TEST_F(FilesTest, AMissingFileIsNamed) {
  auto missing = ReadFile(At("none"), 10);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().check, "file.missing");
  EXPECT_EQ(missing.error().kind, ErrorKind::kNotFound);
  EXPECT_NE(missing.error().message.find("none"), std::string::npos);
}
TEST_F(FilesTest, WhatIsNoRegularFileIsRefusedWithoutWaiting) {
  EXPECT_EQ(ReadFile(directory_, 10).error().check, "file.kind");
  ASSERT_EQ(::mkfifo(At("fifo").c_str(), 0600), 0);
  EXPECT_EQ(ReadFile(At("fifo"), 10).error().check, "file.kind");
  EXPECT_EQ(ReadFile("/dev/zero", 10).error().check, "file.kind");
}
TEST_F(FilesTest, ASymbolicLinkIsNotRead) {
  ASSERT_TRUE(WriteFileAtomically(At("target"), AsBytes("x"), 0600));
  fs::create_symlink(At("target"), At("link"));
  fs::create_symlink(At("nowhere"), At("dangling"));
  EXPECT_EQ(ReadFile(At("link"), 10).error().check, "file.kind");
  EXPECT_EQ(ReadFile(At("dangling"), 10).error().check, "file.kind");
  EXPECT_EQ(ReadSecretFile(At("link"), 10).error().check, "file.kind");
}
TEST_F(FilesTest, WritingReplacesASymbolicLinkAndLeavesItsTargetAlone) {
  ASSERT_TRUE(WriteFileAtomically(At("target"), AsBytes("precious"), 0600));
  fs::create_symlink(At("target"), At("link"));
  ASSERT_TRUE(WriteFileAtomically(At("link"), AsBytes("new"), 0600));
  EXPECT_EQ(Text(At("target")), "precious");
  EXPECT_FALSE(fs::is_symlink(At("link")));
  EXPECT_EQ(Text(At("link")), "new");
}
TEST_F(FilesTest, SecretsMustNotBeReadableByOthers) {
  for (int mode : {0640, 0604, 0660, 0601}) {
    ASSERT_TRUE(WriteFileAtomically(At("pin"), AsBytes("1234"), mode));
    auto secret = ReadSecretFile(At("pin"), 100);
    ASSERT_FALSE(secret) << mode;
    EXPECT_EQ(secret.error().check, "file.mode");
  }
  ASSERT_TRUE(WriteFileAtomically(At("pin"), AsBytes("1234"), 0600));
  EXPECT_EQ(ReadSecretFile(At("pin"), 100)->RevealText(), "1234");
  EXPECT_EQ(ReadSecretFile(At("pin"), 3).error().check, "file.size");
}
TEST_F(FilesTest, WritingIntoAMissingDirectoryFailsAndSaysWhere) {
  auto status = WriteFileAtomically(At("none") / "f", AsBytes("x"), 0600);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().check, "file.write");
  EXPECT_EQ(status.error().kind, ErrorKind::kUnavailable);
  EXPECT_NE(status.error().message.find((At("none") / "f").string()), std::string::npos);
}
TEST_F(FilesTest, WritingOverADirectoryFailsAndLeavesNothing) {
  fs::create_directory(At("d"));
  EXPECT_FALSE(WriteFileAtomically(At("d"), AsBytes("x"), 0600));
  EXPECT_EQ(Count(), 1u);
}

TEST_F(FilesTest, AFileThatIsPreparedIsThereOnlyWhenItIsWritten) {
  ASSERT_TRUE(WriteFileAtomically(At("f"), AsBytes("old"), 0600));
  {
    auto prepared = PreparedFile::Prepare(At("f"), 0644, 4096);
    ASSERT_TRUE(prepared);
    EXPECT_EQ(Text(At("f")), "old");
  }
  EXPECT_EQ(Count(), 1u) << "what was not written leaves nothing";
  auto prepared = PreparedFile::Prepare(At("f"), 0644, 4096);
  ASSERT_TRUE(prepared);
  PreparedFile moved = std::move(*prepared);
  ASSERT_TRUE(moved.Write(AsBytes("new")));
  EXPECT_EQ(Text(At("f")), "new") << "as long as its content, whatever room was made";
  EXPECT_EQ(ModeOf(At("f")), 0644);
  EXPECT_EQ(Count(), 1u);
}
TEST_F(FilesTest, AFileThatIsPreparedHasNoNameSoThatAKillLeavesNothing) {
  const int unnamed = ::open(directory_.c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
  if (unnamed < 0) GTEST_SKIP() << "a file system without such files";
  ::close(unnamed);
  const auto prepared = PreparedFile::Prepare(At("f"), 0600, 4096);
  ASSERT_TRUE(prepared);
  EXPECT_EQ(Count(), 0u);
}
// FAT, NFS and old kernels.
TEST_F(FilesTest, AFileIsWrittenWhereNoneIsWithoutAName) {
  const auto write = [&] {
    const auto prepared = PreparedFile::Prepare(At("prepared"), 0600);
    return prepared.has_value() && Count() == 1 && WriteFileAtomically(At("f"), AsBytes("content"), 0640);
  };
  EXPECT_EQ(InChild([&] { return RefuseUnnamedFiles() && write(); }), 0);
  EXPECT_EQ(Text(At("f")), "content");
  EXPECT_EQ(ModeOf(At("f")), 0640);
  EXPECT_EQ(Count(), 1u) << "no temporary file is left";
}
TEST_F(FilesTest, AFileWithoutAPlaceIsNotPrepared) {
  EXPECT_EQ(PreparedFile::Prepare(At("none") / "f", 0600).error().check, "file.write");
  EXPECT_EQ(PreparedFile::Prepare("/dev/null", 0600).error().check, "file.kind");
}
TEST_F(FilesTest, AFileThatHasNoRoomIsNotPrepared) {
  const auto prepare = [&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit tiny{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &tiny);
    const bool fits = PreparedFile::Prepare(At("f"), 0600, 1000).has_value();
    return fits && PreparedFile::Prepare(At("f"), 0600, 1001).error().check == "file.write";
  };
  EXPECT_EQ(InChild(prepare), 0);
  EXPECT_EQ(Count(), 0u);
}
TEST_F(FilesTest, AdviceOnAModeCanBeCopiedToAShell) {
  ASSERT_TRUE(WriteFileAtomically(At("my key's"), AsBytes("x"), 0644));
  const std::string advice = ReadSecretFile(At("my key's"), 100).error().advice;
  EXPECT_NE(advice.find("chmod 600 '" + (directory_ / "my key").string() + "'\\''s',"), std::string::npos)
      << advice;
}

// A full disk, as a child process whose files may not grow beyond a few octets sees it.
TEST_F(FilesTest, AFullDiskKeepsTheOldContentAndLeavesNoRest) {
  ASSERT_TRUE(WriteFileAtomically(At("f"), AsBytes("old"), 0600));
  const auto refused = [&] {
    ::signal(SIGXFSZ, SIG_IGN);  // write() then fails with EFBIG
    const rlimit tiny{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &tiny);
    const Status status = WriteFileAtomically(At("f"), Bytes(5000, 'n'), 0600);
    return !status && status.error().check == "file.write";
  };
  EXPECT_EQ(InChild(refused), 0);
  EXPECT_EQ(Text(At("f")), "old");
  EXPECT_EQ(Count(), 1u);
}
// A writer killed in the middle: some complete content is there, whichever.
TEST_F(FilesTest, AKilledWriterLeavesOneCompleteContent) {
  const Bytes a(200000, 'a'), b(200000, 'b');
  ASSERT_TRUE(WriteFileAtomically(At("f"), a, 0600));
  for (int round = 0; round < 5; round++) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (;;) {
        if (!WriteFileAtomically(At("f"), b, 0600) || !WriteFileAtomically(At("f"), a, 0600)) ::_exit(1);
        if (::write(ready[1], "x", 1) != 1) ::_exit(2);
      }
    }
    char byte;
    for (int i = 0; i <= round; i++) ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ready[0]);
    ::close(ready[1]);
    auto content = ReadFile(At("f"), 1 << 20);
    ASSERT_TRUE(content);
    EXPECT_TRUE(*content == a || *content == b);
  }
}

TEST_F(FilesTest, RemovingIsIdempotent) {
  ASSERT_TRUE(WriteFileAtomically(At("f"), AsBytes("x"), 0600));
  EXPECT_TRUE(RemoveFile(At("f")));
  EXPECT_FALSE(fs::exists(At("f")));
  EXPECT_TRUE(RemoveFile(At("f")));
}
TEST_F(FilesTest, RemovingALinkKeepsItsTarget) {
  ASSERT_TRUE(WriteFileAtomically(At("target"), AsBytes("x"), 0600));
  fs::create_symlink(At("target"), At("link"));
  EXPECT_TRUE(RemoveFile(At("link")));
  EXPECT_EQ(Text(At("target")), "x");
}
TEST_F(FilesTest, DirectoriesAreMadeWithParents) {
  EXPECT_TRUE(MakeDirectory(directory_ / "a" / "b" / "c", 0700));
  EXPECT_EQ(ModeOf(directory_ / "a" / "b" / "c"), 0700);
  EXPECT_TRUE(MakeDirectory(directory_ / "a" / "b" / "c", 0700));
  ASSERT_TRUE(WriteFileAtomically(At("file"), AsBytes("x"), 0600));
  EXPECT_FALSE(MakeDirectory(At("file"), 0700)) << "a file of that name is no directory";
  EXPECT_FALSE(MakeDirectory(At("file") / "below", 0700));
}
TEST_F(FilesTest, DirectoriesAreMadeByARelativePath) {
  const Path before = fs::current_path();
  fs::current_path(directory_);
  for (const char* path : {"one", "./two", "three/four", "five/", "six/seven/"}) {
    const Status made = MakeDirectory(path, 0700);
    EXPECT_TRUE(made) << path << ": " << made.error().message;
    EXPECT_EQ(ModeOf(path), 0700) << path;
    EXPECT_TRUE(MakeDirectory(path, 0700)) << path << " again";
  }
  fs::current_path(before);
}
TEST_F(FilesTest, ALinkToADirectoryIsADirectory) {
  fs::create_directory(At("target"));
  fs::create_symlink(At("target"), At("link"));
  fs::create_symlink(At("nowhere"), At("dangling"));
  EXPECT_TRUE(MakeDirectory(At("link"), 0700));
  EXPECT_FALSE(MakeDirectory(At("dangling"), 0700));
  EXPECT_FALSE(fs::exists(At("nowhere")));
}
// In a directory that may be changed but not opened everything succeeds up to its fsync.
TEST_F(FilesTest, WhatFailsAfterTheChangeSaysThatItIsMade) {
  ASSERT_TRUE(WriteFileAtomically(At("f"), AsBytes("old"), 0644));
  ASSERT_TRUE(WriteFileAtomically(At("gone"), AsBytes("old"), 0644));
  constexpr uid_t kNobody = 65534;
  ASSERT_TRUE(::geteuid() != 0 || ::chown(directory_.c_str(), kNobody, kNobody) == 0);
  ASSERT_EQ(::chmod(directory_.c_str(), 0300), 0);
  const auto said = [&] {
    if (::geteuid() == 0 && ::setuid(kNobody) != 0) return false;
    const auto says = [](const Status& status) {
      return !status && status.error().check == "file.write" &&
             status.error().message.find("is changed") != std::string::npos &&
             status.error().advice.find("untouched") == std::string::npos;
    };
    return says(WriteFileAtomically(At("f"), AsBytes("new"), 0644)) && says(RemoveFile(At("gone"))) &&
           says(MakeDirectory(At("d"), 0755));
  };
  EXPECT_EQ(InChild(said), 0);
  ::chmod(directory_.c_str(), 0700);
  EXPECT_EQ(Text(At("f")), "new");
  EXPECT_FALSE(fs::exists(At("gone")));
  EXPECT_TRUE(fs::is_directory(At("d")));
}
TEST_F(FilesTest, ALockIsHeldByOneAtATime) {
  auto first = FileLock::Acquire(At("lock"));
  ASSERT_TRUE(first);
  auto second = FileLock::Acquire(At("lock"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().check, "file.locked");
  EXPECT_EQ(second.error().kind, ErrorKind::kConflict);
  { FileLock moved(std::move(*first)); }
  EXPECT_TRUE(FileLock::Acquire(At("lock")));
}
TEST_F(FilesTest, ALockEndsWithItsProcess) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto lock = FileLock::Acquire(At("lock"));
    if (!lock || ::write(ready[1], "x", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char byte;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_FALSE(FileLock::Acquire(At("lock")));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(FileLock::Acquire(At("lock")));
}
TEST_F(FilesTest, ALockDoesNotFollowALink) {
  fs::create_symlink(At("target"), At("lock"));
  EXPECT_FALSE(FileLock::Acquire(At("lock")));
  EXPECT_FALSE(fs::exists(At("target")));
}

TEST(ClockTest, TheSystemClockIsThatOfTheSystem) {
  const auto before = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const Time now = SystemClock()();
  EXPECT_GE(now, before);
  EXPECT_LE(now, std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
}

}  // namespace
}  // namespace holdfast
