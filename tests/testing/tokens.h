// PKCS#11 tokens for tests: a private SoftHSM2 token, and tpm2-pkcs11 over a software TPM. Each lives in a
// directory of its own that goes with the object. Neither has keys unless it says so.
//
// SoftHSM2 reads its environment when it is loaded: one SoftToken for each process (CTest runs each test in
// one).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::testing {

// A fresh directory with a short path (it holds unix sockets), removed with the object.
class ScratchDirectory {
 public:
  ScratchDirectory();
  explicit ScratchDirectory(std::filesystem::path existing) : path_(std::move(existing)), owned_(false) {}
  ScratchDirectory(ScratchDirectory&& other) noexcept;
  ScratchDirectory& operator=(ScratchDirectory&&) = delete;
  ~ScratchDirectory();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  bool owned_ = true;
};

// What hsm::TokenConfig wants to know.
struct TestToken {
  std::string module;
  std::vector<std::string> module_env;  // NAME=VALUE
  std::string label;
  std::string uri;  // of the token
  std::filesystem::path pin_file;
};

inline constexpr char kTestPin[] = "1234";
inline constexpr char kTestSoPin[] = "5678";

struct SoftToken : TestToken {
  // Below `directory`, or in a scratch directory: softhsm2.conf, tokens/, pin. Aborts the test program when
  // SoftHSM2 is not installed.
  static SoftToken Create(std::optional<std::filesystem::path> directory = {},
                          const std::string& label = "holdfast");
  std::filesystem::path token_directory() const { return scratch.path() / "tokens"; }
  ScratchDirectory scratch;
};
// Only the empty token directory and its configuration, for those who make the token themselves.
SoftToken MakeEmptySoftHsm(std::optional<std::filesystem::path> directory = {},
                           const std::string& label = "holdfast");

// With an EC P-256 key (object ec-p256) and an RSA-2048 key (rsa-2048); the processes behind it end with the
// object.
struct TpmToken : TestToken {
  static std::optional<TpmToken> Start(std::string* why_not);
  TpmToken(TpmToken&&) = default;
  ~TpmToken();
  ScratchDirectory scratch;

 private:
  TpmToken() = default;
};

// The module of tests/testing/pkcs11_shim: loads the real one and misbehaves on demand (see its shim.h).
std::filesystem::path ShimModule();
TestToken BehindShim(TestToken token);  // the same token, reached through the shim

}  // namespace holdfast::testing
