// An agent of another version, which may say more than the library knows, and must not say less.
#include "tests/client/client_fixture.h"

namespace holdfast {
namespace {

using testing::ScriptedAgent;

class OtherVersionTest : public ClientTest {
 protected:
  void Say(const std::function<void(const std::string& op, Json& answer)>& change) {
    agent.Change([&](ScriptedAgent::Script& script) { script.on_answer = change; });
  }
  holdfast_status StatusOf(const Handle& handle) const {
    holdfast_status status{};
    status.size = sizeof status;
    EXPECT_EQ(holdfast_get_status(handle.get(), &status), HOLDFAST_OK);
    return status;
  }
};

void AddMembers(const std::string& op, Json& answer) {
  answer["since_2.0"] = {{"nested", {1, 2, 3}}};
  if (op != "entitlements") return;
  for (Json* inner : {&answer["decisions"]["export"], &answer["otherwise"], &answer["license"],
                      &answer["license"]["limits"]["seats"]})
    (*inner)["since_2.0"] = true;
}

TEST_F(OtherVersionTest, MembersThatALaterAgentAddsAreIgnored) {
  Say(AddMembers);
  Handle handle = MustOpen();
  uint8_t key[HOLDFAST_KEY_SIZE];
  EXPECT_EQ(holdfast_check(handle.get(), "export", nullptr), HOLDFAST_OK);
  EXPECT_EQ(holdfast_acquire(handle.get(), "seats", 1, nullptr), HOLDFAST_OK);
  EXPECT_EQ(holdfast_consume(handle.get(), "pages", 1, nullptr), HOLDFAST_OK);
  EXPECT_EQ(holdfast_key(handle.get(), "content", key, nullptr), HOLDFAST_OK);
}

TEST_F(OtherVersionTest, AHandleThatIsOpenGoesOnWithALaterAgent) {
  Handle handle = MustOpen();
  ASSERT_EQ(holdfast_acquire(handle.get(), "seats", 2, nullptr), HOLDFAST_OK);
  Say(AddMembers);
  agent.Disconnect();
  EXPECT_EQ(holdfast_acquire(handle.get(), "seats", 1, nullptr), HOLDFAST_OK) << LastCheck();
  agent.AwaitAsked("set", 1);
  EXPECT_EQ(holdfast_check(handle.get(), "export", nullptr), HOLDFAST_OK);
}

TEST_F(OtherVersionTest, AStateAndReasonsOfALaterAgentAreOther) {
  Say([](const std::string& op, Json& answer) {
    if (op != "entitlements") return;
    answer["license"]["state"] = "hibernating";
    answer["license"]["reasons"] = {"too_cold", "expiring"};
    answer["decisions"]["export"]["reasons"] = {"too_cold"};
    answer["decisions"]["macros"]["reasons"] = {"too_cold"};
  });
  Handle handle = MustOpen();
  EXPECT_EQ(holdfast_check(handle.get(), "export", &reason), HOLDFAST_OK);
  EXPECT_EQ(reason, HOLDFAST_REASON_OTHER);
  EXPECT_EQ(holdfast_check(handle.get(), "macros", &reason), HOLDFAST_DENIED);
  EXPECT_EQ(reason, HOLDFAST_REASON_OTHER);
  const holdfast_status status = StatusOf(handle);
  EXPECT_EQ(status.state, HOLDFAST_STATE_OTHER);
  ASSERT_EQ(status.reason_count, 2u);
  EXPECT_EQ(status.reasons[1], HOLDFAST_REASON_EXPIRING);
}

TEST_F(OtherVersionTest, AnAgentThatSaysLessThanTheLibraryNeedsIsNamed) {
  for (const std::string member : {"decisions", "otherwise", "keep", "generation", "time"}) {
    SCOPED_TRACE(member);
    Say([&](const std::string& op, Json& answer) {
      if (op == "entitlements") answer.erase(member);
    });
    EXPECT_EQ(Opening(), "agent_invalid entitlements." + member);
  }
}

TEST_F(OtherVersionTest, AnAgentThatKnowsNoChallengeIsRefused) {
  Say([](const std::string&, Json& answer) {
    answer = {{"ok", false},
              {"error", {{"kind", "usage"}, {"check", "api.op"}, {"message", "there is no such operation"}}}};
  });
  EXPECT_EQ(Opening(), "refused api.op");
}

}  // namespace
}  // namespace holdfast
