// holdfast hold: runs a command and holds units of a limit until it ends.
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "tools/cli/output.h"
#include "tools/holdfast/commands.h"
#include "tools/holdfast/held_units.h"
#include "tools/holdfast/words.h"

namespace holdfast::cli {
namespace {

constexpr int kExitNotFound = 127;  // as shells have it

// Starts the command with the signal mask that we were started with, and what Program::Main ignores as it usually is.
Result<pid_t> Spawn(const std::vector<std::string>& words, const sigset_t& mask) {
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &mask);
  sigset_t usual;
  sigemptyset(&usual);
  sigaddset(&usual, SIGXFSZ);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t child = 0;
  const int error = posix_spawnp(&child, argv[0], nullptr, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  if (error == 0) return child;
  return Fail(ErrorKind::kUnavailable, "hold.command",
              "'" + words[0] + "' cannot be run: " + std::generic_category().message(error));
}

// Whether the command has ended, and its exit code as shells have it.
std::optional<int> Ended(pid_t child) {
  int status = 0;
  if (::waitpid(child, &status, WNOHANG) != child) return {};
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// The hardware is not proven yet since the agent came back: no decision to speak of, unless it lasts.
bool IsPreliminary(const Json& decision) {
  return decision.contains("state") && decision["state"] == "hardware_unavailable";
}

// The command while it runs: signals are passed on, and units that went with the agent are taken again.
class Held {
 public:
  Held(std::string limit, HeldUnits& units, pid_t child)
      : limit_(std::move(limit)), units_(units), child_(child) {}

  int Attend(const sigset_t& signals) {
    const api::Descriptor arrived(::signalfd(-1, &signals, SFD_CLOEXEC));
    for (;;) {
      pollfd watched[] = {{arrived.get(), POLLIN, 0}, {units_.descriptor(), POLLIN, 0}};
      const int ready = ::poll(watched, 2, units_.held() ? -1 : static_cast<int>(pause_.count()));
      if (watched[0].revents != 0) PassOn(arrived.get());
      if (const auto code = Ended(child_)) return *code;
      if (watched[1].revents != 0) Lose();  // it says nothing unasked
      if (ready == 0) TakeAgain();
    }
  }

 private:
  // A terminal sends its signals to the command as well; what a process sent to us is passed on.
  void PassOn(int arrived) const {
    signalfd_siginfo info{};
    if (::read(arrived, &info, sizeof info) != sizeof info) return;
    const int signal = static_cast<int>(info.ssi_signo);
    if (signal != SIGCHLD && info.ssi_code != SI_KERNEL) ::kill(child_, signal);
  }

  void Lose() {
    units_.Lose();
    pause_ = kFirstPause;
    said_ = nullptr;
    std::cerr << "holdfast: the agent is gone: " << Printable(limit_) << " is not held until it is back\n";
  }

  // Denied or not, work that runs is never ended: what was refused is said once for each reason, and asked for again.
  void TakeAgain() {
    const auto decision = units_.Take();
    if (units_.held()) {
      std::cerr << "holdfast: the agent is back: " << Printable(limit_) << " is held again\n";
      return;
    }
    pause_ = std::min(pause_ * 2, kLastPause);
    if (!decision || (*decision)["reasons"] == said_) return;
    if (IsPreliminary(*decision) && pause_ < kLastPause) return;
    said_ = (*decision)["reasons"];
    std::cerr << "holdfast: the agent is back, and the command goes on without what it held: "
              << DescribeDecision(limit_, *decision);
  }

  static constexpr std::chrono::milliseconds kFirstPause{100}, kLastPause{5000};
  const std::string limit_;
  HeldUnits& units_;
  const pid_t child_;
  std::chrono::milliseconds pause_ = kFirstPause;
  Json said_;  // the reasons
};

Result<int> Run(const Arguments& arguments) {
  const std::string limit = arguments.Text("LIMIT");
  HOLDFAST_TRY(const int64_t amount, arguments.Number("amount", 1, INT64_MAX));
  Json request{{"op", "hold"}, {"limit", limit}, {"amount", amount}};
  if (arguments.Has("product")) request["product"] = arguments.Text("product");
  HeldUnits units(arguments.File("socket"), std::move(request));
  HOLDFAST_TRY(const Json decision, units.Take());
  if (!units.held()) {
    std::cerr << "holdfast: " << DescribeDecision(limit, decision);
    return kExitDenied;
  }
  sigset_t signals, before;
  sigemptyset(&signals);
  for (int signal : {SIGCHLD, SIGTERM, SIGHUP, SIGINT, SIGQUIT}) sigaddset(&signals, signal);
  ::sigprocmask(SIG_BLOCK, &signals, &before);
  ::signal(SIGCHLD, SIG_DFL);  // where it was ignored, nobody would tell us of the command's end
  const auto child = Spawn(arguments.List("COMMAND"), before);
  if (child) return Held(limit, units, *child).Attend(signals);
  std::cerr << FormatError("holdfast", child.error());
  return kExitNotFound;
}

}  // namespace

Command HoldCommand() {
  return {
      .name = "hold",
      .summary = "run a command while holding units of a limit; exit code 3 when it is denied",
      .arguments =
          {{.name = "LIMIT", .required = true},
           {.name = "COMMAND", .help = "after --, with its arguments", .required = true, .repeated = true}},
      .options = {{.name = "amount", .value = "N", .help = "how many units", .otherwise = "1"},
                  {.name = "product", .value = "PRODUCT", .help = "when several products are installed"}},
      .details =
          "Needs a running agent. The units are given back when the command ends, or when this process "
          "dies. When the agent restarts they are taken again; if they are denied then, that is said, and "
          "the command goes on. The exit code is the command's.",
      .run = Run};
}

}  // namespace holdfast::cli
