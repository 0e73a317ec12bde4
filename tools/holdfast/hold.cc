// holdfast hold: runs a command and holds units of a limit until it ends.
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iostream>

#include "agent/api/client.h"
#include "tools/cli/output.h"
#include "tools/holdfast/commands.h"
#include "tools/holdfast/words.h"

namespace holdfast::cli {
namespace {

constexpr int kExitNotFound = 127;  // as shells have it

// Starts the command with the signal mask that we were started with.
Result<pid_t> Spawn(const std::vector<std::string>& words, const sigset_t& mask) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &mask);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t child = 0;
  const int error = posix_spawnp(&child, argv[0], nullptr, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  if (error == 0) return child;
  return Fail(ErrorKind::kUnavailable, "hold.command",
              "'" + words[0] + "' cannot be run: " + std::generic_category().message(error));
}

// A terminal sends its signals to the command as well; what was sent to us alone is passed on.
int WaitFor(pid_t child, const sigset_t& signals) {
  for (;;) {
    siginfo_t info{};
    const int signal = ::sigwaitinfo(&signals, &info);
    if (signal == SIGTERM || signal == SIGHUP) ::kill(child, signal);
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) != child) continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
}

Result<int> RunHolding(const std::vector<std::string>& words) {
  sigset_t signals, before;
  sigemptyset(&signals);
  for (int signal : {SIGCHLD, SIGTERM, SIGHUP, SIGINT, SIGQUIT}) sigaddset(&signals, signal);
  ::sigprocmask(SIG_BLOCK, &signals, &before);
  auto child = Spawn(words, before);
  if (child) return WaitFor(*child, signals);
  std::cerr << FormatError("holdfast", child.error());
  return kExitNotFound;
}

Result<int> Run(const Arguments& arguments) {
  HOLDFAST_TRY(const int64_t amount, arguments.Number("amount", 1, INT64_MAX));
  HOLDFAST_TRY(api::Client agent, api::Client::Connect(arguments.File("socket")));
  Json request{{"op", "hold"}, {"limit", arguments.Text("LIMIT")}, {"amount", amount}};
  if (arguments.Has("product")) request["product"] = arguments.Text("product");
  HOLDFAST_TRY(const Json answer, agent.Call(request));
  if (answer["allowed"] == true) return RunHolding(arguments.List("COMMAND"));
  std::cerr << "holdfast: " << DescribeDecision(arguments.Text("LIMIT"), answer);
  return kExitDenied;
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
          "Needs a running agent. The units are given back when the command ends, or when this process dies. "
          "Otherwise the exit code is the command's.",
      .run = Run};
}

}  // namespace holdfast::cli
