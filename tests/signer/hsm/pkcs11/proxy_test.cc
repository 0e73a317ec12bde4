// A module in another process: SoftHSM2 behind `p11-kit server`, reached through p11-kit-client.so. When the server dies the
// client would die of SIGPIPE, and after that only C_Finalize helps.
#include <signal.h>

#include "tests/signer/hsm/pkcs11/token_fixture.h"

namespace holdfast::hsm {
namespace {

constexpr char kClient[] = "/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-client.so";

class Proxy : public ShimmedToken {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kClient)) GTEST_SKIP() << "no p11-kit-client.so";
    signal(SIGPIPE, SIG_IGN);  // as holdfast-signer does
    ASSERT_EQ(Tool("--keypairgen --key-type EC:prime256v1 --label issuing --id 01 --usage-sign"), 0);
    config_.module = kClient;
    config_.module_env = {"P11_KIT_SERVER_ADDRESS=unix:path=" + socket().string()};
    StartServer();
  }
  void TearDown() override { StopServer(); }

  Path socket() const { return soft_.scratch.path() / "socket"; }
  Path pid_file() const { return soft_.scratch.path() / "server.pid"; }
  // A process group of its own, as each connection gets a worker. The socket is there when the shell returns.
  void StartServer() {
    std::string script =
        "cd " + soft_.scratch.path().string() + "; rm -f socket; export " + soft_.module_env[0] +
        "; setsid p11-kit server --provider " + soft_.module + " -f -n " + socket().string() +
        " pkcs11:token=holdfast > server.log 2>&1 < /dev/null & echo $! > " + pid_file().string() +
        "; for i in $(seq 200); do [ -S " + socket().string() + " ] && exit 0; sleep 0.02; done; exit 1";
    ASSERT_EQ(std::system(("bash -c '" + script + "'").c_str()), 0);
  }
  void StopServer() {
    std::string script =
        "p=$(cat " + pid_file().string() + ") && kill -9 -- -$p; while kill -0 -- -$p; do sleep 0.02; done";
    [[maybe_unused]] const int status = std::system(("bash -c '" + script + "' 2> /dev/null").c_str());
  }
};

TEST_F(Proxy, SignsAndComesBackAfterItsServerWasKilled) {
  ASSERT_NO_FATAL_FAILURE(Open());
  auto pinned = token_->ReadPublicKey("pkcs11:id=%01");
  ASSERT_TRUE(pinned) << pinned.error().message;
  pinned_ = *pinned;
  ASSERT_NO_FATAL_FAILURE(OpenKey());
  EXPECT_EQ(Sign(), "") << last_error_.message;
  StopServer();
  EXPECT_EQ(Sign(), "hsm.down");
  EXPECT_EQ(last_error_.kind, ErrorKind::kUnavailable) << last_error_.message;
  StartServer();
  EXPECT_EQ(Sign(), "") << last_error_.message;
}

}  // namespace
}  // namespace holdfast::hsm
