// holdfast-signer as a process: over a socket path, and as a child for one command.
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include "signer/frame_socket.h"
#include "signer/hsm/audit_log.h"
#include "signer/signer_client.h"
#include "signer/signer_process.h"
#include "signer/signing_wire.h"
#include "tests/signer/hsm/signer_fixture.h"
#include "tests/testing/shell.h"

namespace holdfast::hsm {
namespace {

const Path kProgram = Path(HOLDFAST_BINARY_DIR) / "holdfast-signer";

// The program's clock is the machine's, so orders are dated by it.
LicenseOrder OrderNow(const std::string& license = "lic-1") {
  LicenseOrder order = GoodOrder(license);
  LicenseTerms terms = GoodTerms(license);
  terms.valid_from = order.not_before = SystemClock()();
  terms.expires = terms.valid_from + Seconds(86400);
  order.not_after = *terms.expires + terms.expiry_grace;
  order.terms_json = FormatTerms(terms);
  return order;
}

// Keys made by the program itself: this process must not load the module, which the embedded token configures.
class DaemonTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = testing::Shell(kProgram.string() + " ceremony --dir " + paths_.directory.string() +
                               " --vendor " + testing::Quoted(kTestVendor));
    ASSERT_EQ(made.status, 0) << made.output;
  }
  void TearDown() override {
    if (pid_ > 0) Stop(SIGKILL);
    if (notify_ >= 0) ::close(notify_);
  }
  void Start() {
    notify_ = ListenForNotifications();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::setenv("NOTIFY_SOCKET", notify_path_.c_str(), 1);
      ::dup2(::open(stderr_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO);
      ::execl(kProgram.c_str(), kProgram.c_str(), "serve", "--config", paths_.Config().c_str(), nullptr);
      ::_exit(127);
    }
    ASSERT_NO_FATAL_FAILURE(AwaitNotification("READY=1"));
    auto client = SignerClient::Connect(socket_);
    ASSERT_TRUE(client) << client.error().message;
    client_ = std::move(*client);
  }
  // As systemd does: the signer says there when it listens.
  int ListenForNotifications() {
    if (notify_ >= 0) return notify_;
    const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = AddressOf(notify_path_);
    EXPECT_EQ(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    const timeval patience{60, 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return descriptor;
  }
  void AwaitNotification(const std::string& line) {
    std::string text;
    while (("\n" + text + "\n").find("\n" + line + "\n") == std::string::npos) {
      char buffer[4096];
      const ssize_t n = ::recv(notify_, buffer, sizeof(buffer), 0);
      ASSERT_GT(n, 0) << "the signer does not say " << line;
      text.assign(buffer, static_cast<size_t>(n));
    }
  }
  static sockaddr_un AddressOf(const Path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    return address;
  }
  int Stop(int signal) {
    ::kill(pid_, signal);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }
  int RawConnection() {
    const sockaddr_un address = AddressOf(socket_);
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    return descriptor;
  }
  static FrameSocket::Deadline Soon() { return std::chrono::steady_clock::now() + Seconds(10); }

  testing::ScratchDirectory scratch_;
  const SignerPaths paths_{scratch_.path() / "s"};
  const Path socket_ = paths_.directory / "signer.sock";
  const Path notify_path_ = scratch_.path() / "notify", stderr_ = scratch_.path() / "stderr";
  int notify_ = -1;
  pid_t pid_ = -1;
  std::unique_ptr<SignerClient> client_;
};

TEST_F(DaemonTest, IssuesOverItsSocketAndStopsCleanly) {
  Start();
  auto license = client_->IssueLicense(OrderNow());
  ASSERT_TRUE(license) << license.error().check << ": " << license.error().message;
  EXPECT_TRUE(Certificate::Parse(*license, CertificateProfile::kLicense));
  EXPECT_EQ(client_->GetStatus()->state, "ok");
  const int status = Stop(SIGTERM);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_FALSE(std::filesystem::exists(socket_));
  EXPECT_TRUE(VerifyAuditLog(paths_.AuditLog()));
}

TEST_F(DaemonTest, GarbageEndsOneConnectionAndNoOther) {
  Start();
  for (const std::string& garbage : {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(10 << 20, '\xff'),
                                     std::string("\0\0\0\0", 4), std::string("\0\0\0\x05hel", 7)}) {
    const int raw = RawConnection();
    (void)!::send(raw, garbage.data(), garbage.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::shutdown(raw, SHUT_WR);
    char drain[4096];
    while (::read(raw, drain, sizeof(drain)) > 0) {
    }
    ::close(raw);
    EXPECT_TRUE(client_->GetStatus()) << garbage.substr(0, 8);
  }
}

TEST_F(DaemonTest, AFrameThatIsNoCallIsAnsweredWithItsFault) {
  Start();
  FrameSocket socket(RawConnection());
  for (const char* text : {"{}", "[", R"({"schema":"1","call":"sign_octets","order":{}})"}) {
    ASSERT_TRUE(socket.Send(text, Soon()));
    auto answer = socket.Receive(Soon(), Seconds(10));
    ASSERT_TRUE(answer) << answer.error().message;
    auto value = ParseJwsAnswer(*answer);
    ASSERT_FALSE(value);
    EXPECT_EQ(value.error().kind, ErrorKind::kMalformed) << text;
  }
}

TEST_F(DaemonTest, AForeignUserIsRefused) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root to become somebody else";
  Start();
  for (const Path& open : {scratch_.path(), paths_.directory}) ::chmod(open.c_str(), 0755);
  ::chmod(socket_.c_str(), 0666);
  int result[2];
  ASSERT_EQ(::pipe(result), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    char code = 'x';
    if (::setuid(65534) == 0) {
      auto client = SignerClient::Connect(socket_);
      auto status = client ? (*client)->GetStatus() : tl::unexpected(client.error());
      code = !status && status.error().check == "signer.peer" && status.error().kind == ErrorKind::kRefused
                 ? 'r'
                 : 'y';
    }
    (void)!::write(result[1], &code, 1);
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  char code = 0;
  ASSERT_EQ(::read(result[0], &code, 1), 1);
  EXPECT_EQ(code, 'r');
  EXPECT_NE(AsText(*ReadFile(paths_.AuditLog(), 1 << 20)).find("\"check\":\"signer.peer\""),
            std::string_view::npos)
      << "and that is on record";
  EXPECT_TRUE(client_->GetStatus());
}

TEST_F(DaemonTest, AClientReconnectsAfterARestart) {
  Start();
  auto old = std::move(client_);
  Stop(SIGTERM);
  Start();
  EXPECT_TRUE(old->GetStatus());
}

TEST_F(DaemonTest, AChildServesOneCommandAndIsReaped) {
  pid_t pid = -1;
  {
    auto process = SignerProcess::Spawn(kProgram, paths_.Config());
    ASSERT_TRUE(process) << process.error().message;
    pid = (*process)->pid();
    EXPECT_TRUE((*process)->service().IssueLicense(OrderNow()));
  }
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST_F(DaemonTest, AChildThatCannotStartSaysWhy) {
  auto missing = SignerProcess::Spawn(kProgram, "/nonexistent/signer.conf");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().check, "config.missing");
  Start();
  auto locked = SignerProcess::Spawn(kProgram, paths_.Config());
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().check, "signer.locked");
}

TEST_F(DaemonTest, AWrongPinIsNamedAndEndsWithItsOwnCode) {
  ASSERT_TRUE(WriteFileAtomically(paths_.directory / "pin", AsBytes("0000"), 0600));
  auto check = testing::Shell(kProgram.string() + " check -c " + paths_.Config().string());
  EXPECT_EQ(check.status, 77) << check.output;
  EXPECT_NE(check.output.find("hsm.pin_refused"), std::string::npos) << check.output;
}

// On a SoftHSM2 token behind the shim, which logs calls, and logs out or holds signatures back on demand.
class ShimmedDaemonTest : public DaemonTest {
 protected:
  void SetUp() override {
    shimmed_.module_env.push_back("HOLDFAST_SHIM_LOG=" + log_.string());
    shimmed_.module_env.push_back("HOLDFAST_SHIM_LOGOUT=" + logout_.string());
    shimmed_.module_env.push_back("HOLDFAST_SHIM_HOLD=" + hold_.string());
    std::string command = kProgram.string() + " ceremony --dir " + paths_.directory.string() + " --vendor " +
                          testing::Quoted(kTestVendor) + " --module " + shimmed_.module + " --token " +
                          shimmed_.uri + " --pin-file " + shimmed_.pin_file.string() + " --sessions 2";
    for (const std::string& variable : shimmed_.module_env) command += " --module-env " + variable;
    auto made = testing::Shell(command);
    ASSERT_EQ(made.status, 0) << made.output;
  }
  // "" when it signs, else the check that failed.
  std::string Order() {
    auto license = client_->IssueLicense(OrderNow("lic-" + std::to_string(++orders_)));
    if (license) return "";
    last_error_ = license.error();
    return last_error_.check;
  }
  long Calls(const std::string& function) const {
    auto log = ReadFile(log_, 1 << 20);
    std::istringstream lines(log ? std::string(AsText(*log)) : "");
    long count = 0;
    for (std::string line; std::getline(lines, line);) count += line == function;
    return count;
  }
  void Hold() { std::ofstream(hold_) << ""; }
  void Release() { std::filesystem::remove(hold_); }
  std::string AuditText() const { return std::string(AsText(*ReadFile(paths_.AuditLog(), 1 << 22))); }

  const testing::SoftToken soft_ = testing::SoftToken::Create();
  const Path log_ = soft_.scratch.path() / "calls", logout_ = soft_.scratch.path() / "logout",
             hold_ = soft_.scratch.path() / "hold";
  testing::TestToken shimmed_ = testing::BehindShim(soft_);
  int orders_ = 0;
  Error last_error_;
};

class RefusedPinTest : public ShimmedDaemonTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(ShimmedDaemonTest::SetUp());
    ASSERT_NO_FATAL_FAILURE(Start());
    ASSERT_EQ(Order(), "");
  }
  long Logins() const { return Calls("C_Login"); }
  void WritePin(const std::string& pin) { std::ofstream(shimmed_.pin_file) << pin; }
  void LogOut() { std::ofstream(logout_) << ""; }
  void Reload() {
    ::kill(pid_, SIGHUP);
    AwaitNotification("RELOADING=1");
    AwaitNotification("READY=1");
  }
};

TEST_F(RefusedPinTest, IsTriedOnceMoreOnSighupAndNeverMeanwhile) {
  const long before = Logins();
  WritePin("4321");
  LogOut();
  EXPECT_EQ(Order(), "hsm.pin_refused");
  EXPECT_NE(last_error_.advice.find("systemctl reload holdfast-signer"), std::string::npos)
      << last_error_.advice;
  for (int i = 0; i < 5; i++) EXPECT_EQ(Order(), "hsm.pin_refused");
  EXPECT_EQ(client_->GetStatus()->state, "pin_refused");
  WritePin(testing::kTestPin);
  EXPECT_EQ(Order(), "hsm.pin_refused") << "only the operator knows that it is right now";
  EXPECT_EQ(Logins(), before + 1);
  ASSERT_NO_FATAL_FAILURE(Reload());
  EXPECT_EQ(Order(), "") << last_error_.message;
  EXPECT_EQ(client_->GetStatus()->state, "ok");
  EXPECT_EQ(Logins(), before + 2);
}

TEST_F(RefusedPinTest, SighupWithAPinThatIsStillWrongIsOneAttempt) {
  const long before = Logins();
  WritePin("4321");
  LogOut();
  EXPECT_EQ(Order(), "hsm.pin_refused");
  ASSERT_NO_FATAL_FAILURE(Reload());
  EXPECT_EQ(Order(), "hsm.pin_refused");
  EXPECT_EQ(Logins(), before + 2);
}

TEST_F(RefusedPinTest, SighupLeavesATokenAloneThatTookItsPin) {
  const long before = Logins();
  ASSERT_NO_FATAL_FAILURE(Reload());
  EXPECT_EQ(Order(), "") << last_error_.message;
  EXPECT_EQ(Logins(), before);
}

// An HSM that takes calls and never answers.
class SilentHsmTest : public ShimmedDaemonTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(ShimmedDaemonTest::SetUp());
    auto config = ReadSignerConfig(paths_.Config());
    ASSERT_TRUE(config);
    config->hsm_deadline = Seconds(3);  // a signature takes longer than one on a busy machine
    const std::string text = FormatSignerConfig(*config, paths_.directory);
    ASSERT_TRUE(WriteFileAtomically(paths_.Config(), AsBytes(text), 0600));
    ASSERT_NO_FATAL_FAILURE(Start());
    ASSERT_EQ(Order(), "");
  }
  void TearDown() override {
    Release();
    DaemonTest::TearDown();
  }
  // Until the status says so; the deadline is the daemon's.
  void AwaitState(const std::string& state) {
    for (auto status = client_->GetStatus(); status && status->state != state; status = client_->GetStatus())
      std::this_thread::yield();
  }
};

TEST_F(SilentHsmTest, IsToldToWhoOrdersAndShownInTheStatus) {
  Hold();
  EXPECT_EQ(Order(), "hsm.down");
  EXPECT_FALSE(last_error_.advice.empty());
  AwaitState("hsm_down");
  auto status = client_->GetStatus();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->state, "hsm_down");
  EXPECT_EQ(Order(), "hsm.down");
  EXPECT_EQ(AuditText().find("\"license\":\"lic-3\""), std::string::npos) << "nothing more is begun";
}

TEST_F(SilentHsmTest, SignsAgainWhenItAnswers) {
  Hold();
  EXPECT_EQ(Order(), "hsm.down");
  AwaitState("hsm_down");
  Release();
  AwaitState("ok");
  EXPECT_EQ(Order(), "") << last_error_.message;
}

TEST_F(SilentHsmTest, DoesNotKeepTheSignerFromEnding) {
  Hold();
  EXPECT_EQ(Order(), "hsm.down");
  const int status = Stop(SIGTERM);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 1) << status;
  const auto said = ReadFile(stderr_, 1 << 20);
  ASSERT_TRUE(said);
  EXPECT_NE(AsText(*said).find("hsm.down"), std::string_view::npos) << AsText(*said);
  Release();
  ASSERT_NO_FATAL_FAILURE(Start());
  EXPECT_EQ(Order(), "") << last_error_.message;
  EXPECT_TRUE(VerifyAuditLog(paths_.AuditLog()));
}

TEST_F(SilentHsmTest, AtTheStartDoesNotKeepTheSignerFromEnding) {
  Stop(SIGTERM);
  const long before = Calls("C_Sign");
  Hold();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::execl(kProgram.c_str(), kProgram.c_str(), "serve", "--config", paths_.Config().c_str(), nullptr);
    ::_exit(127);
  }
  while (Calls("C_Sign") == before) std::this_thread::yield();
  const int status = Stop(SIGTERM);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) << status;
}

TEST_F(ShimmedDaemonTest, KilledInTheMiddleOfAnOrderItIsUnavailableAndComesBack) {
  ASSERT_NO_FATAL_FAILURE(Start());
  const LicenseOrder order = OrderNow();
  const long before = Calls("C_Sign");
  Hold();
  Result<Bytes> license = tl::unexpected(Error{});
  {
    std::jthread orders([&] { license = client_->IssueLicense(order); });
    while (AuditText().find("\"event\":\"signing\"") == std::string::npos || Calls("C_Sign") == before)
      std::this_thread::yield();
    Stop(SIGKILL);
  }
  ASSERT_FALSE(license);
  EXPECT_EQ(license.error().kind, ErrorKind::kUnavailable);
  Release();
  client_.reset();
  ASSERT_NO_FATAL_FAILURE(Start());  // over the stale socket
  auto again = client_->IssueLicense(order);
  EXPECT_TRUE(again) << again.error().check << ": " << again.error().message;
}

TEST_F(DaemonTest, WhatIsNoCallIsOnRecord) {
  Start();
  {
    FrameSocket socket(RawConnection());
    ASSERT_TRUE(socket.Send("{}", Soon()));
    ASSERT_TRUE(socket.Receive(Soon(), Seconds(10)));
  }
  Stop(SIGTERM);
  const auto log = ReadFile(paths_.AuditLog(), 1 << 20);
  ASSERT_TRUE(log);
  EXPECT_NE(AsText(*log).find("\"event\":\"refused\",\"kind\":\"call\""), std::string_view::npos)
      << AsText(*log);
}

TEST_F(DaemonTest, ACheckpointIsNotWrittenBesideARunningSigner) {
  const auto summary = VerifyAuditLog(paths_.AuditLog());
  ASSERT_TRUE(summary);
  const std::string command = kProgram.string() + " audit verify -c " + paths_.Config().string() +
                              " --write-head --checkpoint " + FormatAuditHead(summary->head);
  EXPECT_EQ(testing::Shell(command).status, 0);
  Start();
  auto beside = testing::Shell(command);
  EXPECT_EQ(beside.status, 1);
  EXPECT_NE(beside.output.find("signer.locked"), std::string::npos) << beside.output;
}

TEST_F(DaemonTest, ALostAuditLogIsBegunAnewByTheOperatorOnly) {
  std::filesystem::remove_all(paths_.AuditLog().parent_path());
  const std::string config = " -c " + paths_.Config().string();
  auto check = testing::Shell(kProgram.string() + " check" + config);
  EXPECT_EQ(check.status, 1);
  EXPECT_NE(check.output.find("audit.missing"), std::string::npos) << check.output;
  auto restart = testing::Shell(kProgram.string() + " audit restart" + config);
  EXPECT_EQ(restart.status, 0) << restart.output;
  EXPECT_EQ(testing::Shell(kProgram.string() + " check" + config).status, 0);
  auto twice = testing::Shell(kProgram.string() + " audit restart" + config);
  EXPECT_EQ(twice.status, 1);
  EXPECT_NE(twice.output.find("audit.exists"), std::string::npos) << twice.output;
}

TEST_F(DaemonTest, AuditVerifyTellsAnAlteredLogByItsExitCode) {
  const std::string verify = kProgram.string() + " audit verify -c " + paths_.Config().string();
  EXPECT_EQ(testing::Shell(verify).status, 0);
  auto log = ReadFile(paths_.AuditLog(), 1 << 20);
  ASSERT_TRUE(log);
  (*log)[log->size() / 2] ^= 1;
  ASSERT_TRUE(WriteFileAtomically(paths_.AuditLog(), *log, 0600));
  auto result = testing::Shell(verify);
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.output.find("audit.hash"), std::string::npos) << result.output;
}

TEST_F(DaemonTest, OperatorsApproveWithOpensslKeys) {
  const std::string dir = scratch_.path().string();
  auto result = testing::Shell(
      "set -e; umask 077; cd " + dir +
      "; for n in alice bob; do openssl ecparam -name prime256v1 -genkey -noout -out $n.pem; done; " +
      kProgram.string() + " ceremony --dir q --vendor Acme --print-plan > plan.json; " +
      "a=$(openssl pkey -in alice.pem -pubout -outform DER | base64 -w0); b=$(openssl pkey -in bob.pem "
      "-pubout -outform DER | base64 "
      "-w0); jq --arg a $a --arg b $b "
      "'.quorum={needed:2,operators:[{name:\"alice\",key:$a},{name:\"bob\",key:$b}]}' plan.json > "
      "q.json; for n in alice bob; do " +
      kProgram.string() + " approve --plan q.json --key $n.pem --operator $n -o $n.jws; done; " + "if " +
      kProgram.string() +
      " ceremony --dir q --plan q.json --approval alice.jws; then exit 9; fi; test ! -e q/signer.conf; " +
      kProgram.string() + " ceremony --dir q --plan q.json --approval alice.jws --approval bob.jws");
  EXPECT_EQ(result.status, 0) << result.output;
  EXPECT_NE(result.output.find("bob"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::hsm
