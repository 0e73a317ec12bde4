#include "tests/testing/application.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <stdexcept>

#include "protocol/crypto/random.h"
#include "protocol/json_text.h"
#include "protocol/local/ec_point.h"

namespace holdfast::testing {

Application::Application(const std::filesystem::path& socket)
    : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = socket.string();
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("too long a path: " + path);
  std::memcpy(address.sun_path, path.data(), path.size());
  // So that a test ends that waits in vain.
  const timeval patience{60, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("nobody listens on " + socket.string());
}

Application::~Application() {
  Close();
  if (page_ != nullptr) ::munmap(page_, local::kWatchPageSize);
  if (page_descriptor_ >= 0) ::close(page_descriptor_);
}

void Application::Close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

void Application::Say(std::string_view line) {
  asked_ = Sha256(AsBytes(line));
  const std::string text = std::string(line) + "\n";
  size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t n = ::send(socket_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) return;
    sent += static_cast<size_t>(n);
  }
}

std::string Application::Read() {
  for (;;) {
    if (const size_t end = input_.find('\n'); end != std::string::npos) {
      std::string line = input_.substr(0, end);
      input_.erase(0, end + 1);
      return line;
    }
    std::array<char, 16384> buffer;
    iovec part{buffer.data(), buffer.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t n = ::recvmsg(socket_, &message, MSG_CMSG_CLOEXEC);
    if (n <= 0) return {};
    if (const cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr && header->cmsg_type == SCM_RIGHTS)
      std::memcpy(&page_descriptor_, CMSG_DATA(header), sizeof page_descriptor_);
    input_.append(buffer.data(), static_cast<size_t>(n));
  }
}

Result<local::ChallengeAnswer> Application::Challenge(const std::string& product) {
  HOLDFAST_TRY(const EcPrivateKey own, EcPrivateKey::Generate());
  const local::Challenge challenge{product, RandomBytes(local::kChallengeNonceSize),
                                   local::EcPointOf(own.public_key())};
  Say(local::FormatChallenge(challenge));
  HOLDFAST_TRY(local::ChallengeAnswer answer, local::ParseChallengeAnswer(Read()));
  HOLDFAST_TRY(const auto session, local::ParseSessionStatement(answer.session));
  HOLDFAST_TRY(const PublicKey key, local::KeyOfEcPoint(session.statement.session_key));
  HOLDFAST_TRY(Secret agreed, local::VerifyChallengeAnswer(challenge, own, answer, key));
  answers_.emplace(std::move(agreed));
  return answer;
}

Result<Json> Application::Ask(const Json& request) {
  Say(FormatJson(request));
  return Next();
}

Result<Json> Application::Next() {
  const std::string line = Read();
  if (!answers_) return ParseJson(line, local::kMaxAnswer);
  HOLDFAST_TRY(const std::string_view json, answers_->Open(asked_, line));
  return ParseJson(json, local::kMaxAnswer);
}

const local::WatchPage* Application::Page() {
  if (page_ == nullptr && page_descriptor_ >= 0) {
    void* page = ::mmap(nullptr, local::kWatchPageSize, PROT_READ, MAP_SHARED, page_descriptor_, 0);
    if (page != MAP_FAILED) page_ = page;
  }
  const auto read = page_ != nullptr ? local::ReadWatchPage(page_) : tl::unexpected(Error{});
  return read ? *read : nullptr;
}

}  // namespace holdfast::testing
