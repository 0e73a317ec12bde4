#include "signer/signer_client.h"

#include "signer/frame_socket.h"
#include "signer/signing_wire.h"

namespace holdfast {

SignerClient::SignerClient(Path path, Seconds timeout) : path_(std::move(path)), timeout_(timeout) {}
SignerClient::~SignerClient() = default;

Result<std::unique_ptr<SignerClient>> SignerClient::Connect(const Path& socket, Seconds timeout) {
  std::unique_ptr<SignerClient> client(new SignerClient(socket, timeout));
  HOLDFAST_CHECK(client->EnsureConnected());
  return client;
}

std::unique_ptr<SignerClient> SignerClient::Adopt(int descriptor, Seconds timeout) {
  std::unique_ptr<SignerClient> client(new SignerClient({}, timeout));
  client->socket_ = std::make_unique<FrameSocket>(descriptor);
  return client;
}

Status SignerClient::EnsureConnected() {
  if (socket_ && !socket_->ClosedByPeer()) return {};
  socket_.reset();
  if (path_.empty())
    return Fail(ErrorKind::kUnavailable, "signer.connect", "the signer has ended",
                "See what holdfast-signer wrote to standard error");
  HOLDFAST_TRY(FrameSocket socket, FrameSocket::Connect(path_));
  socket_ = std::make_unique<FrameSocket>(std::move(socket));
  return {};
}

Result<std::string> SignerClient::Exchange(const std::string& request) {
  const std::scoped_lock lock(mutex_);
  if (request.size() > kMaxSigningFrame)
    return Malformed("wire.size", "the order is larger than the signer accepts");
  HOLDFAST_CHECK(EnsureConnected());
  const auto deadline = std::chrono::steady_clock::now() + timeout_;
  const Status sent = socket_->Send(request, deadline);
  // A signer that refuses its caller says so and hangs up, perhaps before the order is sent: what it said is worth more than
  // that it is gone.
  auto answer = socket_->Receive(sent ? deadline : std::chrono::steady_clock::now(), timeout_);
  if (answer) return answer;
  if (!sent) answer = tl::unexpected(sent.error());
  // What is left of this exchange must not be taken for the answer to the next one.
  socket_.reset();
  Error error = answer.error();
  if (error.check == "signer.closed") error.check = "signer.answer";
  error.kind = ErrorKind::kUnavailable;
  if (error.advice.empty()) error.advice = "Check that holdfast-signer runs, then order again";
  return tl::unexpected(std::move(error));
}

Result<Bytes> SignerClient::IssueLicense(const LicenseOrder& order) {
  HOLDFAST_TRY(const std::string answer, Exchange(FormatSigningCall(order)));
  return ParseDerAnswer(answer);
}

Result<Bytes> SignerClient::IssueCrl(const CrlOrder& order) {
  HOLDFAST_TRY(const std::string answer, Exchange(FormatSigningCall(order)));
  return ParseDerAnswer(answer);
}

Result<std::string> SignerClient::SignMessage(const MessageOrder& order) {
  HOLDFAST_TRY(const std::string answer, Exchange(FormatSigningCall(order)));
  return ParseJwsAnswer(answer);
}

Result<SignerStatus> SignerClient::GetStatus() {
  HOLDFAST_TRY(const std::string answer, Exchange(FormatSigningCall(StatusQuery{})));
  return ParseStatusAnswer(answer);
}

}  // namespace holdfast
