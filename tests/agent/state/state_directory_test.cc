#include "agent/state/state_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/testing/temp_dir.h"

namespace holdfast {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct stat Info(const Path& path) {
  struct stat info {};
  EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
  return info;
}

int ModeOf(const Path& path) {
  return static_cast<int>(Info(path).st_mode & 07777);
}

void Write(const Path& file) {
  std::ofstream(file) << "x";
}

InstalledLicense License() {
  InstalledLicense license;
  license.product = "nls";
  return license;
}

class StateDirectoryTest : public ::testing::Test {
 protected:
  testing::TempDir home;
  const StateDirectory state{home.path() / "state"};
  const Path licenses = state.path() / "licenses", pending = state.path() / "pending";
};

TEST_F(StateDirectoryTest, NobodyElseCanLookIn) {
  ASSERT_TRUE(state.Lock());
  ASSERT_TRUE(state.WriteLicense(License()));
  for (const Path& directory : {state.path(), licenses, pending})
    EXPECT_EQ(ModeOf(directory), 0700) << directory;
  EXPECT_EQ(ModeOf(state.LicensePath("nls")), 0600);
  EXPECT_EQ(ModeOf(state.path() / "lock"), 0600);
}

TEST_F(StateDirectoryTest, OneHoldsTheLock) {
  auto lock = state.Lock();
  ASSERT_TRUE(lock);
  EXPECT_EQ(state.Lock().error().check, "state.locked");
  { const FileLock ends = std::move(*lock); }
  EXPECT_TRUE(state.Lock());
}

TEST_F(StateDirectoryTest, WhatAnInterruptedWriteLeftIsRemovedAndNothingElse) {
  { ASSERT_TRUE(state.Lock()); }
  for (const Path& directory : {licenses, pending})
    for (const char* name : {".nls.json.0a1b2c.tmp", ".hidden", "note.tmp", "nls.json"})
      Write(directory / name);
  ASSERT_TRUE(state.Lock());
  for (const Path& directory : {licenses, pending}) {
    EXPECT_FALSE(std::filesystem::exists(directory / ".nls.json.0a1b2c.tmp"));
    for (const char* name : {".hidden", "note.tmp", "nls.json"})
      EXPECT_TRUE(std::filesystem::exists(directory / name)) << name;
  }
}

TEST_F(StateDirectoryTest, FilesThatAreNoProductsAreNotListed) {
  ASSERT_TRUE(state.Lock());
  for (const char* name : {"b.json", "a.json", "A B.json", ".json", "c.json~", "README", ".a.json.1.tmp"})
    Write(licenses / name);
  EXPECT_THAT(*state.InstalledProducts(), ElementsAre("a", "b"));
  EXPECT_THAT(*state.PendingProducts(), IsEmpty());
}

TEST_F(StateDirectoryTest, ADirectoryThatDoesNotExistIsEmpty) {
  EXPECT_THAT(*state.InstalledProducts(), IsEmpty());
  EXPECT_EQ(state.ReadLicense("nls").error().kind, ErrorKind::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(state.path()));
}

TEST_F(StateDirectoryTest, WhatIsNoDirectoryIsAnError) {
  { ASSERT_TRUE(state.Lock()); }
  std::filesystem::remove(licenses);
  Write(licenses);
  EXPECT_EQ(state.InstalledProducts().error().check, "state.read");
}

TEST_F(StateDirectoryTest, RemovingTwiceIsSuccess) {
  ASSERT_TRUE(state.Lock());
  PendingRequest request;
  request.product = "nls";
  ASSERT_TRUE(state.WritePending(request));
  EXPECT_TRUE(state.RemovePending("nls"));
  EXPECT_FALSE(std::filesystem::exists(state.PendingPath("nls")));
  EXPECT_TRUE(state.RemovePending("nls"));
}

// `holdfast` of root while the agent of another user is stopped.
class ForeignStateDirectoryTest : public StateDirectoryTest {
 protected:
  static constexpr uid_t kUser = 54321, kGroup = 54322;
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can work in the directory of somebody else";
    std::filesystem::permissions(home.path(), std::filesystem::perms(0711));
    std::filesystem::create_directory(state.path());
    ASSERT_EQ(::chown(state.path().c_str(), kUser, kGroup), 0);
  }
};

TEST_F(ForeignStateDirectoryTest, WhatRootWritesBelongsToTheOwner) {
  ASSERT_TRUE(state.Lock());
  ASSERT_TRUE(state.WriteLicense(License()));
  for (const Path& path : {licenses, pending, state.path() / "lock", state.LicensePath("nls")}) {
    EXPECT_EQ(Info(path).st_uid, kUser) << path;
    EXPECT_EQ(Info(path).st_gid, kGroup) << path;
  }
  Write(home.path() / "after");
  EXPECT_EQ(Info(home.path() / "after").st_uid, 0U);
  EXPECT_EQ(Info(home.path() / "after").st_gid, ::getegid());
}

TEST_F(ForeignStateDirectoryTest, ALinkOfTheOwnersLeadsRootNoFurtherThanTheOwner) {
  { ASSERT_TRUE(state.Lock()); }
  const Path secret = home.path() / "roots-own";
  std::filesystem::create_directory(secret);
  std::filesystem::permissions(secret, std::filesystem::perms(0700));
  Write(secret / ".nls.json.0a1b2c.tmp");
  std::filesystem::remove(licenses);
  std::filesystem::create_symlink(secret, licenses);
  EXPECT_FALSE(state.WriteLicense(License()));
  EXPECT_FALSE(state.InstalledProducts());
  EXPECT_FALSE(state.Lock());
  EXPECT_FALSE(std::filesystem::exists(secret / "nls.json"));
  EXPECT_TRUE(std::filesystem::exists(secret / ".nls.json.0a1b2c.tmp"));
}

}  // namespace
}  // namespace holdfast
