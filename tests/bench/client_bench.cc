// libholdfast in the process of an application: a check against an atomic load that nobody contends for, and against a lookup in a hash map of the same size; opening a
// handle with its first check against what that cannot do without; and a check in a crowd of processes against one alone.
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <thread>
#include <unordered_map>

#include "protocol/crypto/random.h"
#include "protocol/json_text.h"
#include "protocol/local/ec_point.h"
#include "tests/bench/activated_host.h"
#include "tests/bench/crowd.h"
#include "tests/bench/sections.h"
#include "tests/bench/served_license.h"

namespace holdfast::bench {
namespace {

constexpr int kChecks = 2'000'000, kOpenings = 20;
constexpr double kLookupAim = 3.0, kOpenAim = 1.3;

// CPU seconds of one turn of `once`, by `threads` at the same time, each of which makes kChecks / threads turns.
template <class Once>
double CpuOfOne(int threads, Once once) {
  const int each = kChecks / threads;
  const double seconds = CpuSeconds([&] {
    std::vector<std::thread> running;
    for (int t = 0; t < threads; t++)
      running.emplace_back([&, t] {
        for (int i = 0; i < each; i++) once((i + t) % ServedLicense::kFeatures);
      });
    for (std::thread& thread : running) thread.join();
  });
  return seconds / (each * threads);
}

void CheckRows(std::vector<Row>& rows, const ServedLicense& served) {
  holdfast_handle* handle = served.Open();
  std::vector<std::string> names;
  std::unordered_map<std::string, int> map;
  for (int i = 0; i < ServedLicense::kFeatures; i++)
    map.emplace(names.emplace_back(ServedLicense::FeatureName(i)), i);
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
void OpenBare(const ServedLicense& served, const TrustAnchors& anchors, int socket) {
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

void OpenRow(std::vector<Row>& rows, const ServedLicense& served) {
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
            if (holdfast_check(handle, ServedLicense::FeatureName(0).c_str(), nullptr) != HOLDFAST_OK)
              std::abort();
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

void CrowdRows(std::vector<Row>& rows, const ServedLicense& served) {
  constexpr int kProcesses = 1000;
  constexpr double kCheckAim = 1.1, kRateAim = 0.95;
  const std::string feature = ServedLicense::FeatureName(0);
  std::vector<double> rates;
  const Paired paired = Compare(
      3,
      [&] {
        const Crowd crowd = RunCrowd(kProcesses, served.options(), feature.c_str());
        rates.push_back(crowd.rate);
        return crowd.check;
      },
      [&] { return RunCrowd(1, served.options(), feature.c_str()).check; });
  char detail[120];
  std::snprintf(detail, sizeof detail, "%.1f ns, alone %.1f ns", paired.a * 1e9, paired.b * 1e9);
  rows.push_back({"check in one of 1,000 processes, 10,000 a second each / alone", paired.ratio, kCheckAim,
                  false, detail});
  const double done = Median(rates);
  std::snprintf(detail, sizeof detail, "%.0f a second each", done);
  rows.push_back({"checks that the 1,000 get done / that they want to", done / kChecksPerSecond, kRateAim,
                  true, detail});
}

}  // namespace

void ClientSection(std::vector<Row>& rows) {
  const ServedLicense served;
  CheckRows(rows, served);
  OpenRow(rows, served);
  CrowdRows(rows, served);
}

}  // namespace holdfast::bench
