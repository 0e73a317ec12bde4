// Errors as text on standard error, and back, as one program of ours reads another's.
#include <gtest/gtest.h>

#include "tools/cli/output.h"

namespace holdfast::cli {
namespace {

std::string Check(std::string_view text) {
  auto error = ParseFormattedError("prog", text, ErrorKind::kRefused);
  return error ? error->check : "";
}

TEST(FormattedError, IsReadBack) {
  const Error error{ErrorKind::kRefused, "file.missing", "x (or y) does not exist", "Make it (now)"};
  auto read = ParseFormattedError("prog", "noise\n" + FormatError("prog", error), ErrorKind::kRefused);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kind, ErrorKind::kRefused);
  EXPECT_EQ(read->check, error.check);
  EXPECT_EQ(read->message, error.message);
  EXPECT_EQ(read->advice, "Make it (now)");
}

TEST(FormattedError, MayHaveLineBreaksInMessageAndAdvice) {
  auto read =
      ParseFormattedError("prog", "prog: no\nsuch\nfile (file.missing). Look\nagain\n", ErrorKind::kUsage);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->message, "no\nsuch\nfile");
  EXPECT_EQ(read->check, "file.missing");
  EXPECT_EQ(read->advice, "Look\nagain");
}

TEST(FormattedError, NeedsNoAdvice) {
  EXPECT_EQ(Check("prog: what (a.b)\n"), "a.b");
  EXPECT_EQ(Check(FormatError("prog", {ErrorKind::kRefused, "a.b", "what", ""})), "a.b");
}

TEST(FormattedError, IsTheLastOneAndBeginsALine) {
  EXPECT_EQ(Check("prog: first (a.first)\nprog: the child of prog: said no (a.last)\n"), "a.last");
}

TEST(FormattedError, WordsInBracketsWithinASentenceAreNoCheck) {
  EXPECT_EQ(Check("prog: token (main) of x (hsm.down). Try (again)."), "hsm.down");
}

TEST(FormattedError, OtherTextIsNone) {
  for (const char* text :
       {"", "prog: ", "prog: aborted", "Segmentation fault (a.b)", "prog: what (A.B)", "prog: what (a.b"})
    EXPECT_EQ(Check(text), "") << text;
}

// A regular expression ran out of stack there.
TEST(FormattedError, MayBeAMegabyteLong) {
  const std::string message(1 << 20, 'x');
  auto read = ParseFormattedError("prog", "prog: " + message + " (a.b)", ErrorKind::kRefused);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->message, message);
}

}  // namespace
}  // namespace holdfast::cli
