#include "tools/cli/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iostream>

#include "tools/cli/output.h"

namespace holdfast::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// Runs a small program and keeps what it printed and what its command was given.
class ProgramTest : public testing::Test {
 protected:
  ProgramTest() {
    char name[] = "/tmp/holdfast-cli-XXXXXX";
    directory_ = ::mkdtemp(name);
    program_.SetCommonOptions(
        {{.name = "socket", .value = "PATH", .help = "the socket", .otherwise = "/default"},
         {.name = "state", .value = "DIR", .help = "the state"}});
    program_.SetConfigFiles({directory_ / "weak.conf", directory_ / "strong.conf"});
    program_.Add({.name = "check",
                  .summary = "ask",
                  .arguments = {{.name = "FEATURE", .required = true}},
                  .options = {kJsonOption,
                              {.name = "output,o", .value = "FILE", .help = "where to"},
                              {.name = "amount", .value = "N", .help = "how many", .otherwise = "1"},
                              {.name = "tag", .value = "T", .help = "tags", .repeated = true}},
                  .run = [this](const Arguments& given) { return Ran("check", given); }});
    program_.Add({.name = "hold",
                  .summary = "run",
                  .arguments = {{.name = "LIMIT", .required = true}, {.name = "COMMAND", .repeated = true}},
                  .run = [this](const Arguments& given) { return Ran("hold", given); }});
    program_.Add({.name = "product add",
                  .summary = "two words",
                  .options = {{.name = "id", .value = "ID", .help = "its id", .required = true}},
                  .run = [this](const Arguments& given) { return Ran("product add", given); }});
  }
  ~ProgramTest() override { std::filesystem::remove_all(directory_); }

  Result<int> Ran(const std::string& name, const Arguments& given) {
    ran_ = name;
    given_ = given;
    return outcome_;
  }

  int Run(std::vector<const char*> words) {
    words.insert(words.begin(), "program");
    ran_.clear();
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int code = program_.Main(static_cast<int>(words.size()), words.data());
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return code;
  }

  void Write(const char* name, std::string_view text) { std::ofstream(directory_ / name) << text; }

  Path directory_;
  Program program_{"program", "does nothing"};
  std::string ran_, out_, err_;
  Arguments given_;
  Result<int> outcome_ = 0;
};

TEST_F(ProgramTest, TheDefaultCommandIsMeantWhereNoneIsNamed) {
  program_.SetDefaultCommand("hold");
  EXPECT_EQ(Run({"--socket", "/s", "x"}), 0);
  EXPECT_EQ(ran_, "hold");
  EXPECT_EQ(given_.Text("LIMIT"), "x");
  EXPECT_EQ(Run({"x"}), 2) << "a word is a command's name";
  Run({"--help"});
  EXPECT_THAT(out_, HasSubstr("Commands:"));
}

TEST_F(ProgramTest, AProgramHasExitCodesAndNamesOfItsOwn) {
  outcome_ = Refused("test.pin", "refused");
  program_.SetExitCodes("0 or 77", [](Error& error) {
    error.check = "renamed";
    return 77;
  });
  EXPECT_EQ(Run({"check", "x"}), 77);
  EXPECT_THAT(err_, HasSubstr("(renamed)"));
  Run({"--help"});
  EXPECT_THAT(out_, HasSubstr("Exit codes: 0 or 77.\n"));
}

TEST_F(ProgramTest, WithoutConfigurationFilesAnOptionOfThatNameIsTheCommands) {
  Program own("own", "has a configuration of its own");
  own.Add({.name = "serve",
           .summary = "serve",
           .options = {{.name = "config,c", .value = "FILE", .help = "its own"}},
           .run = [this](const Arguments& given) { return Ran("serve", given); }});
  const char* const words[] = {"own", "serve", "-c", "/nonexistent"};
  EXPECT_EQ(own.Main(4, words), 0);
  EXPECT_EQ(given_.Text("config"), "/nonexistent");
}

TEST_F(ProgramTest, AUsersFileThatCannotBeReachedIsAbsent) {
  const char* const home = std::getenv("HOME");
  const char* const config = std::getenv("XDG_CONFIG_HOME");
  const std::string old_home = home ? home : "", old_config = config ? config : "";
  ::unsetenv("XDG_CONFIG_HOME");
  const auto file_in = [](const Path& directory) {
    ::setenv("HOME", directory.c_str(), 1);
    return UserConfigFile("x.conf");
  };
  std::filesystem::create_directories(directory_ / ".config/holdfast");
  EXPECT_EQ(file_in(directory_), "");
  Write(".config/holdfast/x.conf", "");
  EXPECT_EQ(file_in(directory_), directory_ / ".config/holdfast/x.conf");
  std::filesystem::create_symlink("loop", directory_ / "loop");
  for (const Path& unreachable : {Path("/dev/null"), directory_ / "loop", directory_ / std::string(300, 'x')})
    EXPECT_EQ(file_in(unreachable), "") << unreachable;
  home ? ::setenv("HOME", old_home.c_str(), 1) : ::unsetenv("HOME");
  if (config) ::setenv("XDG_CONFIG_HOME", old_config.c_str(), 1);
}

TEST_F(ProgramTest, AValueInQuotesIsRefusedAndNotTakenLiterally) {
  Write("weak.conf", "socket = \"/run/x\"\n");
  EXPECT_EQ(Run({"check", "export"}), 1);
  EXPECT_THAT(err_, HasSubstr("the value of 'socket' is in quotes (config.quotes)"));
  Write("weak.conf", "socket = /run/x\n");
  EXPECT_EQ(Run({"check", "export"}), 0);
  EXPECT_EQ(given_.Text("socket"), "/run/x");
}

TEST_F(ProgramTest, RunsTheCommandWithItsArguments) {
  EXPECT_EQ(Run({"check", "export", "-o", "x", "--tag", "a", "--tag=b"}), 0);
  EXPECT_EQ(ran_, "check");
  EXPECT_EQ(given_.Text("FEATURE"), "export");
  EXPECT_EQ(given_.Text("output"), "x");
  EXPECT_THAT(given_.List("tag"), ElementsAre("a", "b"));
  EXPECT_EQ(given_.Number("amount", 1, 9), 1);
}

TEST_F(ProgramTest, CommandsOfTwoWords) {
  EXPECT_EQ(Run({"product", "add", "--id", "nls"}), 0);
  EXPECT_EQ(ran_, "product add");
  EXPECT_EQ(Run({"product", "addd"}), 2);
  EXPECT_THAT(err_, HasSubstr("'product addd' (usage.command)"));
}

TEST_F(ProgramTest, CommonOptionsStandBeforeOrAfterTheCommand) {
  Run({"--socket", "/a", "check", "x"});
  EXPECT_EQ(given_.Text("socket"), "/a");
  Run({"check", "x", "--socket=/b"});
  EXPECT_EQ(given_.Text("socket"), "/b");
  Run({"check", "x"});
  EXPECT_EQ(given_.Text("socket"), "/default");
}

TEST_F(ProgramTest, WhatFollowsTwoDashesIsNotTouched) {
  EXPECT_EQ(Run({"hold", "users", "--", "sleep", "--json", "-h", "--", "x"}), 0);
  EXPECT_THAT(given_.List("COMMAND"), ElementsAre("sleep", "--json", "-h", "--", "x"));
}

TEST_F(ProgramTest, StandardInputIsAValue) {
  Run({"check", "x", "-o", "-"});
  EXPECT_EQ(given_.Text("output"), "-");
}

TEST_F(ProgramTest, UsageErrorsExitWithTwoAndRunNothing) {
  for (const std::vector<const char*>& words : std::vector<std::vector<const char*>>{
           {},
           {"chekc"},
           {"check"},
           {"check", "a", "b"},
           {"check", "a", "--unknown"},
           {"check", "a", "--outp", "x"},  // no guessing: it would break when an option is added
           {"check", "a", "-o"},
           {"check", "a", "-o", "x", "-o", "y"},
           {"product"},
           {"product", "add"},
       }) {
    EXPECT_EQ(Run(words), 2);
    EXPECT_EQ(ran_, "");
    EXPECT_THAT(err_, HasSubstr("(usage."));
  }
}

TEST_F(ProgramTest, NumbersAreBounded) {
  for (const char* text : {"0", "10", "x", "1x", "", "99999999999999999999"}) {
    Run({"check", "x", "--amount", text});
    if (ran_.empty()) continue;  // refused already
    EXPECT_FALSE(given_.Number("amount", 1, 9)) << text;
  }
}

TEST_F(ProgramTest, ErrorsArePrintedAsOneSentenceWithTheirExitCode) {
  outcome_ = Refused("answer.request", "a.ans: it answers another request", "install the right one");
  EXPECT_EQ(Run({"check", "x"}), 1);
  EXPECT_EQ(err_, "program: a.ans: it answers another request (answer.request). Install the right one.\n");
  EXPECT_EQ(out_, "");
  outcome_ = Fail(ErrorKind::kDenied, "license", "no");
  EXPECT_EQ(Run({"check", "x"}), 3);
}

TEST_F(ProgramTest, ErrorsAreJsonWhenAskedFor) {
  outcome_ = Refused("answer.request", "no");
  Run({"check", "x", "--json"});
  EXPECT_EQ(Json::parse(out_)["error"]["check"], "answer.request");
  Run({"check", "--json"});
  EXPECT_EQ(Json::parse(out_)["error"]["kind"], "usage");
}

TEST_F(ProgramTest, HelpAndVersion) {
  EXPECT_EQ(Run({"--help"}), 0);
  EXPECT_THAT(out_, HasSubstr("product add"));
  EXPECT_EQ(Run({"check", "--help"}), 0);
  EXPECT_THAT(out_, HasSubstr("--output"));
  EXPECT_EQ(Run({"hold", "--help"}), 0);
  EXPECT_THAT(out_, HasSubstr("program hold [OPTION...] LIMIT [-- COMMAND...]"));
  EXPECT_EQ(Run({"--version"}), 0);
  EXPECT_THAT(out_, HasSubstr("program 0."));
  EXPECT_EQ(ran_, "");
}

TEST_F(ProgramTest, StrongerSourcesWin) {
  Write("weak.conf", "socket = /weak\nstate = /weak\n");
  Write("strong.conf", "# comment\nsocket = /strong\n");
  Run({"check", "x"});
  EXPECT_EQ(given_.Text("socket"), "/strong");
  EXPECT_EQ(given_.Text("state"), "/weak");
  Run({"check", "x", "--socket", "/line"});
  EXPECT_EQ(given_.Text("socket"), "/line");
}

TEST_F(ProgramTest, NamedConfigurationReplacesTheUsualOnes) {
  Write("weak.conf", "state = /weak\n");
  Write("own.conf", "socket = /own\n");
  const std::string file = directory_ / "own.conf";
  Run({"--config", file.c_str(), "check", "x"});
  EXPECT_EQ(given_.Text("socket"), "/own");
  EXPECT_FALSE(given_.Has("state"));
}

TEST_F(ProgramTest, BadConfigurationIsAnErrorThatNamesTheFile) {
  for (const char* text : {"sokcet = /x\n", "socket\n", "socket = /a\nsocket = /b\n", "output = /x\n"}) {
    Write("weak.conf", text);
    EXPECT_EQ(Run({"check", "x"}), 1) << text;
    EXPECT_THAT(err_, HasSubstr("weak.conf"));
    EXPECT_EQ(ran_, "");
  }
  Write("weak.conf", std::string(100'000, '#'));
  EXPECT_EQ(Run({"check", "x"}), 1);
  EXPECT_EQ(Run({"check", "x", "--config", "/nonexistent/x.conf"}), 1);
  EXPECT_THAT(err_, HasSubstr("/nonexistent/x.conf"));
}

TEST_F(ProgramTest, AnOptionOfTheAgentsInTheConfigurationIsToldWhereToGo) {
  Write("weak.conf", "tpm-timeout = 60\n");
  EXPECT_EQ(Run({"check", "x"}), 1);
  EXPECT_THAT(err_, HasSubstr("the agent's own options go on its command line or into a file of their own"));
  Write("weak.conf", "socket\n");
  EXPECT_EQ(Run({"check", "x"}), 1);
  EXPECT_THAT(err_, Not(HasSubstr("the agent's")));
}

TEST(Printable, NothingThatMovesTheCursor) {
  EXPECT_EQ(Printable("a\x1b[2Jb\n"), "a\\x1b[2Jb\\x0a");
  EXPECT_EQ(Printable("caf\u00e9 \u65e5"), "caf\u00e9 \u65e5");
  EXPECT_EQ(Printable("\u202e"), "\\xe2\\x80\\xae");
  EXPECT_EQ(Printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(Printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(Printable("\xc2\x9b"), "\\xc2\\x9b");
}

TEST(ExitCode, FollowsTheKind) {
  EXPECT_EQ(ExitCodeFor(ErrorKind::kUsage), 2);
  EXPECT_EQ(ExitCodeFor(ErrorKind::kDenied), 3);
  EXPECT_EQ(ExitCodeFor(ErrorKind::kMalformed), 1);
}

TEST(About, SaysWhatToDoAboutAFileThatIsRefused) {
  for (const ErrorKind kind : {ErrorKind::kMalformed, ErrorKind::kRefused}) {
    EXPECT_FALSE(About("f", Error{.kind = kind, .message = "broken"}).advice.empty());
    EXPECT_EQ(About("f", Error{.kind = kind, .message = "broken", .advice = "mend it"}).advice, "mend it");
  }
  EXPECT_TRUE(About("f", Error{.kind = ErrorKind::kUnavailable, .message = "no disk"}).advice.empty());
}

TEST(About, NamesTheFileOnce) {
  EXPECT_EQ(About("f", Error{.message = "broken"}).message, "f: broken");
  EXPECT_EQ(About("f", Error{.message = "f: broken"}).message, "f: broken");
  EXPECT_EQ(About("req", Error{.message = "a request"}).message, "req: a request");
}

}  // namespace
}  // namespace holdfast::cli
