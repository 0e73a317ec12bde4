#include "tools/vendor/signer_command.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "signer/signer_process.h"
#include "tools/cli/output.h"

extern char** environ;

namespace holdfast::vendor {
namespace {

constexpr size_t kMaxOutput = 1024 * 1024;

struct Pipe {
  int read = -1, write = -1;
  bool Open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    read = ends[0];
    write = ends[1];
    return true;
  }
  static void Close(int& end) {
    if (end >= 0) close(end);
    end = -1;
  }
  ~Pipe() {
    Close(read);
    Close(write);
  }
};

tl::unexpected<Error> CannotRun(const std::string& what) {
  return Fail(ErrorKind::kUnavailable, "signer.spawn", what + ": " + std::strerror(errno));
}

// Reads both pipes until the child has closed them, so that it never waits for us.
void Collect(Pipe& out, Pipe& err, std::string& out_text, std::string& err_text) {
  std::array<pollfd, 2> watched{{{out.read, POLLIN, 0}, {err.read, POLLIN, 0}}};
  std::array<std::string*, 2> texts{&out_text, &err_text};
  int open = 2;
  while (open > 0) {
    if (poll(watched.data(), watched.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return;
    }
    for (size_t i = 0; i < watched.size(); ++i) {
      if (watched[i].fd < 0 || watched[i].revents == 0) continue;
      char buffer[4096];
      const ssize_t n = read(watched[i].fd, buffer, sizeof buffer);
      if (n > 0 && texts[i]->size() < kMaxOutput) texts[i]->append(buffer, static_cast<size_t>(n));
      if (n > 0 || (n < 0 && errno == EINTR)) continue;
      watched[i].fd = -1;
      --open;
    }
  }
}

Error FromSigner(const std::string& text, int code) {
  const ErrorKind kind = code == 2 ? ErrorKind::kUsage : ErrorKind::kRefused;
  if (auto error = cli::ParseFormattedError("holdfast-signer", text, kind)) return std::move(*error);
  return {ErrorKind::kInternal, "signer.failed",
          text.empty() ? "holdfast-signer ended with code " + std::to_string(code) : text, ""};
}

}  // namespace

Result<std::string> RunSigner(const std::vector<std::string>& arguments) {
  HOLDFAST_TRY(const Path program, FindSignerProgram());
  std::vector<std::string> words{program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  Pipe out, err;
  if (!out.Open() || !err.Open()) return CannotRun("cannot make a pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out.write, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.write, STDERR_FILENO);
  pid_t pid = -1;
  errno = posix_spawn(&pid, program.c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (pid < 0) return CannotRun("cannot run " + program.string());
  Pipe::Close(out.write);
  Pipe::Close(err.write);

  std::string printed, complaint;
  Collect(out, err, printed, complaint);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return printed;
  return tl::unexpected(FromSigner(complaint, WIFEXITED(status) ? WEXITSTATUS(status) : -1));
}

}  // namespace holdfast::vendor
