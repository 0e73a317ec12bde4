#include "signer/signer_client.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "signer/frame_socket.h"
#include "signer/signing_wire.h"

namespace holdfast {
namespace {

// A peer that does what the test says with the first frame.
class SignerClientTest : public testing::Test {
 protected:
  void SetUp() override {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    client_ = SignerClient::Adopt(ends[0], Seconds(5));
    peer_ = std::make_unique<FrameSocket>(ends[1]);
  }
  void Answer(std::function<void(const std::string&)> what) {
    thread_ = std::jthread([this, what] {
      auto request = peer_->Receive({}, Seconds(5));
      if (request) what(*request);
    });
  }
  static FrameSocket::Deadline Soon() { return std::chrono::steady_clock::now() + Seconds(5); }
  std::unique_ptr<SignerClient> client_;
  std::unique_ptr<FrameSocket> peer_;
  std::jthread thread_;
};

TEST_F(SignerClientTest, ReturnsTheValue) {
  Answer([this](const std::string& request) {
    EXPECT_TRUE(ParseSigningCall(request));
    EXPECT_TRUE(peer_->Send(FormatSigningAnswer(SigningValue(std::string("a.b.c"))), Soon()));
  });
  EXPECT_EQ(*client_->SignMessage({.line = "default"}), "a.b.c");
}

TEST_F(SignerClientTest, KeepsTheSignersErrorAsItIs) {
  Answer([this](const std::string&) {
    EXPECT_TRUE(peer_->Send(FormatSigningAnswer(Refused("policy.rate", "too many", "Wait")), Soon()));
  });
  auto answer = client_->GetStatus();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::kRefused);
  EXPECT_EQ(answer.error().check, "policy.rate");
  EXPECT_EQ(answer.error().advice, "Wait");
}

TEST_F(SignerClientTest, ASignerThatDiesInTheMiddleIsUnavailable) {
  Answer([this](const std::string&) { peer_.reset(); });
  auto answer = client_->IssueLicense({.line = "default"});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(answer.error().check, "signer.answer");
}

TEST_F(SignerClientTest, AClosedConnectionIsNotedBeforeSending) {
  peer_.reset();
  auto answer = client_->GetStatus();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().check, "signer.connect");
}

TEST_F(SignerClientTest, AHalfFrameIsUnavailable) {
  Answer([this](const std::string&) {
    EXPECT_EQ(::write(peer_->descriptor(), "\0\0\1\0half", 8), 8);
    peer_.reset();
  });
  auto answer = client_->GetStatus();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::kUnavailable);
}

TEST_F(SignerClientTest, AnOversizedFrameIsUnavailableAndEndsTheConnection) {
  Answer([this](const std::string&) { EXPECT_EQ(::write(peer_->descriptor(), "\xff\xff\xff\xff", 4), 4); });
  auto answer = client_->GetStatus();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::kUnavailable);
  EXPECT_FALSE(client_->GetStatus());
}

TEST_F(SignerClientTest, RefusesAnOrderThatFitsNoFrame) {
  auto answer = client_->SignMessage({.line = "default", .payload = Bytes(kMaxSigningFrame)});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().check, "wire.size");
}

TEST(SignerClient, NoListenerIsUnavailableAndNamesTheSocket) {
  auto client = SignerClient::Connect("/nonexistent/signer.sock");
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().kind, ErrorKind::kUnavailable);
  EXPECT_NE(client.error().message.find("/nonexistent/signer.sock"), std::string::npos);
}

}  // namespace
}  // namespace holdfast
