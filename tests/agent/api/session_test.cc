#include "agent/api/session.h"

#include <gtest/gtest.h>

#include "tests/agent/enforcement/views.h"

namespace holdfast::api {
namespace {

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() { service.SetLicenses({GoodView()}); }
  // Everything that is answered to the octets, line by line.
  std::vector<Json> Say(Session& session, std::string_view octets) {
    session.Receive(AsBytes(octets));
    do {
      admin = session.Run();
    } while (session.has_line());
    std::vector<Json> answers;
    for (size_t end; (end = session.output().find('\n')) != std::string::npos;) {
      answers.push_back(Json::parse(session.output().substr(0, end)));
      session.output().erase(0, end + 1);
    }
    return answers;
  }

  OwnedTime time{[] { return kMidway; }, SystemUptime()};
  Service service{time, "1"};
  Session user{service, 16, false}, administrator{service, 17, true};
  std::optional<ApiRequest> admin;
};

constexpr std::string_view kCheck = "{\"op\":\"check\",\"feature\":\"export\"}\n";

TEST_F(SessionTest, AnswersEachLineInOrder) {
  const auto answers = Say(user, std::string(kCheck) + "{\"op\":\"status\"}\n" + std::string(kCheck));
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[0]["allowed"], true);
  EXPECT_TRUE(answers[1].contains("licenses"));
}

TEST_F(SessionTest, LinesMayComeInPieces) {
  EXPECT_TRUE(Say(user, kCheck.substr(0, 5)).empty());
  EXPECT_TRUE(user.has_partial_line());
  EXPECT_EQ(Say(user, kCheck.substr(5)).size(), 1u);
  EXPECT_FALSE(user.has_partial_line());
}

TEST_F(SessionTest, AnAdministratorSendsAWholeFileAlsoWhenEachOctetIsEscaped) {
  const std::string line = Json{{"op", "install"}, {"file", std::string(kMaxFileSize, '\x01')}}.dump() + "\n";
  EXPECT_TRUE(Say(administrator, line).empty());
  ASSERT_TRUE(admin);
  EXPECT_EQ(std::get<InstallRequest>(*admin).file.size(), kMaxFileSize);
}

TEST_F(SessionTest, AKeyIsForEverybodyAndTheTpmIsAskedOnlyWhenItIsGranted) {
  LicenseView view = GoodView();
  view.verified->terms.grants.keys = {"content"};
  service.SetLicenses({view});
  const auto denied = Say(user, "{\"op\":\"key\",\"name\":\"other\"}\n");
  ASSERT_EQ(denied.size(), 1u);
  EXPECT_EQ(denied[0]["reasons"][0], "unknown_key");
  EXPECT_FALSE(admin);
  EXPECT_TRUE(Say(user, "{\"op\":\"key\",\"name\":\"content\"}\n").empty());
  ASSERT_TRUE(admin);
  EXPECT_EQ(std::get<KeyRequest>(*admin).name, "content");
}

TEST_F(SessionTest, AReturnIsForAdministratorsAndForgettingStandsAlone) {
  EXPECT_EQ(Say(user, "{\"op\":\"return\"}\n")[0]["error"]["check"], "api.permission");
  EXPECT_EQ(Say(administrator, "{\"op\":\"return\",\"forget\":true,\"dry_run\":true}\n")[0]["error"]["check"],
            "api.forget");
  EXPECT_EQ(Say(administrator, "{\"op\":\"return\",\"product\":\"../x\"}\n")[0]["error"]["check"],
            "api.product");
  EXPECT_TRUE(Say(administrator, "{\"op\":\"return\",\"product\":\"nls\",\"nonce\":\"n\",\"dry_run\":true}\n")
                  .empty());
  ASSERT_TRUE(admin);
  const auto& back = std::get<ReturnRequest>(*admin);
  EXPECT_EQ(back.product, "nls");
  EXPECT_EQ(back.nonce, "n");
  EXPECT_TRUE(back.dry_run);
  EXPECT_FALSE(back.forget);
}

TEST_F(SessionTest, TheTimeIsAskedForByAdministratorsOnly) {
  const char* ask = "{\"op\":\"time_request\",\"product\":\"nls\"}\n";
  EXPECT_EQ(Say(user, ask)[0]["error"]["check"], "api.permission");
  EXPECT_EQ(Say(administrator, "{\"op\":\"time_request\",\"nonce\":\"n\"}\n")[0]["error"]["check"],
            "api.unknown");
  EXPECT_TRUE(Say(administrator, ask).empty());
  ASSERT_TRUE(admin);
  EXPECT_EQ(std::get<TimeRequest>(*admin).product, "nls");
}

TEST_F(SessionTest, BadLinesAreAnsweredAndTheNextOneIsFine) {
  for (const char* line :
       {"", "hello", "[]", "{}", "7", "{\"op\":\"chekc\"}", "{\"op\":7}", "{\"op\":\"check\"}",
        "{\"op\":\"check\",\"feature\":\"../x\"}", "{\"op\":\"check\",\"feature\":\"a\",\"more\":1}",
        "{\"op\":\"check\",\"op\":\"check\",\"feature\":\"a\"}",
        "{\"op\":\"hold\",\"limit\":\"users\",\"amount\":0}",
        "{\"op\":\"hold\",\"limit\":\"users\",\"amount\":-1}",
        "{\"op\":\"hold\",\"limit\":\"users\",\"amount\":1.5}", "{\"op\":\"set\",\"limit\":\"jobs\"}",
        "{\"op\":\"status\"} {}", "\xff"}) {
    const auto answers = Say(user, std::string(line) + "\n" + std::string(kCheck));
    ASSERT_EQ(answers.size(), 2u) << line;
    EXPECT_EQ(answers[0]["ok"], false) << line;
    EXPECT_EQ(answers[1]["allowed"], true) << line;
  }
}

TEST_F(SessionTest, LineThatIsTooLongEndsTheConversation) {
  const auto answers = Say(user, std::string(kMaxLine + 1, ' '));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0]["error"]["check"], "api.size");
  EXPECT_TRUE(user.closing());
  EXPECT_TRUE(Say(user, kCheck).empty());
}

TEST_F(SessionTest, LongestLineIsStillRead) {
  std::string line(kCheck.substr(0, kCheck.size() - 1));
  line.resize(kMaxLine, ' ');
  EXPECT_EQ(Say(user, line + "\n").size(), 1u);
}

TEST_F(SessionTest, AdministrationIsForAdministrators) {
  constexpr std::string_view kInstall = "{\"op\":\"install\",\"file\":\"x\"}\n";
  const auto refused = Say(user, kInstall);
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0]["error"]["check"], "api.permission");
  EXPECT_FALSE(admin);
  EXPECT_TRUE(Say(administrator, kInstall).empty());
  ASSERT_TRUE(admin);
  EXPECT_EQ(std::get<InstallRequest>(*admin).file, "x");
}

TEST_F(SessionTest, NothingIsHandledWhileAdministrationIsAtWork) {
  Say(administrator, "{\"op\":\"install\",\"file\":\"x\"}\n");
  EXPECT_TRUE(administrator.waiting());
  EXPECT_TRUE(administrator.full());
  administrator.Finish(Json{{"ok", true}});
  EXPECT_EQ(Say(administrator, kCheck).size(), 2u);
}

TEST_F(SessionTest, AnswersWaitForTheirReader) {
  std::string many;
  for (int i = 0; i < 2000; i++) many += kCheck;
  user.Receive(AsBytes(many));
  for (int i = 0; i < 2000; i++) user.Run();
  EXPECT_GE(user.output().size(), kMaxLine);
  EXPECT_LT(user.output().size(), 2 * kMaxLine);
  EXPECT_TRUE(user.full());
}

TEST_F(SessionTest, OthersGetTheirTurn) {
  std::string many;
  for (int i = 0; i < 100; i++) many += kCheck;
  user.Receive(AsBytes(many));
  user.Run();
  EXPECT_EQ(user.lines(), static_cast<uint64_t>(Session::kLinesPerTurn));
  EXPECT_TRUE(user.has_line());
}

TEST_F(SessionTest, SeatsGoWithTheSession) {
  {
    Session other(service, 18, false);
    EXPECT_EQ(Say(other, "{\"op\":\"hold\",\"limit\":\"users\",\"amount\":10}\n")[0]["allowed"], true);
    EXPECT_EQ(Say(user, "{\"op\":\"hold\",\"limit\":\"users\"}\n")[0]["allowed"], false);
  }
  EXPECT_EQ(Say(user, "{\"op\":\"hold\",\"limit\":\"users\"}\n")[0]["allowed"], true);
}

}  // namespace
}  // namespace holdfast::api
