// holdfast-agent: configuration in, objects built, run.
#include <syslog.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "agent/agent.h"
#include "agent/agent_config.h"
#include "agent/api/http/token.h"
#include "agent/hook.h"
#include "protocol/platform/process_memory.h"

namespace {

using namespace holdfast;

constexpr std::chrono::seconds kPatienceWithTpm{5};  // once the service is to stop

int Complain(const Error& error) {
  std::cerr << "holdfast-agent: " << error.message << " (" << error.check << ")";
  if (!error.advice.empty()) std::cerr << "; " << error.advice;
  std::cerr << "\n";
  return error.kind == ErrorKind::kUsage ? 2 : 1;
}

// Signals wait for a thread that asks for them (sigwait); a write to a closed pipe is an error, not the end.
void PrepareSignals(sigset_t& stop) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGCHLD, SIG_IGN);  // nobody waits for a hook
  sigemptyset(&stop);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&stop, signal);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
}

// The roots of the vendors and the installed licenses as they are now. Roots that cannot be read leave all as it is.
void Reload(Agent& agent, const Path& roots) {
  const auto ready = [] { sd_notify(0, "READY=1"); };
  sd_notify(0, "RELOADING=1");
  auto anchors = ReadTrustAnchors(roots);
  if (anchors) return agent.Reload(std::move(*anchors), ready);
  Complain(anchors.error());
  ready();
}

// Into the journal with fields of its own, where that is what standard error is connected to.
void Log(const Announcement& news) {
  const std::string text = news.Text(), state(StateName(news.state));
  const int priority = news.good() ? LOG_NOTICE : LOG_WARNING;
  if (std::getenv("JOURNAL_STREAM") == nullptr ||
      sd_journal_send("MESSAGE=%s", text.c_str(), "PRIORITY=%i", priority, "HOLDFAST_PRODUCT=%s",
                      news.product.c_str(), "HOLDFAST_LICENSE=%s", news.license.c_str(), "HOLDFAST_STATE=%s",
                      state.c_str(), nullptr) < 0)
    std::cerr << text << "\n";
}

void Log(const Advisory& advisory) {
  const std::string text = advisory.Text(), reason(ReasonName(advisory.reason));
  if (std::getenv("JOURNAL_STREAM") == nullptr ||
      sd_journal_send("MESSAGE=%s", text.c_str(), "PRIORITY=%i", LOG_NOTICE, "HOLDFAST_PRODUCT=%s",
                      advisory.product.c_str(), "HOLDFAST_SUBJECT=%s", advisory.subject.c_str(),
                      "HOLDFAST_REASON=%s", reason.c_str(), nullptr) < 0)
    std::cerr << text << "\n";
}

Result<std::unique_ptr<Agent>> Build(const AgentConfig& config) {
  HOLDFAST_TRY(TrustAnchors anchors, ReadTrustAnchors(config.roots));
  const StateDirectory state(config.state);
  HOLDFAST_TRY(FileLock lock, state.Lock());
  HOLDFAST_TRY(std::unique_ptr<Tpm> tpm, Tpm::Open(config.tcti));
  // Said now, not when there is something to tell; and no reason to leave licenses unenforced.
  if (!config.hook.empty() && ::access(config.hook.c_str(), X_OK) != 0)
    Complain({ErrorKind::kUsage, "config.hook", "the hook " + config.hook.string() + " cannot be run",
              "see that it is there and that the agent's user may run it"});
  api::ServerOptions options;
  options.socket = config.socket;
  options.max_connections = config.max_connections;
  options.max_connections_per_user = config.max_connections_per_user;
  if (config.http_listen) {
    HOLDFAST_TRY(Secret token, api::ReadToken(config.http_token_file));
    options.tcp =
        std::make_shared<const api::TcpOptions>(api::TcpOptions{*config.http_listen, std::move(token)});
  }
  AgentObserver observer;
  observer.ready = [] { sd_notify(0, "READY=1"); };
  observer.status = [](const std::string& text) {
    std::cerr << text << "\n";
    sd_notify(0, ("STATUS=" + text).c_str());
  };
  observer.announce = [hook = config.hook](const Announcement& news) {
    Log(news);
    if (hook.empty()) return;
    if (const Status ran = RunHook(hook, news); !ran) Complain(ran.error());
  };
  observer.advise = [](const Advisory& advisory) { Log(advisory); };
  observer.alive = [] { sd_notify(0, "WATCHDOG=1"); };
  return Agent::Start({state, std::move(lock), std::move(anchors), std::move(tpm), SystemClock(),
                       std::chrono::seconds(config.tpm_timeout), config.host_root},
                      options, std::move(observer));
}

}  // namespace

int main(int argc, char** argv) {
  HideProcessMemory();  // content keys and the ledger's key go through it
  auto line = ReadAgentOptions(argc, argv, kAgentConfigFile);
  if (!line) return Complain(line.error());
  if (line->what == AgentCommandLine::What::kHelp) return std::cout << AgentHelp(), 0;
  if (line->what == AgentCommandLine::What::kVersion)
    return std::cout << "holdfast-agent " << kVersion << "\n", 0;
  sigset_t stop;
  PrepareSignals(stop);
  auto agent = Build(line->config);
  if (!agent) return Complain(agent.error());
  std::thread waiter([&] {
    int signal = 0;
    while (sigwait(&stop, &signal) == 0 && signal == SIGHUP) Reload(**agent, line->config.roots);
    (*agent)->Stop();
  });
  const Status ran = (*agent)->Run();
  const int code = ran ? 0 : Complain(ran.error());
  ::kill(::getpid(),
         SIGTERM);  // blocked but for the waiter, which waits still when the agent ended by itself
  waiter.join();
  sd_notify(0, "STOPPING=1");
  // A TPM that never answers holds its thread for ever, and everything on disk is whole at any moment.
  std::thread([code] {
    std::this_thread::sleep_for(kPatienceWithTpm);
    std::_Exit(code);
  }).detach();
  return code;
}
