// What is held, used up and opened through a handle.
#include "tests/client/client_fixture.h"

namespace holdfast {
namespace {

using testing::ScriptedAgent;

class LimitsTest : public ClientTest {
 protected:
  holdfast_limit StatusOf(const Handle& handle, const char* limit) {
    holdfast_limit status{};
    status.size = sizeof status;
    EXPECT_EQ(holdfast_limit_status(handle.get(), limit, &status, &reason), HOLDFAST_OK) << LastCheck();
    return status;
  }
};

TEST_F(LimitsTest, SeatsAreTakenAndGivenBack) {
  Handle handle = MustOpen();
  EXPECT_EQ(holdfast_acquire(handle.get(), "seats", 3, &reason), HOLDFAST_OK);
  EXPECT_EQ(agent.held("seats"), 3);
  EXPECT_EQ(holdfast_release(handle.get(), "seats", 1), HOLDFAST_OK);
  EXPECT_EQ(agent.held("seats"), 2);
  EXPECT_EQ(holdfast_release(handle.get(), "seats", HOLDFAST_ALL), HOLDFAST_OK);
  EXPECT_EQ(agent.held("seats"), 0);
}

TEST_F(LimitsTest, MoreThanThereIsIsDeniedAndNothingIsTaken) {
  Handle handle = MustOpen();
  EXPECT_EQ(holdfast_acquire(handle.get(), "seats", 11, &reason), HOLDFAST_DENIED);
  EXPECT_EQ(reason, HOLDFAST_REASON_LIMIT_REACHED);
  EXPECT_EQ(agent.held("seats"), 0);
}

TEST_F(LimitsTest, AGaugeIsSet) {
  Handle handle = MustOpen();
  EXPECT_EQ(holdfast_set(handle.get(), "seats", 4, nullptr), HOLDFAST_OK);
  EXPECT_EQ(holdfast_set(handle.get(), "seats", 2, nullptr), HOLDFAST_OK);
  EXPECT_EQ(agent.held("seats"), 2);
  EXPECT_EQ(holdfast_set(handle.get(), "seats", 0, nullptr), HOLDFAST_OK);
  EXPECT_EQ(agent.held("seats"), 0);
}

TEST_F(LimitsTest, WhatAHandleHoldsGoesWithIt) {
  Handle handle = MustOpen();
  ASSERT_EQ(holdfast_acquire(handle.get(), "seats", 3, nullptr), HOLDFAST_OK);
  handle.reset();
  while (agent.held("seats") != 0) std::this_thread::yield();
}

TEST_F(LimitsTest, WhatIsHeldIsTakenAgainFromAnAgentThatWasRestarted) {
  Handle handle = MustOpen();
  ASSERT_EQ(holdfast_acquire(handle.get(), "seats", 3, nullptr), HOLDFAST_OK);
  agent.Disconnect();
  while (agent.held("seats") != 0) std::this_thread::yield();
  EXPECT_EQ(StatusOf(handle, "seats").held, 3);
  EXPECT_EQ(agent.held("seats"), 3);
  EXPECT_EQ(holdfast_acquire(handle.get(), "seats", 1, nullptr), HOLDFAST_OK);
  EXPECT_EQ(agent.held("seats"), 4);
}

TEST_F(LimitsTest, WhatIsNotThereAnyMoreAfterARestartIsNotHeld) {
  Handle handle = MustOpen();
  ASSERT_EQ(holdfast_acquire(handle.get(), "seats", 3, nullptr), HOLDFAST_OK);
  agent.Change([](ScriptedAgent::Script& script) { script.seats = 2; }, false);
  agent.Disconnect();
  while (agent.held("seats") != 0) std::this_thread::yield();
  EXPECT_EQ(StatusOf(handle, "seats").held, 0);
  EXPECT_EQ(agent.held("seats"), 0);
}

TEST_F(LimitsTest, FiguresOfALimit) {
  Handle handle = MustOpen();
  ASSERT_EQ(holdfast_acquire(handle.get(), "seats", 2, nullptr), HOLDFAST_OK);
  const holdfast_limit status = StatusOf(handle, "seats");
  EXPECT_EQ(status.max, 10);
  EXPECT_EQ(status.used, 0);
  EXPECT_EQ(status.held, 2);
}

TEST_F(LimitsTest, ALimitThatThereIsNotIsUnknown) {
  Handle handle = MustOpen();
  holdfast_limit status{};
  status.size = sizeof status;
  EXPECT_EQ(holdfast_limit_status(handle.get(), "no-such", &status, &reason), HOLDFAST_DENIED);
  EXPECT_EQ(reason, HOLDFAST_REASON_UNKNOWN_LIMIT);
}

TEST_F(LimitsTest, UnitsAreUsedUpOverOneConnection) {
  Handle handle = MustOpen();
  for (int i = 0; i < 3; i++) EXPECT_EQ(holdfast_consume(handle.get(), "pages", 1, &reason), HOLDFAST_OK);
  EXPECT_EQ(agent.asked("consume"), 3);
  EXPECT_EQ(agent.asked("challenge"), 2) << "one to open, one to use up";
}

TEST_F(LimitsTest, AKeyIsHandedOut) {
  Handle handle = MustOpen();
  uint8_t key[HOLDFAST_KEY_SIZE] = {};
  EXPECT_EQ(holdfast_key(handle.get(), "content", key, &reason), HOLDFAST_OK);
  for (uint8_t octet : key) EXPECT_EQ(octet, 0xaa);
}

TEST_F(LimitsTest, AnAnswerThatIsNoneIsNamed) {
  const std::string answers[] = {"{\"ok\":true}", "{\"ok\":true,\"allowed\":1,\"reasons\":[\"active\"]}",
                                 "{\"ok\":true,\"allowed\":true,\"reasons\":[]}",
                                 "{\"ok\":true,\"allowed\":true,\"reasons\":[7]}",
                                 "{\"ok\":true,\"allowed\":true,\"reasons\":[\"active\"],\"key\":\"aa\"}"};
  for (const std::string& answer : answers) {
    SCOPED_TRACE(answer);
    agent.Change([&](ScriptedAgent::Script& script) { script.answer_to_key = answer; }, false);
    Handle handle = MustOpen();
    uint8_t key[HOLDFAST_KEY_SIZE] = {1};
    EXPECT_EQ(holdfast_key(handle.get(), "content", key, nullptr), HOLDFAST_AGENT_INVALID);
    EXPECT_EQ(key[0], 1);
  }
}

TEST_F(LimitsTest, TheAgentsErrorsAreNamed) {
  Handle handle = MustOpen();
  uint8_t key[HOLDFAST_KEY_SIZE] = {};
  const auto error = [](const std::string& kind, const std::string& check) {
    return R"({"ok":false,"error":{"kind":")" + kind + R"(","check":")" + check +
           R"(","message":"m","advice":"a"}})";
  };
  agent.Change(
      [&](ScriptedAgent::Script& script) { script.answer_to_key = error("unavailable", "tpm.busy"); }, false);
  EXPECT_EQ(holdfast_key(handle.get(), "content", key, nullptr), HOLDFAST_REFUSED);
  EXPECT_EQ(LastCheck(), "tpm.busy");
  agent.Change([&](ScriptedAgent::Script& script) { script.answer_to_key = error("usage", "limit.kind"); },
               false);
  EXPECT_EQ(holdfast_key(handle.get(), "content", key, nullptr), HOLDFAST_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace holdfast
