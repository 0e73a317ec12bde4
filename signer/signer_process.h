// holdfast-signer as a child for the length of one command, when no signer service listens: the same seam,
// the same audit log, the same lock. The child ends when the socket is closed.
#pragma once

#include <sys/types.h>

#include "signer/signer_client.h"

namespace holdfast {

class SignerProcess {
 public:
  // Runs `program serve --config CONFIG --socket-fd 3` over a socket pair. Call it before anything loads a
  // PKCS#11 module or starts threads that hold locks; the child gets this process's environment and standard
  // error. The first answer of the signer is awaited, so that a wrong configuration is an error here. Checks
  // (kUnavailable): signer.spawn; else what the signer says.
  static Result<std::unique_ptr<SignerProcess>> Spawn(const Path& program, const Path& config);
  ~SignerProcess();  // closes the socket, waits up to 5 s, then kills
  SignerProcess(const SignerProcess&) = delete;
  SignerProcess& operator=(const SignerProcess&) = delete;

  SigningService& service() { return *client_; }
  pid_t pid() const { return pid_; }

 private:
  SignerProcess(pid_t pid, std::unique_ptr<SignerClient> client) : pid_(pid), client_(std::move(client)) {}
  pid_t pid_;
  std::unique_ptr<SignerClient> client_;
};

// Beside this process's binary, else the first of that name in PATH. Check: signer.program.
Result<Path> FindSignerProgram();

}  // namespace holdfast
