#include "agent/api/line_session.h"

#include <gtest/gtest.h>

#include "protocol/crypto/random.h"
#include "protocol/local/ec_point.h"
#include "tests/agent/vouched.h"

namespace holdfast::api {
namespace {

class LineSessionTest : public ::testing::Test {
 protected:
  LineSessionTest() { service.SetLicenses({GoodView()}); }
  // Everything that is answered to the octets, line by line.
  std::vector<Json> Say(LineSession& session, std::string_view octets) {
    session.Receive(AsBytes(octets));
    do {
      admin = session.Run();
    } while (session.has_more());
    std::vector<Json> answers;
    for (size_t end; (end = session.output().find('\n')) != std::string::npos;) {
      answers.push_back(Json::parse(session.output().substr(0, end)));
      session.output().erase(0, end + 1);
    }
    return answers;
  }

  OwnedTime time{[] { return kMidway; }, SystemUptime()};
  Service service{time, "1"};
  LineSession user{service, {.id = 16}}, administrator{service, {.id = 17, .administrator = true}};
  std::optional<ApiRequest> admin;
};

constexpr std::string_view kCheck = "{\"op\":\"check\",\"feature\":\"export\"}\n";

TEST_F(LineSessionTest, AnswersEachLineInOrder) {
  const auto answers = Say(user, std::string(kCheck) + "{\"op\":\"status\"}\n" + std::string(kCheck));
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[0]["allowed"], true);
  EXPECT_TRUE(answers[1].contains("licenses"));
}

TEST_F(LineSessionTest, LinesMayComeInPieces) {
  EXPECT_TRUE(Say(user, kCheck.substr(0, 5)).empty());
  EXPECT_TRUE(user.has_partial());
  EXPECT_EQ(Say(user, kCheck.substr(5)).size(), 1u);
  EXPECT_FALSE(user.has_partial());
}

TEST_F(LineSessionTest, AnAdministratorSendsAWholeFileAlsoWhenEachOctetIsEscaped) {
  const std::string line = Json{{"op", "install"}, {"file", std::string(kMaxFileSize, '\x01')}}.dump() + "\n";
  EXPECT_TRUE(Say(administrator, line).empty());
  ASSERT_TRUE(admin);
  EXPECT_EQ(std::get<InstallRequest>(*admin).file.size(), kMaxFileSize);
}

TEST_F(LineSessionTest, AKeyIsForEverybodyAndTheTpmIsAskedOnlyWhenItIsGranted) {
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

TEST_F(LineSessionTest, AReturnIsForAdministratorsAndForgettingStandsAlone) {
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

TEST_F(LineSessionTest, TheTimeIsAskedForByAdministratorsOnly) {
  const char* ask = "{\"op\":\"time_request\",\"product\":\"nls\"}\n";
  EXPECT_EQ(Say(user, ask)[0]["error"]["check"], "api.permission");
  EXPECT_EQ(Say(administrator, "{\"op\":\"time_request\",\"nonce\":\"n\"}\n")[0]["error"]["check"],
            "api.unknown");
  EXPECT_TRUE(Say(administrator, ask).empty());
  ASSERT_TRUE(admin);
  EXPECT_EQ(std::get<TimeRequest>(*admin).product, "nls");
}

TEST_F(LineSessionTest, BadLinesAreAnsweredAndTheNextOneIsFine) {
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

TEST_F(LineSessionTest, LineThatIsTooLongEndsTheConversation) {
  const auto answers = Say(user, std::string(kMaxLine + 1, ' '));
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0]["error"]["check"], "api.size");
  EXPECT_TRUE(user.closing());
  EXPECT_TRUE(Say(user, kCheck).empty());
}

TEST_F(LineSessionTest, LongestLineIsStillRead) {
  std::string line(kCheck.substr(0, kCheck.size() - 1));
  line.resize(kMaxLine, ' ');
  EXPECT_EQ(Say(user, line + "\n").size(), 1u);
}

TEST_F(LineSessionTest, AdministrationIsForAdministrators) {
  constexpr std::string_view kInstall = "{\"op\":\"install\",\"file\":\"x\"}\n";
  const auto refused = Say(user, kInstall);
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0]["error"]["check"], "api.permission");
  EXPECT_FALSE(admin);
  EXPECT_TRUE(Say(administrator, kInstall).empty());
  ASSERT_TRUE(admin);
  EXPECT_EQ(std::get<InstallRequest>(*admin).file, "x");
}

TEST_F(LineSessionTest, NothingIsHandledWhileAdministrationIsAtWork) {
  Say(administrator, "{\"op\":\"install\",\"file\":\"x\"}\n");
  EXPECT_TRUE(administrator.waiting());
  EXPECT_TRUE(administrator.full());
  administrator.Finish(Json{{"ok", true}});
  EXPECT_EQ(Say(administrator, kCheck).size(), 2u);
}

TEST_F(LineSessionTest, AnswersWaitForTheirReader) {
  std::string many;
  for (int i = 0; i < 2000; i++) many += kCheck;
  user.Receive(AsBytes(many));
  for (int i = 0; i < 2000; i++) user.Run();
  EXPECT_GE(user.output().size(), kMaxLine);
  EXPECT_LT(user.output().size(), 2 * kMaxLine);
  EXPECT_TRUE(user.full());
}

TEST_F(LineSessionTest, OthersGetTheirTurn) {
  std::string many;
  for (int i = 0; i < 100; i++) many += kCheck;
  user.Receive(AsBytes(many));
  user.Run();
  EXPECT_EQ(user.handled(), static_cast<uint64_t>(LineSession::kRequestsPerTurn));
  EXPECT_TRUE(user.has_more());
}

TEST_F(LineSessionTest, SeatsGoWithTheSession) {
  {
    LineSession other(service, {.id = 18});
    EXPECT_EQ(Say(other, "{\"op\":\"hold\",\"limit\":\"users\",\"amount\":10}\n")[0]["allowed"], true);
    EXPECT_EQ(Say(user, "{\"op\":\"hold\",\"limit\":\"users\"}\n")[0]["allowed"], false);
  }
  EXPECT_EQ(Say(user, "{\"op\":\"hold\",\"limit\":\"users\"}\n")[0]["allowed"], true);
}

// A conversation after a challenge: what an application opens, and what it has to ask.
class ChallengedTest : public LineSessionTest {
 protected:
  ChallengedTest() {
    Vouched vouched = Vouch(kMidway);
    vouched.view.verified->terms.grants.keys = {"content"};
    service.SetLicenses({vouched.view});
    service.SetProofs({{"nls", vouched.proof}});
    challenge.key = local::EcPointOf(own.public_key());
  }
  // One line of the session's, without its end.
  std::string LineOf(LineSession& session, std::string_view line) {
    session.Receive(AsBytes(std::string(line) + "\n"));
    admin = session.Run();
    return Line(session);
  }
  static std::string Line(LineSession& session) {
    std::string& output = session.output();
    const std::string line = output.substr(0, output.find('\n'));
    output.erase(0, line.size() + 1);
    return line;
  }
  void Challenge(LineSession& session) {
    const auto answer = local::ParseChallengeAnswer(LineOf(session, local::FormatChallenge(challenge)));
    ASSERT_TRUE(answer) << answer.error().check;
    const auto statement = local::ParseSessionStatement(answer->session);
    const PublicKey key = local::KeyOfEcPoint(statement->statement.session_key).value();
    answers.emplace(*local::VerifyChallengeAnswer(challenge, own, *answer, key));
  }
  std::string Opened(std::string_view asked, std::string_view line) {
    const auto json = answers->Open(Sha256(AsBytes(asked)), line);
    return json ? std::string(*json) : json.error().check;
  }
  std::string Asked(LineSession& session, std::string_view line) {
    return Opened(line, LineOf(session, line));
  }

  const EcPrivateKey own = EcPrivateKey::Generate().value();
  local::Challenge challenge{"nls", RandomBytes(local::kChallengeNonceSize), {}};
  std::optional<local::AnswerSequence> answers;
};

TEST_F(ChallengedTest, EveryFurtherAnswerHasItsCode) {
  Challenge(user);
  EXPECT_EQ(Json::parse(Asked(user, R"({"op":"check","feature":"export"})"))["allowed"], true);
  EXPECT_EQ(Json::parse(Asked(user, R"({"op":"status"})"))["ok"], true);
  EXPECT_EQ(Json::parse(Asked(user, R"({"op":"entitlements","product":"nls"})"))["keep"], "5m");
}

TEST_F(ChallengedTest, ErrorsHaveTheirCodeToo) {
  Challenge(user);
  EXPECT_EQ(Json::parse(Asked(user, "hello"))["ok"], false);
  EXPECT_EQ(Json::parse(Asked(user, ""))["ok"], false);
  EXPECT_EQ(Json::parse(Asked(user, R"({"op":"return"})"))["error"]["check"], "api.permission");
  user.Receive(Bytes(kMaxLine + 1, ' '));
  user.Run();
  EXPECT_TRUE(user.closing());
  EXPECT_EQ(Json::parse(Opened("", Line(user)))["error"]["check"], "api.size");
}

TEST_F(ChallengedTest, AnAnswerThatTakesItsTimeIsToItsOwnQuestion) {
  Challenge(user);
  constexpr std::string_view kKey = R"({"op":"key","name":"content"})";
  user.Receive(AsBytes(std::string(kKey) + "\n" + std::string(kCheck)));
  ASSERT_TRUE(user.Run());
  EXPECT_TRUE(user.output().empty());
  user.Finish(Json{{"ok", true}});
  user.Run();
  EXPECT_EQ(Json::parse(Opened(kKey, Line(user)))["ok"], true);
  EXPECT_EQ(Json::parse(Opened(kCheck.substr(0, kCheck.size() - 1), Line(user)))["allowed"], true);
}

TEST_F(ChallengedTest, AConnectionIsChallengedOnce) {
  Challenge(user);
  const std::string again = Asked(user, local::FormatChallenge(challenge));
  EXPECT_EQ(Json::parse(again)["error"]["check"], "challenge.repeated");
  EXPECT_EQ(Json::parse(Asked(user, R"({"op":"status"})"))["ok"], true) << "and goes on as it was";
}

TEST_F(ChallengedTest, AChallengeThatCannotBeAnsweredLeavesTheConnectionAsItWas) {
  service.SetProofs({});
  EXPECT_EQ(Say(user, local::FormatChallenge(challenge) + "\n")[0]["error"]["check"], "challenge.unproven");
  EXPECT_EQ(Say(user, kCheck)[0]["allowed"], true);
}

TEST_F(ChallengedTest, MalformedChallengesAreNamed) {
  const auto check_with = [&](const char* name, const Json& value) {
    Json json = Json::parse(local::FormatChallenge(challenge));
    json[name] = value;
    return Say(user, json.dump() + "\n")[0]["error"]["check"].get<std::string>();
  };
  EXPECT_EQ(check_with("nonce", "00"), "api.nonce");
  EXPECT_EQ(check_with("key", "BAAA"), "api.key");
  EXPECT_EQ(check_with("product", ""), "api.product");
  EXPECT_EQ(check_with("more", 1), "api.unknown");
  EXPECT_EQ(Say(user, "{\"op\":\"entitlements\"}\n")[0]["error"]["check"], "api.product");
  EXPECT_EQ(Say(user, "{\"op\":\"watch\",\"product\":\"nls\"}\n")[0]["error"]["check"], "api.unknown");
}

TEST_F(ChallengedTest, AWatcherIsHandledNoFurther) {
  service.Look();
  user.Receive(AsBytes("{\"op\":\"watch\"}\n" + std::string(kCheck)));
  EXPECT_FALSE(user.Run());
  EXPECT_TRUE(user.watching());
  EXPECT_TRUE(user.full());
  EXPECT_FALSE(user.has_more());
  EXPECT_FALSE(user.has_partial());
  EXPECT_TRUE(user.output().empty());
  EXPECT_EQ(user.page_answer(), "{\"ok\":true,\"generation\":1}\n");
  EXPECT_FALSE(user.is_behind(1));
  EXPECT_TRUE(user.is_behind(2));
}

TEST_F(ChallengedTest, EventsHaveCodesThatCountOnFromTheRequestToWatch) {
  constexpr std::string_view kWatch = R"({"op":"watch"})";
  Challenge(user);
  user.Receive(AsBytes(std::string(kWatch) + "\n"));
  user.Run();
  std::string& answer = user.page_answer();
  EXPECT_EQ(Json::parse(Opened(kWatch, answer.substr(0, answer.size() - 1)))["ok"], true);
  answer.clear();
  for (int generation : {5, 9}) {
    user.Tell(generation);
    const Json event = Json::parse(Opened(kWatch, Line(user)));
    EXPECT_EQ(event["event"], "changed");
    EXPECT_EQ(event["generation"], generation);
  }
  EXPECT_FALSE(user.is_behind(9));
}

TEST_F(LineSessionTest, WhoIsExcludedHoldsNothingAndMayGiveBack) {
  LicenseView view = GoodView();
  view.verified->terms.grants.limits["users"].only = Callers{{uint32_t{1000}}, {}, {}};
  view.verified->terms.grants.limits["pages"] = {.kind = LimitKind::kMeter, .max = 5};
  view.verified->terms.grants.limits["pages"].only = Callers{{uint32_t{1000}}, {}, {}};
  service.SetLicenses({view});
  service.LoadMeters({});
  LineSession anna(service, {.id = 18, .caller = [] { return Caller{1000, {}, ""}; }});
  LineSession ben(service, {.id = 19, .caller = [] { return Caller{1001, {}, ""}; }});
  const auto reason = [&](LineSession& session, const char* line) {
    return Say(session, std::string(line) + "\n").at(0)["reasons"][0].get<std::string>();
  };
  EXPECT_EQ(reason(anna, R"({"op":"hold","limit":"users"})"), "active");
  EXPECT_EQ(reason(ben, R"({"op":"hold","limit":"users"})"), "caller_excluded");
  EXPECT_EQ(reason(ben, R"({"op":"set","limit":"users","amount":1})"), "caller_excluded");
  EXPECT_EQ(reason(ben, R"({"op":"consume","limit":"pages"})"), "caller_excluded");
  EXPECT_FALSE(admin);
  EXPECT_EQ(reason(ben, R"({"op":"release","limit":"users"})"), "active");
  EXPECT_TRUE(Say(anna, "{\"op\":\"consume\",\"limit\":\"pages\"}\n").empty()) << "the ledger is asked";
  EXPECT_TRUE(admin);
}

}  // namespace
}  // namespace holdfast::api
