// The whole conversation, without a socket.
#include "agent/api/http/http_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/agent/enforcement/views.h"

namespace holdfast::api {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Response {
  int status = 0;
  std::string head;
  Json body;
};

class HttpSessionTest : public ::testing::Test {
 protected:
  HttpSessionTest() { service.SetLicenses({GoodView()}); }

  // What the octets are answered with, as it goes out.
  std::string Say(HttpSession& session, std::string_view octets) {
    session.Receive(AsBytes(octets));
    do {
      slow = session.Run();
    } while (session.has_more());
    return std::exchange(session.output(), {});
  }
  Response Ask(HttpSession& session, const std::string& method, const std::string& target,
               const std::string& body = {}, const std::string& fields = {}) {
    return Parse(Say(session, method + " " + target + " HTTP/1.1\r\nHost: holdfast\r\n" + fields +
                                  "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body));
  }
  Response Ask(const std::string& method, const std::string& target, const std::string& body = {},
               const std::string& fields = {}) {
    return Ask(user, method, target, body, fields);
  }
  static Response Parse(const std::string& text) {
    Response response;
    if (text.empty()) return response;
    const size_t end = text.find("\r\n\r\n");
    response.status = std::stoi(text.substr(9, 3));
    response.head = text.substr(0, end + 2);
    if (const std::string body = text.substr(end + 4); !body.empty()) response.body = Json::parse(body);
    return response;
  }

  OwnedTime time{[] { return kMidway; }, SystemUptime()};
  Service service{time, "1"};
  Leases leases{service, std::chrono::seconds(1)};
  HttpSession user{service, leases, {.id = 16, .caller = [] { return Caller{1000, {}, ""}; }}, 1000, nullptr};
  std::optional<ApiRequest> slow;
};

TEST_F(HttpSessionTest, AnswersWhatTheLinesAnswer) {
  const Response check = Ask("GET", "/v1/features/export");
  EXPECT_EQ(check.status, 200);
  EXPECT_EQ(check.body, service.Check({"export", ""}));
  EXPECT_EQ(Ask("GET", "/v1/status").body, service.Status());
  EXPECT_EQ(Ask("GET", "/v1/entitlements?product=nls").body, service.Entitlements({"nls"}));
}

TEST_F(HttpSessionTest, DeniedIsAnAnswer) {
  const Response denied = Ask("GET", "/v1/features/render?product=nls");
  EXPECT_EQ(denied.status, 200);
  EXPECT_EQ(denied.body["allowed"], false);
}

TEST_F(HttpSessionTest, SaysHowLongTheAnswerIsAndThatItIsNotKept) {
  const std::string text = Say(user, "GET /v1/features/export HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(text, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(text, HasSubstr("Cache-Control: no-store\r\n"));
  EXPECT_THAT(text, HasSubstr("Content-Type: application/json\r\n"));
  const size_t body = text.size() - text.find("\r\n\r\n") - 4;
  EXPECT_THAT(text, HasSubstr("Content-Length: " + std::to_string(body) + "\r\n"));
}

TEST_F(HttpSessionTest, HeadIsGetWithoutBody) {
  const Response head = Ask("HEAD", "/v1/features/export");
  EXPECT_TRUE(head.body.is_null());
  EXPECT_EQ(head.head, Ask("GET", "/v1/features/export").head);
}

TEST_F(HttpSessionTest, RequestsOfOneTurnAreAnsweredInOrder) {
  constexpr int kCount = 3 * Conversation::kRequestsPerTurn;
  const auto product = [](int i) {
    return "p" + std::to_string(i);
  };  // not installed, and named in the answer
  std::string requests;
  for (int i = 0; i < kCount; i++)
    requests += "GET /v1/features/export?product=" + product(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string answers = Say(user, requests);
  size_t at = 0;
  for (int i = 0; i < kCount; i++) {
    at = answers.find("HTTP/1.1 200", at);
    ASSERT_NE(at, std::string::npos) << i;
    const size_t next = answers.find("HTTP/1.1 200", at + 1);
    EXPECT_THAT(answers.substr(at, next - at), HasSubstr("\"product\":\"" + product(i) + "\""));
    at = std::min(next, answers.size());
  }
  EXPECT_EQ(at, answers.size());
}

TEST_F(HttpSessionTest, TheConnectionEndsWhenTheClientWantsIt) {
  EXPECT_THAT(Ask("GET", "/v1/status", "", "Connection: close\r\n").head, HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(user.closing());
}

TEST_F(HttpSessionTest, WhatCannotBeReadEndsTheConversation) {
  const Response bad = Parse(Say(user, "NONSENSE\r\n\r\nGET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(bad.body["error"]["check"], "http.syntax");
  EXPECT_TRUE(user.closing());
  EXPECT_EQ(Say(user, "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n"), "");
}

TEST_F(HttpSessionTest, HalfARequestIsPartial) {
  Say(user, "GET /v1/sta");
  EXPECT_TRUE(user.has_partial());
  Say(user, "tus HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_FALSE(user.has_partial());
}

TEST_F(HttpSessionTest, WrongPathsMethodsAndMembersAreRefusedAndTheNextIsFine) {
  const auto refused = [&](const std::string& method, const std::string& target,
                           const std::string& body = {}) {
    const Response response = Ask(method, target, body);
    EXPECT_EQ(response.body["ok"], false) << method << target;
    return std::to_string(response.status) + " " + response.body["error"]["check"].get<std::string>();
  };
  EXPECT_EQ(refused("GET", "/"), "404 http.path");
  EXPECT_EQ(refused("GET", "/v1/status/"), "404 http.path");
  EXPECT_EQ(refused("GET", "/v1/../v1/status"), "404 http.path");
  EXPECT_EQ(refused("POST", "/v1/status"), "405 http.method");
  EXPECT_EQ(refused("OPTIONS", "/v1/leases"), "405 http.method");
  EXPECT_EQ(refused("CONNECT", "x:1"), "400 http.target");
  EXPECT_EQ(refused("GET", "/v1/features/..%2fx"), "400 api.feature");
  EXPECT_EQ(refused("GET", "/v1/features/export?op=install"), "400 api.op");
  EXPECT_EQ(refused("GET", "/v1/features/export?feature=x"), "400 api.feature");
  EXPECT_EQ(refused("GET", "/v1/features/export?more=x"), "400 api.unknown");
  EXPECT_EQ(refused("GET", "/v1/status", "{}"), "400 http.body");
  EXPECT_EQ(refused("POST", "/v1/limits/pages/consume?amount=1"), "400 http.target");
  EXPECT_EQ(refused("POST", "/v1/limits/pages/consume", "{\"op\":\"install\",\"file\":\"x\"}"), "400 api.op");
  EXPECT_EQ(refused("POST", "/v1/limits/pages/consume", "[]"), "400 http.body");
  EXPECT_EQ(refused("POST", "/v1/limits/pages/consume", "{\"amount\":0.5}"), "400 json.number");
  EXPECT_EQ(refused("POST", "/v1/leases", "{\"limit\":\"users\",\"seconds\":9}"), "400 api.seconds");
  EXPECT_EQ(refused("POST", "/v1/leases", "{\"limit\":\"users\",\"seconds\":\"60\"}"), "400 api.seconds");
  EXPECT_EQ(Ask("GET", "/v1/status").status, 200);
}

TEST_F(HttpSessionTest, ARefusedMethodSaysWhichAreRight) {
  EXPECT_THAT(Ask("POST", "/v1/status").head, HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_THAT(Ask("GET", "/v1/leases/x").head, HasSubstr("Allow: PUT, DELETE\r\n"));
}

TEST_F(HttpSessionTest, ExpectationsAreNotMet) {
  EXPECT_EQ(Ask("POST", "/v1/leases", "{}", "Expect: 100-continue\r\n").status, 417);
  EXPECT_TRUE(user.closing());  // whether the body follows is not to be known
}

TEST_F(HttpSessionTest, NothingOfAdministrationIsThere) {
  for (const char* op :
       {"request", "install", "return", "time_request", "heartbeat", "break_glass", "challenge", "watch"})
    EXPECT_EQ(Ask("POST", std::string("/v1/") + op, "{}").status, 404) << op;
}

TEST_F(HttpSessionTest, AKeyIsForOthersToFetchAndNothingIsHandledMeanwhile) {
  LicenseView view = GoodView();
  view.verified->terms.grants.keys = {"content"};
  service.SetLicenses({view});
  EXPECT_EQ(Ask("POST", "/v1/keys/other").body["reasons"][0], "unknown_key");
  EXPECT_EQ(Say(user,
                "POST /v1/keys/content HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
                "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n"),
            "");
  ASSERT_TRUE(slow);
  EXPECT_EQ(std::get<KeyRequest>(*slow).name, "content");
  user.Finish(Json{{"ok", true}, {"allowed", true}, {"key", "00"}});
  EXPECT_EQ(Parse(std::exchange(user.output(), {})).body["key"], "00");
  EXPECT_EQ(Parse(Say(user, "")).body["api"], kApiVersion);
}

TEST_F(HttpSessionTest, AnErrorThatComesLateHasItsStatus) {
  LicenseView view = GoodView();
  view.verified->terms.grants.keys = {"content"};
  service.SetLicenses({view});
  Ask("POST", "/v1/keys/content");
  user.Finish(ErrorAnswer({ErrorKind::kUnavailable, "tpm.busy", "busy", ""}));
  const Response late = Parse(std::exchange(user.output(), {}));
  EXPECT_EQ(late.status, 503);
  EXPECT_THAT(late.head, HasSubstr("Retry-After: 1\r\n"));
}

TEST_F(HttpSessionTest, ASeatIsLeasedRenewedAndGivenBack) {
  const Response taken = Ask("POST", "/v1/leases", R"({"limit":"users","amount":10,"seconds":30})");
  EXPECT_EQ(taken.body["allowed"], true);
  EXPECT_EQ(taken.body["held"], 10);
  EXPECT_EQ(taken.body["seconds"], 30);
  EXPECT_EQ(Ask("POST", "/v1/leases", R"({"limit":"users"})").body["reasons"][0], "limit_reached");
  const std::string lease = "/v1/leases/" + taken.body["lease"].get<std::string>();
  const Response renewed = Ask("PUT", lease);
  EXPECT_EQ(renewed.body["limit"], "users");
  EXPECT_EQ(renewed.body["amount"], 10);
  EXPECT_EQ(Ask("DELETE", lease).status, 200);
  EXPECT_EQ(Ask("DELETE", lease).body["error"]["check"], "lease.unknown");
  EXPECT_EQ(Ask("PUT", lease).status, 404);
  EXPECT_EQ(Ask("POST", "/v1/leases", R"({"limit":"users"})").body["allowed"], true);
}

TEST_F(HttpSessionTest, ALeaseOutlivesTheConnectionAndNotItsLength) {
  {
    HttpSession other{service, leases, {.id = 17}, 1001, nullptr};
    EXPECT_EQ(
        Ask(other, "POST", "/v1/leases", R"({"limit":"users","amount":10,"seconds":10})").body["allowed"],
        true);
  }
  const auto is_free = [&] {
    const Response response = Ask("POST", "/v1/leases", R"({"limit":"users"})");
    return response.body["allowed"].get<bool>();
  };
  for (int second = 0; second < 10; second++) leases.Tick();
  EXPECT_FALSE(is_free());
  leases.Tick();
  EXPECT_TRUE(is_free());
}

TEST_F(HttpSessionTest, ALeaseThatIsRenewedGoesOn) {
  const Response taken = Ask("POST", "/v1/leases", R"({"limit":"users","amount":10,"seconds":10})");
  for (int second = 0; second < 10; second++) leases.Tick();
  EXPECT_EQ(Ask("PUT", "/v1/leases/" + taken.body["lease"].get<std::string>()).status, 200);
  for (int second = 0; second < 10; second++) leases.Tick();
  EXPECT_EQ(Ask("POST", "/v1/leases", R"({"limit":"users"})").body["allowed"], false);
}

TEST_F(HttpSessionTest, OneUserCannotHaveAllLeases) {
  LicenseView view = GoodView();
  view.verified->terms.grants.limits["users"].max = 1'000'000;
  service.SetLicenses({view});
  for (size_t i = 0; i < Leases::kMaxPerUser; i++)
    ASSERT_EQ(Ask("POST", "/v1/leases", R"({"limit":"users"})").status, 200) << i;
  const Response refused = Ask("POST", "/v1/leases", R"({"limit":"users"})");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.body["error"]["check"], "api.leases");
  HttpSession other{service, leases, {.id = 17}, 1001, nullptr};
  EXPECT_EQ(Ask(other, "POST", "/v1/leases", R"({"limit":"users"})").status, 200);
}

TEST_F(HttpSessionTest, WhoTheTermsLeaveOutGetsNoLease) {
  LicenseView view = GoodView();
  view.verified->terms.grants.limits["users"].only = Callers{{uint32_t{1000}}, {}, {}};
  service.SetLicenses({view});
  EXPECT_EQ(Ask("POST", "/v1/leases", R"({"limit":"users"})").body["allowed"], true);
  HttpSession nobody{service, leases, {.id = 17}, UINT32_MAX, nullptr};
  EXPECT_EQ(Ask(nobody, "POST", "/v1/leases", R"({"limit":"users"})").body["reasons"][0], "caller_excluded");
}

TEST_F(HttpSessionTest, WithATokenEachRequestMustBringIt) {
  const Secret token = Secret::CopyOf(AsBytes(std::string_view("0123456789abcdef0123456789abcdef")));
  const auto with = [&](const std::string& field) {
    HttpSession guarded{service, leases, {.id = 17}, UINT32_MAX, &token};
    return Ask(guarded, "GET", "/v1/status", "", field).status;
  };
  EXPECT_EQ(with(""), 401);
  EXPECT_EQ(with("Authorization: Bearer 0123456789abcdef0123456789abcdee\r\n"), 401);
  EXPECT_EQ(with("Authorization: Bearer 0123456789abcdef0123456789abcde\r\n"), 401);
  EXPECT_EQ(with("Authorization: Basic 0123456789abcdef0123456789abcdef\r\n"), 401);
  EXPECT_EQ(with("Authorization: Bearer \r\n"), 401);
  EXPECT_EQ(with("Authorization: Bearer 0123456789abcdef0123456789abcdef\r\n"), 200);
  EXPECT_EQ(with("authorization: bearer 0123456789abcdef0123456789abcdef\r\n"), 200);
}

TEST_F(HttpSessionTest, WhoDoesNotBringTheTokenIsDisconnected) {
  const Secret token = Secret::CopyOf(AsBytes(std::string_view("0123456789abcdef0123456789abcdef")));
  HttpSession guarded{service, leases, {.id = 17}, UINT32_MAX, &token};
  EXPECT_TRUE(guarded.has_partial()) << "he is waited for no longer than for the rest of a request";
  Ask(guarded, "GET", "/v1/status", "", "Authorization: Bearer 0123456789abcdef0123456789abcdef\r\n");
  EXPECT_FALSE(guarded.has_partial());
  EXPECT_THAT(Ask(guarded, "GET", "/nothing").head, HasSubstr("WWW-Authenticate: Bearer\r\n"));
  EXPECT_TRUE(guarded.closing());
}

// ---- OFREP ----

TEST_F(HttpSessionTest, AGrantedFeatureIsAFlagWithItsValue) {
  const Response flag =
      Ask("POST", "/ofrep/v1/evaluate/flags/threads", R"({"context":{"targetingKey":"x","ratio":0.5}})");
  EXPECT_EQ(flag.status, 200);
  EXPECT_EQ(flag.body["key"], "threads");
  EXPECT_EQ(flag.body["value"], 8);
  EXPECT_EQ(flag.body["reason"], "STATIC");
  EXPECT_EQ(flag.body["variant"], "enterprise");
  EXPECT_EQ(flag.body["metadata"]["state"], "active");
  EXPECT_EQ(Ask("POST", "/products/nls/ofrep/v1/evaluate/flags/tier").body["value"], "gold");
}

TEST_F(HttpSessionTest, ADeniedSwitchIsFalse) {
  const Response flag = Ask("POST", "/ofrep/v1/evaluate/flags/backup");  // of the fallback edition
  EXPECT_EQ(flag.status, 200);
  EXPECT_EQ(flag.body["value"], false);
  EXPECT_EQ(flag.body["reason"], "DISABLED");
  EXPECT_EQ(flag.body["metadata"]["reason"], "feature_not_granted");
}

TEST_F(HttpSessionTest, ADeniedNumberIsNotFoundSoThatTheDefaultApplies) {
  LicenseView view = GoodView();
  Revoke(view, RevocationReason::kUnspecified);
  service.SetLicenses({view});
  const Response flag = Ask("POST", "/ofrep/v1/evaluate/flags/threads");
  EXPECT_EQ(flag.status, 404);
  EXPECT_EQ(flag.body["errorCode"], "FLAG_NOT_FOUND");
  EXPECT_THAT(flag.body["errorDetails"].get<std::string>(), HasSubstr("revoked"));
}

TEST_F(HttpSessionTest, WhatTheLicenseDoesNotNameIsNotFound) {
  for (const char* name : {"render", "..%2fx", "%ff", "A"}) {
    const Response flag = Ask("POST", std::string("/ofrep/v1/evaluate/flags/") + name);
    EXPECT_EQ(flag.status, 404) << name;
    EXPECT_EQ(flag.body["errorCode"], "FLAG_NOT_FOUND") << name;
  }
  EXPECT_EQ(Ask("POST", "/products/other/ofrep/v1/evaluate/flags/export").body["errorCode"],
            "FLAG_NOT_FOUND");
}

TEST_F(HttpSessionTest, AllFlagsComeWithATagThatMovesWithThem) {
  const Response all = Ask("POST", "/ofrep/v1/evaluate/flags", "{}");
  EXPECT_EQ(all.status, 200);
  EXPECT_EQ(all.body["flags"].size(), 5u);
  const size_t at = all.head.find("ETag: ") + 6;
  const std::string tag = all.head.substr(at, all.head.find("\r\n", at) - at);
  const Response same = Ask("POST", "/ofrep/v1/evaluate/flags", "{}", "If-None-Match: " + tag + "\r\n");
  EXPECT_EQ(same.status, 304);
  EXPECT_THAT(same.head, Not(HasSubstr("Content-Length")));
  LicenseView view = GoodView();
  Revoke(view, RevocationReason::kUnspecified);
  service.SetLicenses({view});
  EXPECT_EQ(Ask("POST", "/ofrep/v1/evaluate/flags", "{}", "If-None-Match: " + tag + "\r\n").status, 200);
}

TEST_F(HttpSessionTest, WithSeveralProductsTheOneIsNamed) {
  LicenseView other = GoodView();
  other.product = "other";
  service.SetLicenses({GoodView(), other});
  EXPECT_EQ(Ask("POST", "/ofrep/v1/evaluate/flags/export").body["errorCode"], "GENERAL");
  EXPECT_EQ(Ask("POST", "/ofrep/v1/evaluate/flags").status, 400);
  EXPECT_EQ(Ask("POST", "/products/other/ofrep/v1/evaluate/flags/export").body["value"], true);
}

}  // namespace
}  // namespace holdfast::api
