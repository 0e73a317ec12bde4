// A feature check, and a unit used up from a warm batch, over the agent's socket against a bare round trip of the same octets over a unix
// socket; and a check over HTTP against a bare round trip of HTTP on the same socket, a request that is refused for its path.
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <thread>

#include "agent/api/server.h"
#include "tests/bench/sections.h"
#include "tests/testing/pki.h"
#include "tests/testing/temp_dir.h"

namespace holdfast::bench {
namespace {

constexpr int kPerRound = 2000;
const std::string kCheck = "{\"op\":\"check\",\"feature\":\"export\"}\n";
const std::string kConsume = "{\"op\":\"consume\",\"limit\":\"pages\"}\n";
constexpr double kConsumeAim = 1.2, kHttpAim = 1.3;

// Writes one line and reads one; the answer.
std::string RoundTrip(int socket, const std::string& line) {
  if (::write(socket, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::abort();
  std::string answer;
  char buffer[4096];
  while (answer.empty() || answer.back() != '\n') {
    ssize_t n = ::read(socket, buffer, sizeof buffer);
    if (n <= 0) std::abort();
    answer.append(buffer, static_cast<size_t>(n));
  }
  return answer;
}

double RoundTrips(int socket, const std::string& line) {
  return WallSeconds([&] {
    for (int i = 0; i < kPerRound; i++) RoundTrip(socket, line);
  });
}

// Reads a line and sends `answer`, until the other end is closed.
void Echo(int socket, const std::string& answer) {
  char buffer[4096];
  for (ssize_t n; (n = ::read(socket, buffer, sizeof buffer)) > 0;) {
    if (buffer[n - 1] == '\n' && ::write(socket, answer.data(), answer.size()) < 0) return;
  }
}

LicenseView View() {
  const testing::TestPki pki;
  LicenseTerms terms = testing::TestPki::Terms();
  terms.grants.features["export"] = true;
  terms.grants.limits["pages"] = {.kind = LimitKind::kMeter, .max = kMaxNumber};
  auto verified = VerifyLicense(pki.MakeLicenseFile(terms), pki.Anchors());
  if (!verified) std::abort();
  LicenseView view;
  view.product = terms.product;
  view.verified = std::move(*verified);
  view.hardware = HardwareProof::kProven;
  return view;
}

// A batch that outlasts the measurement.
void WarmUp(api::Service& service) {
  service.LoadMeters({});
  auto outcome = service.Consume({"pages", "", 1});
  auto& batch = std::get<api::NextBatch>(outcome);
  batch.record.units = kMaxNumber;
  service.Add(batch);
}

// The agent's answer to `line`, and an echo that gives the same.
Paired CompareRoundTrips(int agent, const std::string& line) {
  const std::string answer = RoundTrip(agent, line);
  if (answer.find("\"allowed\":true") == std::string::npos) std::abort();
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) std::abort();
  std::thread echo([&] { Echo(pair[1], answer); });
  const Paired paired = Compare(
      11, [&] { return RoundTrips(agent, line); }, [&] { return RoundTrips(pair[0], line); });
  ::shutdown(pair[0], SHUT_RDWR);
  echo.join();
  ::close(pair[0]);
  ::close(pair[1]);
  return paired;
}

// One request, of which the answer has `length` octets.
void HttpRoundTrip(int socket, const std::string& request, size_t length) {
  if (::write(socket, request.data(), request.size()) != static_cast<ssize_t>(request.size())) std::abort();
  char buffer[4096];
  for (size_t got = 0; got < length;) {
    const ssize_t n = ::read(socket, buffer, sizeof buffer);
    if (n <= 0) std::abort();
    got += static_cast<size_t>(n);
  }
}

// The length of an answer that begins like that, which comes in one piece.
size_t HttpLength(int socket, const std::string& request, const std::string& begin) {
  char buffer[4096];
  if (::write(socket, request.data(), request.size()) != static_cast<ssize_t>(request.size())) std::abort();
  const ssize_t n = ::read(socket, buffer, sizeof buffer);
  if (n <= 0 || !std::string_view(buffer, static_cast<size_t>(n)).starts_with(begin)) std::abort();
  return static_cast<size_t>(n);
}

Paired CompareHttp(int socket) {
  const auto get = [](const std::string& path) {
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  };
  const std::string check = get("/v1/features/export"), bare = get("/nothing");
  const size_t check_length = HttpLength(socket, check, "HTTP/1.1 200");
  const size_t bare_length = HttpLength(socket, bare, "HTTP/1.1 404");
  const auto rounds = [&](const std::string& request, size_t length) {
    return WallSeconds([&] {
      for (int i = 0; i < kPerRound; i++) HttpRoundTrip(socket, request, length);
    });
  };
  return Compare(
      11, [&] { return rounds(check, check_length); }, [&] { return rounds(bare, bare_length); });
}

std::string Detail(const char* what, const Paired& paired) {
  char detail[120];
  std::snprintf(detail, sizeof detail, "%.1f us a %s, bare round trip %.1f us", paired.a / kPerRound * 1e6,
                what, paired.b / kPerRound * 1e6);
  return detail;
}

}  // namespace

void CheckSection(std::vector<Row>& rows) {
  const testing::TempDir directory;
  OwnedTime time([] { return testing::kPkiNow; }, SystemUptime());
  api::Service service(time, "bench");
  std::vector<LicenseView> licenses;
  licenses.push_back(View());
  service.SetLicenses(std::move(licenses));
  api::ServerOptions options;
  options.socket.path = directory.path() / "agent.sock";
  auto server = api::Server::Start(options, service, [](api::ApiRequest, api::Server::Done) {});
  if (!server) std::abort();
  std::thread serving([&] { (*server)->Run([] {}); });
  auto agent = api::Connect(options.socket.path);
  if (!agent) std::abort();
  WarmUp(service);
  const Paired check = CompareRoundTrips(agent->get(), kCheck);
  const Paired consume = CompareRoundTrips(agent->get(), kConsume);
  auto client = api::Connect(options.socket.path);
  if (!client) std::abort();
  const Paired http = CompareHttp(client->get());
  (*server)->Stop();
  serving.join();

  rows.push_back({"feature check / bare socket round trip", check.ratio, {}, false, Detail("check", check)});
  rows.push_back({"one unit from a warm batch / bare socket round trip", consume.ratio, kConsumeAim, false,
                  Detail("unit", consume)});
  rows.push_back({"feature check over HTTP / bare HTTP round trip", http.ratio, kHttpAim, false,
                  Detail("check over HTTP", http)});
}

}  // namespace holdfast::bench
