// The agent as a service: a commit of its ledger against the same writing and the same increment done bare; from its start to the first
// answer against the TPM commands that it must do; and the memory that it takes.
#include <fcntl.h>
#include <sys/wait.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>

#include "agent/activation.h"
#include "agent/agent.h"
#include "tests/bench/activated_host.h"
#include "tests/bench/sections.h"
#include "tests/testing/swtpm.h"

namespace holdfast::bench {
namespace {

[[noreturn]] void Give(const std::string& up) {
  std::fprintf(stderr, "agent_bench: %s\n", up.c_str());
  std::abort();
}

constexpr int kCommits = 5;
const Clock kClock = [] { return testing::kPkiNow; };
const std::string kCheck = "{\"op\":\"check\",\"feature\":\"export\"}\n";

// A counter of the ledger's form, incremented with nothing around it.
class BareCounter {
 public:
  explicit BareCounter(testing::SwTpm& swtpm) : tcti_(swtpm.tcti()) {
    if (swtpm.Tools("tpm2_nvdefine 0x01800060 -C o -a 'nt=counter|ownerread|authread|authwrite|no_da'")
            .status != 0)
      Give("line " + std::to_string(__LINE__));
  }
  void Open() {
    Check(Tss2_TctiLdr_Initialize(tcti_.c_str(), &transport_));
    Check(Esys_Initialize(&esys_, transport_, nullptr));
    Check(Esys_TR_FromTPMPublic(esys_, 0x01800060, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &index_));
  }
  void Increment() {
    Check(Esys_NV_Increment(esys_, index_, index_, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE));
  }
  void Close() {
    Esys_TR_Close(esys_, &index_);
    Esys_Finalize(&esys_);
    Tss2_TctiLdr_Finalize(&transport_);
  }

 private:
  static void Check(TSS2_RC rc) {
    if (rc != TSS2_RC_SUCCESS) Give("line " + std::to_string(__LINE__));
  }
  std::string tcti_;
  TSS2_TCTI_CONTEXT* transport_ = nullptr;
  ESYS_CONTEXT* esys_ = nullptr;
  ESYS_TR index_ = ESYS_TR_NONE;
};

// write, fsync, rename, fsync of the directory.
void WriteBare(const Path& directory, ByteView content) {
  const Path next = directory / "bare.next", file = directory / "bare";
  const int fd = ::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || ::write(fd, content.data(), content.size()) != static_cast<ssize_t>(content.size()) ||
      ::fsync(fd) != 0)
    Give("line " + std::to_string(__LINE__));
  ::close(fd);
  if (::rename(next.c_str(), file.c_str()) != 0) Give("line " + std::to_string(__LINE__));
  const int parent = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (parent < 0 || ::fsync(parent) != 0) Give("line " + std::to_string(__LINE__));
  ::close(parent);
}

void CommitRow(std::vector<Row>& rows) {
  const testing::TempDir directory;
  auto swtpm = testing::SwTpm::Start(directory.path() / "tpm");
  BareCounter bare(*swtpm);
  const StateDirectory state(directory.path() / "state");
  const auto lock = Must(state.Lock());
  auto tpm = Must(Tpm::Open(swtpm->tcti()));
  OwnedTime time(kClock, SystemUptime());
  Books books(state, *tpm, time);
  if (!books.Keep(true)) Give("line " + std::to_string(__LINE__));
  tpm->Release();
  bare.Open();
  bare.Increment();  // the first defines its beginning
  bare.Close();
  const Bytes content = Must(state.ReadLedger());
  const Paired paired = Compare(
      11,
      [&] {
        (void)tpm->ReadClock();  // the connection is there
        const double seconds = WallSeconds([&] {
          for (int i = 0; i < kCommits; i++)
            if (!books.Save()) Give("line " + std::to_string(__LINE__));
        });
        tpm->Release();
        return seconds;
      },
      [&] {
        bare.Open();
        const double seconds = WallSeconds([&] {
          for (int i = 0; i < kCommits; i++) {
            WriteBare(directory.path(), content);
            bare.Increment();
          }
        });
        bare.Close();
        return seconds;
      });
  char detail[120];
  std::snprintf(detail, sizeof detail, "%.2f ms a commit, bare %.2f ms", paired.a / kCommits * 1e3,
                paired.b / kCommits * 1e3);
  rows.push_back({"ledger commit / write, fsync, rename, NV_Increment", paired.ratio, 1.3, false, detail});
}

void Activate(const std::string& tcti, const StateDirectory& state, const testing::TestPki& pki,
              const LicenseTerms& terms) {
  const auto lock = Must(state.Lock());
  auto tpm = Must(Tpm::Open(tcti));
  OwnedTime time(kClock, SystemUptime());
  Books books(state, *tpm, time);
  const auto request = Must(MakeRequest(
      ProductKeyText(terms), {}, {*tpm}, state, [&] { return books.Counter(); }, kClock));
  if (!Must(Install(AnswerTo(request.file, pki, terms), {*tpm}, state, pki.Anchors(), kClock)).changed)
    Give("line " + std::to_string(__LINE__));
}

bool IsAllowed(int socket) {
  std::string answer;
  char octet = 0;
  if (::write(socket, kCheck.data(), kCheck.size()) != static_cast<ssize_t>(kCheck.size()))
    Give("line " + std::to_string(__LINE__));
  while (::read(socket, &octet, 1) == 1 && octet != '\n') answer += octet;
  return answer.find("\"allowed\":true") != std::string::npos;
}

struct Start {
  double total = 0, esapi = 0;
};

Start StartOnce(const std::string& tcti, const Path& directory, const testing::TestPki& pki) {
  const StateDirectory state(directory / "state");
  std::atomic<double> esapi = 0;
  std::chrono::steady_clock::time_point begun;
  TpmOptions options;
  options.observe = [&](TpmOptions::Event event) {
    const auto now = std::chrono::steady_clock::now();
    if (event == TpmOptions::Event::kCommand) begun = now;
    if (event == TpmOptions::Event::kAnswer)
      esapi = esapi + std::chrono::duration<double>(now - begun).count();
  };
  std::mutex mutex;
  std::condition_variable changed;
  bool ready = false;
  AgentObserver observer;
  observer.ready = [&] {
    const std::lock_guard hold(mutex);
    ready = true;
    changed.notify_one();
  };
  api::ServerOptions server;
  server.socket.path = directory / "agent.sock";
  Start start;
  std::unique_ptr<Agent> agent;
  std::thread running;
  const auto from = std::chrono::steady_clock::now();
  AgentParts parts{state, Must(state.Lock()), pki.Anchors(), Must(Tpm::Open(tcti, options)), kClock};
  agent = Must(Agent::Start(std::move(parts), server, std::move(observer)));
  running = std::thread([&] { (void)agent->Run(); });
  {
    std::unique_lock wait(mutex);
    changed.wait(wait, [&] { return ready; });
  }
  auto socket = Must(api::Connect(server.socket.path));
  if (!IsAllowed(socket.get())) Give("line " + std::to_string(__LINE__));
  start.total = std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
  start.esapi = esapi;
  agent->Stop();
  running.join();
  return start;
}

void StartRow(std::vector<Row>& rows) {
  const testing::TempDir directory;
  auto swtpm = testing::SwTpm::Start(directory.path() / "tpm");
  const testing::TestPki pki;
  Activate(swtpm->tcti(), StateDirectory(directory.path() / "state"), pki, testing::TestPki::Terms());
  std::vector<double> ratios, totals, sums;
  for (int round = 0; round < 11; round++) {
    const Start start = StartOnce(swtpm->tcti(), directory.path(), pki);
    ratios.push_back(start.total / start.esapi);
    totals.push_back(start.total);
    sums.push_back(start.esapi);
  }
  char detail[120];
  std::snprintf(detail, sizeof detail, "%.1f ms, of which %.1f ms in ESAPI calls", Median(totals) * 1e3,
                Median(sums) * 1e3);
  rows.push_back(
      {"agent, from start to the first answer / its TPM commands", Median(ratios), 1.3, false, detail});
}

// In KiB.
long ResidentMemory(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  Give("line " + std::to_string(__LINE__));
}

struct Memory {
  long idle = 0, connected = 0;  // without and with kConnections connections that have asked once
};
constexpr int kConnections = 500;

// On a TPM of its own: two state directories on one take the ledger from each other.
Memory MemoryOf(size_t features) {
  const testing::TempDir home;
  const Path& directory = home.path();
  auto swtpm = testing::SwTpm::Start(directory / "tpm");
  const testing::TestPki pki;
  LicenseTerms terms = testing::TestPki::Terms();
  for (size_t i = terms.grants.features.size(); i < features; i++)
    terms.grants.features["feature-" + std::to_string(i)] = true;
  const StateDirectory state(directory / ("state-" + std::to_string(features)));
  Activate(swtpm->tcti(), state, pki, terms);
  std::ofstream(directory / "roots.pem") << Armor(kLabelCertificate, pki.root.der());
  const std::string socket = (directory / "memory.sock").string();
  const std::vector<std::string> words{std::string(HOLDFAST_BINARY_DIR) + "/holdfast-agent",
                                       "--tcti",
                                       swtpm->tcti(),
                                       "--state",
                                       state.path().string(),
                                       "--socket",
                                       socket,
                                       "--roots",
                                       (directory / "roots.pem").string(),
                                       "--max-connections",
                                       "600",
                                       "--max-connections-per-user",
                                       "600"};
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t agent = ::fork();
  if (agent == 0) {
    const int null = ::open("/dev/null", O_RDWR);
    for (const int output : {1, 2}) ::dup2(null, output);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  std::vector<api::Descriptor> connections;
  for (int attempt = 0; attempt < 600 && connections.empty(); attempt++) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    auto connection = api::Connect(socket);
    if (connection && IsAllowed(connection->get())) connections.push_back(std::move(*connection));
  }
  if (connections.empty()) Give("line " + std::to_string(__LINE__));
  Memory memory;
  memory.idle = ResidentMemory(agent);
  while (connections.size() < kConnections) {
    connections.push_back(Must(api::Connect(socket)));
    if (!IsAllowed(connections.back().get())) Give("line " + std::to_string(__LINE__));
  }
  memory.connected = ResidentMemory(agent);
  ::kill(agent, SIGTERM);
  ::waitpid(agent, nullptr, 0);
  return memory;
}

void MemoryRow(std::vector<Row>& rows) {
  const Memory small = MemoryOf(1), large = MemoryOf(kMaxFeatures);
  char detail[160];
  std::snprintf(detail, sizeof detail,
                "%.1f MiB with 1 feature, %.1f with %zu, %.1f with %zu and %d connections",
                static_cast<double>(small.idle) / 1024, static_cast<double>(large.idle) / 1024, kMaxFeatures,
                static_cast<double>(large.connected) / 1024, kMaxFeatures, kConnections);
  rows.push_back({"agent's memory, full / small",
                  static_cast<double>(large.connected) / static_cast<double>(small.idle),
                  {},
                  false,
                  detail});
}

}  // namespace

void AgentSection(std::vector<Row>& rows) {
  CommitRow(rows);
  StartRow(rows);
  MemoryRow(rows);
}

}  // namespace holdfast::bench
