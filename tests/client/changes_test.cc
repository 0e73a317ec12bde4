// The descriptor that an application polls.
#include <poll.h>

#include "tests/client/client_fixture.h"

namespace holdfast {
namespace {

using testing::ScriptedAgent;

class ChangesTest : public ClientTest {
 protected:
  static int Descriptor(const Handle& handle) {
    int fd = -1;
    EXPECT_EQ(holdfast_fd(handle.get(), &fd), HOLDFAST_OK) << LastCheck();
    return fd;
  }
  static void AwaitReadable(int fd) {
    pollfd poll{fd, POLLIN, 0};
    ASSERT_EQ(::poll(&poll, 1, 120'000), 1);
  }
  static bool IsReadable(int fd) {
    pollfd poll{fd, POLLIN, 0};
    return ::poll(&poll, 1, 0) == 1;
  }
  static bool Drain(const Handle& handle) {
    int changed = -1;
    EXPECT_EQ(holdfast_drain(handle.get(), &changed), HOLDFAST_OK) << LastCheck();
    return changed == 1;
  }
  // Polls and drains until something has changed.
  static void AwaitChange(const Handle& handle) {
    do {
      AwaitReadable(Descriptor(handle));
    } while (!Drain(handle));
  }
  static void Grant(ScriptedAgent::Script& script, const char* feature) {
    script.entitlements.decisions[feature] = {
        .allowed = true, .reasons = {"active"}, .value = FeatureValue(true)};
  }
  int Check(const Handle& handle, const char* feature) {
    return holdfast_check(handle.get(), feature, &reason);
  }
};

TEST_F(ChangesTest, AChangeMakesItReadableAndDrainSeesIt) {
  Handle handle = MustOpen();
  Descriptor(handle);
  agent.Change([](ScriptedAgent::Script& script) { Grant(script, "macros"); });
  AwaitChange(handle);
  EXPECT_EQ(Check(handle, "macros"), HOLDFAST_OK);
}

TEST_F(ChangesTest, ItStaysTheSameDescriptor) {
  Handle handle = MustOpen();
  const int fd = Descriptor(handle);
  agent.Change([](ScriptedAgent::Script& script) { Grant(script, "macros"); });
  AwaitChange(handle);
  EXPECT_EQ(Descriptor(handle), fd);
}

TEST_F(ChangesTest, AChangeThatChangesNothingForThisProductIsNone) {
  Handle handle = MustOpen();
  const int fd = Descriptor(handle);
  agent.Change([](ScriptedAgent::Script&) {});
  AwaitReadable(fd);
  EXPECT_FALSE(Drain(handle));
}

TEST_F(ChangesTest, ItIsNotReadableAfterADrain) {
  Handle handle = MustOpen();
  const int fd = Descriptor(handle);
  while (IsReadable(fd)) Drain(handle);
  EXPECT_FALSE(IsReadable(fd));
}

TEST_F(ChangesTest, AChangeThatACheckHasSeenFirstIsToldAllTheSame) {
  Handle handle = MustOpen();
  const int fd = Descriptor(handle);
  agent.Change([](ScriptedAgent::Script& script) { Grant(script, "macros"); });
  while (Check(handle, "macros") != HOLDFAST_OK) std::this_thread::yield();
  AwaitReadable(fd);
  EXPECT_TRUE(Drain(handle));
}

TEST_F(ChangesTest, AnAgentThatComesBackIsSeenWithoutAnyCheck) {
  agent.Change([](ScriptedAgent::Script& script) { script.entitlements.keep = Seconds(1); }, false);
  Handle handle = MustOpen();
  Descriptor(handle);
  std::filesystem::rename(home.path() / "agent.sock", home.path() / "away");
  agent.Disconnect();
  AwaitChange(handle);
  EXPECT_EQ(Check(handle, "export"), HOLDFAST_DENIED);
  EXPECT_EQ(reason, HOLDFAST_REASON_AGENT_GONE);
  std::filesystem::rename(home.path() / "away", home.path() / "agent.sock");
  AwaitChange(handle);
  EXPECT_EQ(Check(handle, "export"), HOLDFAST_OK);
}

TEST_F(ChangesTest, ADescriptorIsThereAlsoWithoutAnAgent) {
  std::filesystem::rename(home.path() / "agent.sock", home.path() / "away");
  flags = HOLDFAST_OPEN_ANYWAY;
  Handle handle = MustOpen();
  Descriptor(handle);
  std::filesystem::rename(home.path() / "away", home.path() / "agent.sock");
  AwaitChange(handle);
  EXPECT_EQ(Check(handle, "export"), HOLDFAST_OK);
}

TEST_F(ChangesTest, WhoWritesWithoutEndDoesNotKeepTheApplication) {
  Handle handle = MustOpen();
  Descriptor(handle);
  for (int i = 0; i < 200; i++) agent.Change([](ScriptedAgent::Script&) {});
  Drain(handle);
  EXPECT_EQ(Check(handle, "export"), HOLDFAST_OK);
}

TEST_F(ChangesTest, DrainBeforeTheDescriptorIsAMistake) {
  Handle handle = MustOpen();
  EXPECT_EQ(holdfast_drain(handle.get(), nullptr), HOLDFAST_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace holdfast
