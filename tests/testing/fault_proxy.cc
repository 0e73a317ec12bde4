#include "tests/testing/fault_proxy.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace holdfast::testing {
namespace {

std::string ReadLine(int fd) {
  std::string line;
  for (char c; read(fd, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

}  // namespace

FaultProxy::FaultProxy(const SwTpm& target, const std::string& rules) {
  int in[2], out[2];
  if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC)) throw std::runtime_error("pipe");
  std::string port = std::to_string(target.port());
  pid_ = fork();
  if (pid_ == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    int quiet = open("/dev/null", O_WRONLY);
    dup2(quiet, STDERR_FILENO);
    execlp("python3", "python3", HOLDFAST_SOURCE_DIR "/tests/testing/tpm-fault-proxy.py", port.c_str(),
           rules.c_str(), nullptr);
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  stdin_ = in[1];
  std::string line = ReadLine(out[0]);
  close(out[0]);
  const std::string kListening = "listening ";
  if (!line.starts_with(kListening)) throw std::runtime_error("tpm-fault-proxy.py does not start");
  tcti_ = "swtpm:host=127.0.0.1,port=" + line.substr(kListening.size());
}

FaultProxy::~FaultProxy() {
  close(stdin_);
  waitpid(pid_, nullptr, 0);
}

}  // namespace holdfast::testing
