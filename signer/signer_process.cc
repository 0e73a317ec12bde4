#include "signer/signer_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <thread>

extern char** environ;

namespace holdfast {
namespace {

constexpr int kChildDescriptor = 3;
constexpr std::string_view kProgramName = "holdfast-signer";

tl::unexpected<Error> CannotSpawn(const Path& program, int error) {
  return Fail(ErrorKind::kUnavailable, "signer.spawn",
              "cannot run " + program.string() + ": " + std::strerror(error));
}

Result<pid_t> SpawnWith(const Path& program, const Path& config, int child_end) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, child_end, kChildDescriptor);
  const std::string name = program.string(), file = config.string();
  std::string arguments[] = {name, "serve",       "--config",
                             file, "--socket-fd", std::to_string(kChildDescriptor)};
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, name.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return CannotSpawn(program, error);
  return pid;
}

bool IsProgram(const Path& path) {
  return ::access(path.c_str(), X_OK) == 0 && std::filesystem::is_regular_file(path);
}

}  // namespace

Result<std::unique_ptr<SignerProcess>> SignerProcess::Spawn(const Path& program, const Path& config) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return CannotSpawn(program, errno);
  // dup2 onto itself would keep close-on-exec: move the child's end out of the way.
  const int child_end = ::fcntl(ends[1], F_DUPFD_CLOEXEC, kChildDescriptor + 1);
  ::close(ends[1]);
  auto pid = SpawnWith(program, config, child_end);
  ::close(child_end);
  if (!pid) {
    ::close(ends[0]);
    return tl::unexpected(pid.error());
  }
  std::unique_ptr<SignerProcess> process(new SignerProcess(*pid, SignerClient::Adopt(ends[0])));
  if (auto status = process->service().GetStatus(); !status) return tl::unexpected(status.error());
  return process;
}

SignerProcess::~SignerProcess() {
  client_.reset();
  for (int i = 0; i < 500; i++) {
    if (::waitpid(pid_, nullptr, WNOHANG) != 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

Result<Path> FindSignerProgram() {
  std::error_code error;
  const Path beside = std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / kProgramName;
  if (!error && IsProgram(beside)) return beside;
  const char* search = std::getenv("PATH");
  for (std::string_view rest = search ? search : ""; !rest.empty();) {
    const std::string_view directory = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), directory.size() + 1));
    if (!directory.empty() && IsProgram(Path(directory) / kProgramName))
      return Path(directory) / kProgramName;
  }
  return Fail(ErrorKind::kUnavailable, "signer.program",
              "holdfast-signer is neither beside this program nor in PATH",
              "Install holdfast-signer, or start its service");
}

}  // namespace holdfast
