#include "tests/testing/scripted_agent.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "protocol/json_text.h"
#include "protocol/local/answer_mac.h"
#include "protocol/local/ec_point.h"

namespace holdfast::testing {
namespace {

template <class T>
T Must(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "testing/scripted_agent: %s: %s\n", result.error().check.c_str(),
               result.error().message.c_str());
  std::abort();
}

void Must(bool done) {
  if (done) return;
  std::perror("testing/scripted_agent");
  std::abort();
}

int Listen(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  Must(path.string().size() < sizeof address.sun_path);
  std::strcpy(address.sun_path, path.c_str());
  ::unlink(path.c_str());
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Must(socket >= 0 && ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
       ::listen(socket, 128) == 0);
  return socket;
}

local::FeatureDecision Granted(FeatureValue value) {
  return {.allowed = true, .reasons = {"active"}, .value = std::move(value)};
}

local::Entitlements EntitlementsOf(const LicenseTerms& terms) {
  local::Entitlements e;
  e.product = terms.product;
  e.generation = 1;
  e.time = kPkiNow;
  e.keep = Seconds(300);
  e.decisions = {{"export", Granted(true)},
                 {"layers", Granted(int64_t{7})},
                 {"tier", Granted(std::string("gold"))},
                 {"macros", {.allowed = false, .reasons = {"feature_not_granted"}, .value = {}}}};
  e.otherwise = {.allowed = false, .reasons = {"unknown_feature"}, .value = {}};
  e.license = Json{{"product", terms.product},
                   {"state", "active"},
                   {"reasons", {"active"}},
                   {"edition", terms.grants.edition},
                   {"expires", FormatTime(*terms.expires)},
                   {"days_left", 344},
                   {"limits", {{"seats", {{"kind", "seats"}, {"max", 10}}}}}};
  return e;
}

local::SessionStatement StatementOf(const LicenseFile& license, const LicenseTerms& terms,
                                    const PublicKey& session) {
  return {.vendor = terms.vendor,
          .product = terms.product,
          .license = terms.license,
          .serial = license.license.fields().serial,
          .certificate = Sha256(license.license.der()),
          .session_key = local::EcPointOf(session),
          .boot_id = OwnBootId(),
          .begins = kPkiNow - std::chrono::hours(1),
          .ends = kPkiNow + std::chrono::hours(11)};
}

ScriptedAgent::Script GenuineScript(const TestPki& pki) {
  LicenseFile license = pki.MakeLicenseFile();
  EcPrivateKey session_key = Must(EcPrivateKey::Generate());
  local::SessionStatement statement = StatementOf(license, TestPki::Terms(), session_key.public_key());
  return {.entitlements = EntitlementsOf(TestPki::Terms()),
          .license = std::move(license),
          .statement = std::move(statement),
          .statement_key = pki.license_key,
          .session_key = std::move(session_key),
          .unproven = {},
          .answer_to_key = {},
          .on_answer = {},
          .on_wire = {}};
}

}  // namespace

std::string OwnBootId() {
  std::string id;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), id);
  return id;
}

struct ScriptedAgent::Connection {
  explicit Connection(int accepted) : socket(accepted) {}
  ~Connection() {
    if (thread.joinable()) thread.join();
    ::close(socket);
  }
  void Write(std::string_view text, int descriptor = -1) const {
    while (!text.empty()) {
      iovec octets{const_cast<char*>(text.data()), text.size()};
      alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
      msghdr message{};
      message.msg_iov = &octets;
      message.msg_iovlen = 1;
      if (descriptor >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof descriptor);
        std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
      }
      const ssize_t n = ::sendmsg(socket, &message, MSG_NOSIGNAL);
      if (n <= 0) return;  // the other side does not want it
      text.remove_prefix(static_cast<size_t>(n));
      descriptor = -1;
    }
  }
  // Seals where there was a challenge.
  std::string Line(std::string_view request, const std::string& json) {
    return (answers ? answers->Seal(Sha256(AsBytes(request)), json) : json) + "\n";
  }

  const int socket;
  std::thread thread;
  std::optional<local::AnswerSequence> answers;
  std::optional<local::AnswerSequence> agreed;  // by a challenge whose answer is not out yet
  std::map<std::string, int64_t> held;
  std::string watch;  // the request for it; empty: it does not watch
  std::atomic<bool> ended = false;
};

ScriptedAgent::ScriptedAgent(const std::filesystem::path& socket, const TestPki& pki)
    : listener_(Listen(socket)), script_(GenuineScript(pki)) {
  page_fd_ = ::memfd_create("scripted-agent", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  Must(page_fd_ >= 0 && ::ftruncate(page_fd_, local::kWatchPageSize) == 0);
  void* mapping = ::mmap(nullptr, local::kWatchPageSize, PROT_READ | PROT_WRITE, MAP_SHARED, page_fd_, 0);
  Must(mapping != MAP_FAILED);
  page_ = &local::MakeWatchPage(mapping, static_cast<uint64_t>(script_.entitlements.generation));
  Must(::fcntl(page_fd_, F_ADD_SEALS, local::kWatchSeals) == 0);
  accepting_ = std::thread([this] { Accept(); });
}

ScriptedAgent::~ScriptedAgent() {
  stopping_ = true;
  accepting_.join();
  Disconnect();
  connections_.clear();
  ::close(listener_);
  ::close(page_fd_);
  ::munmap(page_, local::kWatchPageSize);
}

void ScriptedAgent::Accept() {
  while (!stopping_) {
    pollfd poll{listener_, POLLIN, 0};
    const int n = ::poll(&poll, 1, 50);
    if (lives_) page_->alive++;
    if (n <= 0) continue;
    const int accepted = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) continue;
    const std::lock_guard hold(mutex_);
    Connection& connection = *connections_.emplace_back(std::make_unique<Connection>(accepted));
    connection.thread = std::thread([this, &connection] { Serve(connection); });
  }
}

void ScriptedAgent::Serve(Connection& connection) {
  std::string input;
  char buffer[4096];
  for (ssize_t n; (n = ::recv(connection.socket, buffer, sizeof buffer, 0)) > 0;) {
    input.append(buffer, static_cast<size_t>(n));
    for (size_t end; (end = input.find('\n')) != std::string::npos; input.erase(0, end + 1)) {
      const std::string request = input.substr(0, end);
      const Json json = Must(ParseJson(request, 64 * 1024));
      const auto op = json.at("op").get<std::string>();
      const std::lock_guard hold(mutex_);
      std::string answer = AnswerTo(connection, op, json);
      if (script_.on_answer) {
        Json said = Must(ParseJson(answer, local::kMaxAnswer));
        script_.on_answer(op, said);
        answer = FormatJson(said);
      }
      std::string lines = connection.Line(request, answer);
      if (connection.agreed) connection.answers = std::exchange(connection.agreed, std::nullopt);
      const bool goes_on = !script_.on_wire || script_.on_wire(op, lines);
      connection.Write(lines, op == "watch" ? page_fd_ : -1);
      if (op == "watch") connection.watch = request;
      asked_[op]++;
      was_asked_.notify_all();
      if (!goes_on) ::shutdown(connection.socket, SHUT_RDWR);
    }
  }
  const std::lock_guard hold(mutex_);
  connection.held.clear();
  connection.watch.clear();
  connection.ended = true;
  ::shutdown(connection.socket, SHUT_RDWR);
}

std::string ScriptedAgent::AnswerTo(Connection& connection, const std::string& op, const Json& request) {
  if (op == "challenge") return Challenge(connection, request);
  if (op == "entitlements") return FormatJson(local::FormatEntitlements(script_.entitlements));
  if (op == "watch") return FormatJson({{"ok", true}, {"generation", script_.entitlements.generation}});
  if (op == "key" && !script_.answer_to_key.empty()) return script_.answer_to_key;
  if (op == "key")
    return FormatJson(
        {{"ok", true}, {"allowed", true}, {"reasons", {"active"}}, {"key", std::string(64, 'a')}});
  if (op == "consume")
    return FormatJson({{"ok", true}, {"allowed", true}, {"reasons", {"active"}}, {"used", 1}});
  if (op == "status") {
    Json license = script_.entitlements.license;
    license["limits"]["seats"]["used"] = 0;
    return FormatJson({{"ok", true}, {"licenses", Json::array({license})}});
  }
  return FormatJson(Hold(connection, op, request));
}

std::string ScriptedAgent::Challenge(Connection& connection, const Json& request) {
  if (script_.unproven)
    return FormatJson({{"ok", false},
                       {"error",
                        {{"kind", "refused"},
                         {"check", script_.unproven->check},
                         {"message", script_.unproven->message}}}});
  JsonObject object(request, "challenge");
  object.Accept("op");
  const local::Challenge challenge = local::ReadChallenge(object);
  const Bytes payload = local::FormatSessionStatement(script_.statement);
  if (payload != signed_payload_) {
    const std::string input =
        JwsSigningInput(MessageType::kSession, SignatureAlgorithm::kEcdsaSha256, "", payload);
    session_ = FinishJws(input, script_.statement_key->Sign(AsBytes(input)));
    signed_payload_ = payload;
  }
  auto answered = Must(local::AnswerChallenge(
      challenge, {FormatLicenseFile(script_.license), session_, script_.session_key}, script_.now));
  connection.agreed.emplace(std::move(answered.key));
  return FormatJson(local::FormatChallengeAnswer(answered.answer));
}

Json ScriptedAgent::Hold(Connection& connection, const std::string& op, const Json& request) {
  const auto limit = request.at("limit").get<std::string>();
  int64_t used = 0;
  for (const auto& other : connections_) used += other->held[limit];
  int64_t& held = connection.held[limit];
  const int64_t amount = request.value("amount", op == "release" ? held : int64_t{1});
  const int64_t wanted = op == "set"    ? amount
                         : op == "hold" ? held + amount
                                        : std::max<int64_t>(held - amount, 0);
  const bool allowed = wanted <= held || used - held + wanted <= script_.seats;
  if (allowed) held = wanted;
  return Json{{"ok", true},
              {"allowed", allowed},
              {"reasons", {allowed ? "active" : "limit_reached"}},
              {"held", held}};
}

void ScriptedAgent::Change(const std::function<void(Script&)>& change, bool told) {
  const std::lock_guard hold(mutex_);
  change(script_);
  if (!told) return;
  script_.entitlements.generation++;
  page_->generation.store(static_cast<uint64_t>(script_.entitlements.generation), std::memory_order_release);
  Tell();
}

void ScriptedAgent::Tell() {
  const std::string event =
      FormatJson({{"event", "changed"}, {"generation", script_.entitlements.generation}});
  for (const auto& connection : connections_)
    if (!connection->watch.empty()) connection->Write(connection->Line(connection->watch, event));
}

void ScriptedAgent::AwaitAsked(const std::string& op, int times) {
  std::unique_lock hold(mutex_);
  was_asked_.wait(hold, [&] { return asked_[op] >= times; });
}

int ScriptedAgent::asked(const std::string& op) {
  const std::lock_guard hold(mutex_);
  return asked_[op];
}

int ScriptedAgent::connections() {
  const std::lock_guard hold(mutex_);
  int open = 0;
  for (const auto& connection : connections_) open += connection->ended ? 0 : 1;
  return open;
}

int64_t ScriptedAgent::held(const std::string& limit) {
  const std::lock_guard hold(mutex_);
  int64_t sum = 0;
  for (const auto& connection : connections_) sum += connection->held[limit];
  return sum;
}

void ScriptedAgent::Disconnect() {
  const std::lock_guard hold(mutex_);
  for (const auto& connection : connections_) ::shutdown(connection->socket, SHUT_RDWR);
}

}  // namespace holdfast::testing
