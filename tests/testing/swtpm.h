// A software TPM of its own for one test: manufactured in a fresh directory with EK certificates for
// RSA-2048, P-256 and P-384, stopped and removed with the object. tpm2-tools run against it through Run().
#pragma once

#include <filesystem>
#include <string>

#include "protocol/bytes.h"

namespace holdfast::testing {

class Swtpm {
 public:
  Swtpm();  // throws when it does not come up; about 2 s
  ~Swtpm();
  Swtpm(const Swtpm&) = delete;
  Swtpm& operator=(const Swtpm&) = delete;

  const std::string& tcti() const { return tcti_; }
  const std::filesystem::path& dir() const { return dir_; }
  // EK certificate authority: root and issuing certificate, PEM.
  std::filesystem::path CaChain() const { return dir_ / "ca-chain.pem"; }

  // `bash -e -o pipefail -c script` in dir() with TPM2TOOLS_TCTI set. Returns what it prints; throws when it
  // fails.
  std::string Run(const std::string& script) const;
  bool Succeeds(const std::string& script) const;
  Bytes Read(const std::string& file) const;
  void Write(const std::string& file, ByteView content) const;

 private:
  std::filesystem::path dir_;
  std::string tcti_;
};

}  // namespace holdfast::testing
