// A software TPM of its own for one test: manufactured with EK certificates (RSA-2048, P-256, P-384) from a
// private CA, reachable over TCP. Uses tools/lab/swtpm-up.sh. Ports are chosen at random and survive
// Reboot(), so tests run in parallel. swtpm serves one connection at a time: call Tpm::Release() before
// Tools() or Reboot(), or they wait for each other.
//
// Manufacturing takes seconds, so each identity is made once per build tree (bin/swtpm-identities) and
// copied. The same identity in two directories is the same machine, cloned; two identities are two machines
// whose EK certificates come from two CAs.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "protocol/bytes.h"
#include "tests/testing/shell.h"
#include "tests/testing/temp_dir.h"

namespace holdfast::testing {

class SwTpm {
 public:
  struct Options {
    std::string identity = "a";  // empty: a machine like no other, manufactured now
    bool log_bus = false;        // every command and response octet in bus_log()
  };
  // `dir` is made when it is missing and must not hold another running TPM; one that it holds is started
  // again. Throws std::runtime_error: without its TPM a test has nothing to say.
  static std::unique_ptr<SwTpm> Start(const std::filesystem::path& dir, const Options& options);
  static std::unique_ptr<SwTpm> Start(const std::filesystem::path& dir) { return Start(dir, Options()); }
  ~SwTpm();  // kills the process; the state stays in `dir`
  SwTpm(const SwTpm&) = delete;
  SwTpm& operator=(const SwTpm&) = delete;

  const std::string& tcti() const { return tcti_; }
  int port() const;  // of the command channel; the control channel is one above
  const std::filesystem::path& dir() const { return dir_; }
  std::filesystem::path ca_chain() const { return dir_ / "ca-chain.pem"; }  // root and issuing CA
  std::filesystem::path ek_certificate(const std::string& which) const {    // "rsa2048", "p256", "p384"
    return dir_ / ("ek-" + which + ".pem");
  }
  std::filesystem::path bus_log() const { return dir_ / "swtpm.log"; }

  void Reboot();    // TPM2_Shutdown(CLEAR), stop, start; the same TCTI string
  void PowerCut();  // SIGKILL, start
  void Kill();      // SIGKILL; Reboot() brings it back

  // Shell commands in dir() with TPM2TOOLS_TCTI set; stops at the first that fails.
  ShellResult Tools(const std::string& commands) const;

 private:
  SwTpm(std::filesystem::path dir, bool log_bus) : dir_(std::move(dir)), log_bus_(log_bus) {}
  void Up();
  void Down(const char* how);

  std::filesystem::path dir_;
  std::string tcti_;
  bool log_bus_;
};

// A machine like no other in a directory of its own, for tests that drive it with tpm2-tools and exchange
// files with them.
class Swtpm {
 public:
  Swtpm();

  const std::string& tcti() const { return tpm_->tcti(); }
  const std::filesystem::path& dir() const { return tpm_->dir(); }
  std::filesystem::path CaChain() const { return tpm_->ca_chain(); }

  // `bash -e -o pipefail -c script` in dir() with TPM2TOOLS_TCTI set. Returns what it prints; throws when it
  // fails.
  std::string Run(const std::string& script) const;
  bool Succeeds(const std::string& script) const;
  Bytes Read(const std::string& file) const;
  void Write(const std::string& file, ByteView content) const;

 private:
  TempDir home_;
  std::unique_ptr<SwTpm> tpm_;
};

}  // namespace holdfast::testing
