#include "tools/cli/output_file.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace holdfast::cli {
namespace {

namespace fs = std::filesystem;

class OutputFileTest : public testing::Test {
 protected:
  OutputFileTest() {
    char name[] = "/tmp/holdfast-output-XXXXXX";
    directory_ = ::mkdtemp(name);
  }
  ~OutputFileTest() override { fs::remove_all(directory_); }
  static std::string CheckOf(const Path& file) {
    const auto opened = OutputFile::Open(file);
    return opened ? "" : opened.error().check;
  }
  Path directory_;
};

TEST_F(OutputFileTest, IsWrittenWholeInPlaceOfWhatWasThere) {
  const Path file = directory_ / "f";
  ASSERT_TRUE(WriteFileAtomically(file, AsBytes("an older and longer answer"), 0644));
  auto output = OutputFile::Open(file);
  ASSERT_TRUE(output);
  EXPECT_FALSE(output->is_stdout());
  ASSERT_TRUE(output->Write("new"));
  EXPECT_EQ(AsText(*ReadFile(file, 100)), "new");
}

TEST_F(OutputFileTest, APlaceThatCannotBeWrittenIsFoundBeforeAnythingIsDone) {
  EXPECT_EQ(CheckOf(directory_ / "none" / "f"), "file.write");
  EXPECT_EQ(CheckOf(directory_), "file.kind");
  EXPECT_TRUE(fs::is_empty(directory_));
}

TEST_F(OutputFileTest, AProductKeyAndAPrivateKeyAreNotReplaced) {
  const Path file = directory_ / "key";
  for (const char* secret : {"ACME-eyJhbGciOiJFUzI1NiJ9\n", "-----BEGIN PRIVATE KEY-----\n"}) {
    ASSERT_TRUE(WriteFileAtomically(file, AsBytes(std::string_view(secret)), 0600));
    EXPECT_EQ(CheckOf(file), "output.secret");
    EXPECT_EQ(AsText(*ReadFile(file, 100)), secret);
  }
  ASSERT_TRUE(WriteFileAtomically(file, AsBytes("-----BEGIN HOLDFAST REQUEST-----\n"), 0600));
  EXPECT_EQ(CheckOf(file), "") << "a request is made again at any time";
}

}  // namespace
}  // namespace holdfast::cli
