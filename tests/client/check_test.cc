// Checks: what they say, how changes are seen, and what stands when the agent is in trouble.
#include <thread>

#include "tests/client/client_fixture.h"

namespace holdfast {
namespace {

using testing::ScriptedAgent;

class CheckTest : public ClientTest {
 protected:
  int Check(const Handle& handle, const char* feature) {
    return holdfast_check(handle.get(), feature, &reason);
  }
  // Asks until the answer is that; the agent is asked again by itself.
  void Await(const Handle& handle, const char* feature, int code, holdfast_reason why) {
    while (Check(handle, feature) != code || reason != why) std::this_thread::yield();
  }
  static void Revoke(ScriptedAgent::Script& script) {
    for (auto& [name, decision] : script.entitlements.decisions)
      decision = {.allowed = false, .reasons = {"revoked"}, .value = {}};
    script.entitlements.otherwise = {.allowed = false, .reasons = {"revoked"}, .value = {}};
    script.entitlements.license["state"] = "revoked";
    script.entitlements.license["reasons"] = {"revoked"};
    script.entitlements.license.erase("edition");
  }
  holdfast_status Status(const Handle& handle) const {
    holdfast_status status{};
    status.size = sizeof status;
    EXPECT_EQ(holdfast_get_status(handle.get(), &status), HOLDFAST_OK);
    return status;
  }
};

TEST_F(CheckTest, FeaturesAreGrantedAndDeniedWithReasons) {
  Handle handle = MustOpen();
  EXPECT_EQ(Check(handle, "export"), HOLDFAST_OK);
  EXPECT_EQ(reason, HOLDFAST_REASON_ACTIVE);
  EXPECT_EQ(Check(handle, "macros"), HOLDFAST_DENIED);
  EXPECT_EQ(reason, HOLDFAST_REASON_FEATURE_NOT_GRANTED);
  EXPECT_EQ(Check(handle, "no-such-feature"), HOLDFAST_DENIED);
  EXPECT_EQ(reason, HOLDFAST_REASON_UNKNOWN_FEATURE);
  EXPECT_EQ(holdfast_check(handle.get(), "export", nullptr), HOLDFAST_OK);
}

TEST_F(CheckTest, NamesThatCannotBeFeaturesAreUnknown) {
  Handle handle = MustOpen();
  for (const std::string& name : {std::string(), std::string(10'000'000, 'x'), std::string("\xff\xfe"),
                                  "export" + std::string(64, 'x'), std::string("Export")}) {
    EXPECT_EQ(Check(handle, name.c_str()), HOLDFAST_DENIED);
    EXPECT_EQ(reason, HOLDFAST_REASON_UNKNOWN_FEATURE);
  }
}

TEST_F(CheckTest, ValuesAreOfTheirKind) {
  Handle handle = MustOpen();
  int64_t number = 0;
  EXPECT_EQ(holdfast_integer(handle.get(), "layers", &number, &reason), HOLDFAST_OK);
  EXPECT_EQ(number, 7);
  EXPECT_EQ(holdfast_integer(handle.get(), "tier", &number, &reason), HOLDFAST_WRONG_TYPE);
  EXPECT_EQ(holdfast_integer(handle.get(), "macros", &number, &reason), HOLDFAST_DENIED);
  char text[8];
  size_t length = 0;
  EXPECT_EQ(holdfast_text(handle.get(), "tier", text, sizeof text, &length, &reason), HOLDFAST_OK);
  EXPECT_STREQ(text, "gold");
  EXPECT_EQ(length, 4u);
  EXPECT_EQ(holdfast_text(handle.get(), "export", text, sizeof text, &length, &reason), HOLDFAST_WRONG_TYPE);
}

TEST_F(CheckTest, ATextThatDoesNotFitIsNotCut) {
  Handle handle = MustOpen();
  char text[4] = "abc";
  size_t length = 0;
  EXPECT_EQ(holdfast_text(handle.get(), "tier", text, sizeof text, &length, nullptr),
            HOLDFAST_BUFFER_TOO_SMALL);
  EXPECT_STREQ(text, "abc");
  EXPECT_EQ(length, 4u);
  EXPECT_EQ(holdfast_text(handle.get(), "tier", nullptr, 0, &length, nullptr), HOLDFAST_BUFFER_TOO_SMALL);
}

TEST_F(CheckTest, TheAgentIsNotAskedAsLongAsNothingChanges) {
  Handle handle = MustOpen();
  for (int i = 0; i < 10'000; i++) ASSERT_EQ(Check(handle, "export"), HOLDFAST_OK);
  EXPECT_EQ(agent.asked("challenge"), 1);
}

TEST_F(CheckTest, WhoOnlyChecksKeepsNoConnection) {
  Handle handle = MustOpen();
  while (agent.connections() != 0) std::this_thread::yield();
  EXPECT_EQ(Check(handle, "export"), HOLDFAST_OK);
}

TEST_F(CheckTest, ARevocationIsSeen) {
  Handle handle = MustOpen();
  agent.Change(Revoke);
  Await(handle, "export", HOLDFAST_DENIED, HOLDFAST_REASON_REVOKED);
  EXPECT_EQ(Status(handle).state, HOLDFAST_STATE_REVOKED);
}

TEST_F(CheckTest, TheAgentIsAskedOnceForEachChange) {
  Handle handle = MustOpen();
  agent.Change([](ScriptedAgent::Script&) {});
  agent.Change(Revoke);
  Await(handle, "export", HOLDFAST_DENIED, HOLDFAST_REASON_REVOKED);
  const int asked = agent.asked("entitlements");
  for (int i = 0; i < 1000; i++) Check(handle, "export");
  EXPECT_EQ(agent.asked("entitlements"), asked);
  EXPECT_LE(asked, 3);
}

TEST_F(CheckTest, AnAgentThatCannotVouchForARevokedLicenseTakesItAwayAtOnce) {
  Handle handle = MustOpen();
  agent.Change([](ScriptedAgent::Script& script) {
    Revoke(script);
    script.unproven = Error{ErrorKind::kRefused, "challenge.unproven", "revoked", ""};
  });
  Await(handle, "export", HOLDFAST_DENIED, HOLDFAST_REASON_REVOKED);
}

TEST_F(CheckTest, WhatAnUnprovenAgentGrantsIsDenied) {
  Handle handle = MustOpen();
  agent.Change([](ScriptedAgent::Script& script) {
    script.unproven = Error{ErrorKind::kRefused, "challenge.unproven", "no", ""};
  });
  Await(handle, "export", HOLDFAST_DENIED, HOLDFAST_REASON_AGENT_UNPROVEN);
  EXPECT_EQ(Check(handle, "macros"), HOLDFAST_DENIED);
  EXPECT_EQ(reason, HOLDFAST_REASON_FEATURE_NOT_GRANTED);
  EXPECT_EQ(Status(handle).state, HOLDFAST_STATE_AGENT_UNPROVEN);
}

TEST_F(CheckTest, AnAgentThatWaitsForItsHardwareTakesNothingAway) {
  Handle handle = MustOpen();
  agent.Change([](ScriptedAgent::Script& script) {
    Revoke(script);
    script.entitlements.license["state"] = "hardware_unavailable";
    script.unproven = Error{ErrorKind::kRefused, "challenge.unproven", "not yet", ""};
  });
  const int before = agent.asked("challenge");
  while (agent.asked("challenge") == before) ASSERT_EQ(Check(handle, "export"), HOLDFAST_OK);
  EXPECT_EQ(Check(handle, "export"), HOLDFAST_OK);
}

TEST_F(CheckTest, WhatWasGrantedStandsWhenTheAgentIsGoneAndThenNoMore) {
  agent.Change([](ScriptedAgent::Script& script) { script.entitlements.keep = Seconds(5); }, false);
  Handle handle = MustOpen();
  socket = (home.path() / "elsewhere").string();
  std::filesystem::rename(home.path() / "agent.sock", socket);
  agent.StopLiving();
  EXPECT_EQ(Check(handle, "export"), HOLDFAST_OK);
  Await(handle, "export", HOLDFAST_DENIED, HOLDFAST_REASON_AGENT_GONE);
  EXPECT_EQ(Status(handle).state, HOLDFAST_STATE_AGENT_GONE);
  holdfast_error error{};
  error.size = sizeof error;
  EXPECT_EQ(holdfast_agent_error(handle.get(), &error), HOLDFAST_OK);
  EXPECT_EQ(error.code, HOLDFAST_NO_AGENT);
  EXPECT_STREQ(error.check, "agent.absent");
}

TEST_F(CheckTest, AnAgentThatComesBackIsFoundAgain) {
  agent.Change([](ScriptedAgent::Script& script) { script.entitlements.keep = Seconds(1); }, false);
  Handle handle = MustOpen();
  std::filesystem::rename(home.path() / "agent.sock", home.path() / "away");
  Await(handle, "export", HOLDFAST_DENIED, HOLDFAST_REASON_AGENT_GONE);
  std::filesystem::rename(home.path() / "away", home.path() / "agent.sock");
  Await(handle, "export", HOLDFAST_OK, HOLDFAST_REASON_ACTIVE);
}

TEST_F(CheckTest, APageThatLivesForEverDoesNotKeepAnythingAlive) {
  // The socket is gone and the page still moves, as whoever put himself in between would have it.
  agent.Change([](ScriptedAgent::Script& script) { script.entitlements.keep = Seconds(1); }, false);
  Handle handle = MustOpen();
  std::filesystem::rename(home.path() / "agent.sock", home.path() / "away");
  Await(handle, "export", HOLDFAST_DENIED, HOLDFAST_REASON_AGENT_GONE);
}

TEST_F(CheckTest, StatusIsWhatTheAgentSaid) {
  Handle handle = MustOpen();
  const holdfast_status status = Status(handle);
  EXPECT_EQ(status.state, HOLDFAST_STATE_ACTIVE);
  ASSERT_EQ(status.reason_count, 1u);
  EXPECT_EQ(status.reasons[0], HOLDFAST_REASON_ACTIVE);
  EXPECT_STREQ(status.edition, "standard");
  EXPECT_EQ(status.has_expiry, 1);
  EXPECT_EQ(status.expires, ParseTime("2027-11-01T00:00:00Z")->time_since_epoch().count());
  EXPECT_EQ(status.days_left, 344);
}

TEST_F(CheckTest, StatusAsJsonIsTheLicenseOfTheLocalApi) {
  Handle handle = MustOpen();
  size_t length = 0;
  ASSERT_EQ(holdfast_status_json(handle.get(), nullptr, 0, &length), HOLDFAST_BUFFER_TOO_SMALL);
  std::string text(length + 1, '\0');
  ASSERT_EQ(holdfast_status_json(handle.get(), text.data(), text.size(), nullptr), HOLDFAST_OK);
  const auto json = ParseJson(std::string_view(text).substr(0, length), 64 * 1024);
  ASSERT_TRUE(json) << text;
  EXPECT_EQ((*json)["edition"], "standard");
}

TEST_F(CheckTest, NoLicenseIsAState) {
  agent.Change(
      [](ScriptedAgent::Script& script) {
        script.entitlements.license = nullptr;
        script.entitlements.decisions.clear();
        script.entitlements.otherwise = {.allowed = false, .reasons = {"no_license"}, .value = {}};
        script.unproven = Error{ErrorKind::kRefused, "challenge.unproven", "none is installed", ""};
      },
      false);
  EXPECT_EQ(Opening(), "unproven challenge.unproven");
  flags = HOLDFAST_OPEN_ANYWAY;
  Handle handle = MustOpen();
  EXPECT_EQ(Check(handle, "export"), HOLDFAST_DENIED);
  EXPECT_EQ(reason, HOLDFAST_REASON_NO_LICENSE);
  EXPECT_EQ(Status(handle).state, HOLDFAST_STATE_NONE);
}

TEST_F(CheckTest, AHandleThatIsOpenedAnywayFindsTheAgentLater) {
  std::filesystem::rename(home.path() / "agent.sock", home.path() / "away");
  flags = HOLDFAST_OPEN_ANYWAY;
  Handle handle = MustOpen();
  EXPECT_EQ(Check(handle, "export"), HOLDFAST_DENIED);
  EXPECT_EQ(reason, HOLDFAST_REASON_AGENT_GONE);
  std::filesystem::rename(home.path() / "away", home.path() / "agent.sock");
  Await(handle, "export", HOLDFAST_OK, HOLDFAST_REASON_ACTIVE);
}

TEST_F(CheckTest, ManyThreadsCheckWhileDecisionsChange) {
  Handle handle = MustOpen();
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; i++)
    threads.emplace_back([&] {
      while (!stop) {
        int64_t layers = 0;
        const int code = holdfast_integer(handle.get(), "layers", &layers, nullptr);
        if (code != HOLDFAST_OK || layers < 7) wrong++;
      }
    });
  for (int64_t layers = 8; layers <= 12; layers++) {
    agent.Change(
        [&](ScriptedAgent::Script& script) { script.entitlements.decisions["layers"].value = layers; });
    for (int64_t seen = 0; seen != layers; std::this_thread::yield())
      if (holdfast_integer(handle.get(), "layers", &seen, nullptr) != HOLDFAST_OK) wrong++;
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace holdfast
