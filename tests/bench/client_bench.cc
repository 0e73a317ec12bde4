// libholdfast in the process of an application: a check against an atomic load that nobody contends for, and against a lookup in a hash map of the same size; and opening
// a handle with its first check against what that cannot do without.
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <thread>
#include <unordered_map>

#include "agent/api/server.h"
#include "agent/client/holdfast.h"
#include "agent/license_session.h"
#include "protocol/armor.h"
#include "protocol/crypto/random.h"
#include "protocol/json_text.h"
#include "protocol/local/ec_point.h"
#include "tests/bench/activated_host.h"
#include "tests/bench/sections.h"
#include "tests/testing/temp_dir.h"

namespace holdfast::bench {
namespace {

constexpr int kFeatures = 64, kChecks = 2'000'000, kOpenings = 20;
constexpr double kLookupAim = 3.0, kOpenAim = 1.3;

std::string FeatureName(int i) {
  return "feature-" + std::to_string(i);
}

std::string BootId() {
  std::string id;
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::getline(file, id);
  return id;
}

// The agent's server with one license, whose key is in software.
class Served {
 public:
  Served() {
    LicenseTerms terms = testing::TestPki::Terms();
    for (int i = 0; i < kFeatures; i++) terms.grants.features[FeatureName(i)] = true;
    const LicenseFile file = pki.MakeLicenseFile(terms);
    text = FormatLicenseFile(file);
    LicenseView view;
    view.product = terms.product;
    view.verified = Must(VerifyLicense(file, pki.Anchors()));
    view.hardware = HardwareProof::kProven;
    auto draft = Must(DraftSession(*view.verified, Sha256(file.license.der()), {BootId(), testing::kPkiNow}));
    const Bytes signature = Must(pki.license_key->SignDigest(draft.digest));
    session = std::make_shared<const LicenseSession>(FinishSession(std::move(draft), signature));
    std::vector<LicenseView> licenses;
    licenses.push_back(std::move(view));
    service.SetLicenses(std::move(licenses));
    service.SetProofs({{terms.product, {text, session, ""}}});
    api::ServerOptions options;
    options.socket.path = socket;
    server = Must(api::Server::Start(options, service, [](api::ApiRequest, api::Server::Done) {}));
    serving = std::thread([this] { server->Run([] {}); });
  }
  ~Served() {
    server->Stop();
    serving.join();
  }

  holdfast_handle* Open() const {
    holdfast_options options{sizeof options, "editor", roots.c_str(), socket.c_str(), 60'000, 0};
    holdfast_handle* handle = nullptr;
    if (holdfast_open(&options, &handle) == HOLDFAST_OK) return handle;
    holdfast_error error{};
    error.size = sizeof error;
    holdfast_last_error(&error);
    std::fprintf(stderr, "client_bench: %s (%s)\n", error.message, error.check);
    std::abort();
  }

  testing::TempDir home;
  testing::TestPki pki;
  std::string socket = (home.path() / "agent.sock").string(),
              roots = Armor(kLabelCertificate, pki.root.der()), text;
  std::shared_ptr<const LicenseSession> session;
  OwnedTime time{[] { return testing::kPkiNow; }, SystemUptime()};
  api::Service service{time, "bench"};
  std::unique_ptr<api::Server> server;
  std::thread serving;
};

// CPU seconds of one turn of `once`, by `threads` at the same time, each of which makes kChecks / threads turns.
template <class Once>
double CpuOfOne(int threads, Once once) {
  const int each = kChecks / threads;
  const double seconds = CpuSeconds([&] {
    std::vector<std::thread> running;
    for (int t = 0; t < threads; t++)
      running.emplace_back([&, t] {
        for (int i = 0; i < each; i++) once((i + t) % kFeatures);
      });
    for (std::thread& thread : running) thread.join();
  });
  return seconds / (each * threads);
}

void CheckRows(std::vector<Row>& rows, const Served& served) {
  holdfast_handle* handle = served.Open();
  std::vector<std::string> names;
  std::unordered_map<std::string, int> map;
  for (int i = 0; i < kFeatures; i++) map.emplace(names.emplace_back(FeatureName(i)), i);
  std::atomic<int> word = 1;
  std::atomic<int> wrong = 0;
  const auto check = [&](int i) {
    if (holdfast_check(handle, names[static_cast<size_t>(i)].c_str(), nullptr) != HOLDFAST_OK) wrong++;
  };
  const auto lookup = [&](int i) {
    if (map.find(names[static_cast<size_t>(i)]) == map.end()) wrong++;
  };
  const auto load = [&](int) {
    if (word.load(std::memory_order_acquire) == 0) wrong++;
  };
  for (const int threads : {1, 64}) {
    char detail[120], name[80];
    const Paired paired = Compare(
        11, [&] { return CpuOfOne(threads, check); }, [&] { return CpuOfOne(threads, lookup); });
    std::snprintf(detail, sizeof detail, "%.1f ns a check, lookup %.1f ns", paired.a * 1e9, paired.b * 1e9);
    std::snprintf(name, sizeof name, "check in process, %d thread%s / hash lookup", threads,
                  threads == 1 ? "" : "s");
    rows.push_back({name, paired.ratio, kLookupAim, false, detail});
    const Paired bare = Compare(
        11, [&] { return CpuOfOne(threads, check); }, [&] { return CpuOfOne(threads, load); });
    std::snprintf(detail, sizeof detail, "load %.1f ns", bare.b * 1e9);
    std::snprintf(name, sizeof name, "check in process, %d thread%s / atomic load", threads,
                  threads == 1 ? "" : "s");
    rows.push_back({name, bare.ratio, {}, false, detail});
  }
  if (wrong != 0) std::abort();
  holdfast_close(handle);
}

// Gives back what comes, until the other end is closed.
void Echo(int socket) {
  std::vector<char> buffer(64 * 1024);
  for (ssize_t n; (n = ::recv(socket, buffer.data(), buffer.size(), 0)) > 0;)
    if (::send(socket, buffer.data(), static_cast<size_t>(n), MSG_NOSIGNAL) != n) return;
}

void RoundTrip(int socket, const std::string& octets) {
  std::vector<char> buffer(64 * 1024);
  if (::send(socket, octets.data(), octets.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(octets.size()))
    std::abort();
  for (size_t got = 0; got < octets.size();) {
    const ssize_t n = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (n <= 0) std::abort();
    got += static_cast<size_t>(n);
  }
}

// What opening cannot do without: a key pair, an agent that answers the challenge, a round trip of as many octets, and verifying the license to the root, the statement by
// the license's key, and the answer by the statement's.
void OpenBare(const Served& served, const TrustAnchors& anchors, int socket) {
  const EcPrivateKey own = Must(EcPrivateKey::Generate());
  const local::Challenge challenge{"editor", RandomBytes(local::kChallengeNonceSize),
                                   local::EcPointOf(own.public_key())};
  const auto answered = Must(local::AnswerChallenge(
      challenge, {served.text, served.session->compact, served.session->key}, testing::kPkiNow));
  RoundTrip(socket, FormatJson(local::FormatChallengeAnswer(answered.answer)));
  const VerifiedLicense license = Must(VerifyLicense(Must(ParseLicenseFile(served.text)), anchors));
  const auto statement = Must(local::ParseSessionStatement(served.session->compact));
  if (!VerifyJws(statement.jws, license.license_key)) std::abort();
  const PublicKey session_key = Must(local::KeyOfEcPoint(statement.statement.session_key));
  (void)Must(local::VerifyChallengeAnswer(challenge, own, answered.answer, session_key));
}

void OpenRow(std::vector<Row>& rows, const Served& served) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) std::abort();
  std::thread echo([&] { Echo(pair[1]); });
  const TrustAnchors anchors = served.pki.Anchors();
  const Paired paired = Compare(
      11,
      [&] {
        return WallSeconds([&] {
          for (int i = 0; i < kOpenings; i++) {
            holdfast_handle* handle = served.Open();
            if (holdfast_check(handle, FeatureName(0).c_str(), nullptr) != HOLDFAST_OK) std::abort();
            holdfast_close(handle);
          }
        });
      },
      [&] {
        return WallSeconds([&] {
          for (int i = 0; i < kOpenings; i++) OpenBare(served, anchors, pair[0]);
        });
      });
  ::shutdown(pair[0], SHUT_RDWR);
  echo.join();
  ::close(pair[0]);
  ::close(pair[1]);
  char detail[120];
  std::snprintf(detail, sizeof detail, "%.0f us, bare %.0f us", paired.a / kOpenings * 1e6,
                paired.b / kOpenings * 1e6);
  rows.push_back(
      {"open and first check / round trip and verifications", paired.ratio, kOpenAim, false, detail});
}

}  // namespace

void ClientSection(std::vector<Row>& rows) {
  const Served served;
  CheckRows(rows, served);
  OpenRow(rows, served);
}

}  // namespace holdfast::bench
