#include "tests/testing/tokens.h"

#include <dlfcn.h>
#include <stdlib.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "tests/testing/pkcs11_shim/shim.h"

namespace holdfast::testing {
namespace {

namespace fs = std::filesystem;

constexpr char kSoftHsm[] = "/usr/lib/softhsm/libsofthsm2.so";

[[noreturn]] void Abort(const std::string& why) {
  std::fprintf(stderr, "fixture: %s\n", why.c_str());
  abort();
}

void Write(const fs::path& path, const std::string& text, fs::perms mode) {
  std::ofstream(path) << text;
  fs::permissions(path, mode);
}

int Run(const std::string& command) {
  return std::system(command.c_str());
}

std::string ReadAll(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The NAME=VALUE pairs of a script of "export NAME='VALUE' …" lines, as a shell understands them.
std::vector<std::string> ReadEnvironment(const fs::path& script, const fs::path& scratch) {
  fs::path out = scratch / "environment";
  if (Run("env -i bash -c '. " + script.string() + "; env' > " + out.string()) != 0) return {};
  std::vector<std::string> pairs;
  std::ifstream in(out);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("TPM2") || line.starts_with("DBUS_") || line.starts_with("TSS2_"))
      pairs.push_back(line);
  }
  return pairs;
}

}  // namespace

ScratchDirectory::ScratchDirectory() {
  char name[] = "/tmp/hf-XXXXXX";
  if (mkdtemp(name) == nullptr) Abort("mkdtemp fails");
  path_ = name;
}

ScratchDirectory::ScratchDirectory(ScratchDirectory&& other) noexcept
    : path_(std::move(other.path_)), owned_(other.owned_) {
  other.owned_ = false;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  if (owned_) fs::remove_all(path_, ignored);
}

SoftToken MakeEmptySoftHsm(std::optional<fs::path> directory, const std::string& label) {
  if (!fs::exists(kSoftHsm)) Abort("no SoftHSM2; run tools/deps");
  SoftToken token{{}, directory ? ScratchDirectory(*directory) : ScratchDirectory()};
  const fs::path& dir = token.scratch.path();
  fs::create_directories(dir / "tokens");
  Write(dir / "softhsm2.conf",
        "directories.tokendir = " + (dir / "tokens").string() +
            "\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n",
        fs::perms(0600));
  Write(dir / "pin", std::string(kTestPin) + "\n", fs::perms(0600));
  token.module = kSoftHsm;
  token.module_env = {"SOFTHSM2_CONF=" + (dir / "softhsm2.conf").string()};
  token.label = label;
  token.uri = "pkcs11:token=" + label;
  token.pin_file = dir / "pin";
  return token;
}

SoftToken SoftToken::Create(std::optional<fs::path> directory, const std::string& label) {
  SoftToken token = MakeEmptySoftHsm(directory, label);
  std::string command = "env " + token.module_env[0] + " softhsm2-util --init-token --free --label " + label +
                        " --so-pin " + kTestSoPin + " --pin " + kTestPin + " > /dev/null";
  if (Run(command) != 0) Abort("softhsm2-util fails: " + command);
  return token;
}

std::optional<TpmToken> TpmToken::Start(std::string* why_not) {
  TpmToken token;
  const fs::path dir = token.scratch.path();
  if (Run(std::string(HOLDFAST_SOURCE_DIR) + "/tools/lab/tpm2-pkcs11-up.sh " + dir.string() + " > " +
          (dir / "up.log").string() + " 2>&1") != 0) {
    *why_not = "tpm2-pkcs11 does not start: " + ReadAll(dir / "up.log");
    return std::nullopt;
  }
  token.module_env = ReadEnvironment(dir / "env", dir);
  token.label = "holdfast-tpm";
  token.uri = "pkcs11:token=holdfast-tpm";
  token.pin_file = dir / "pin";
  std::string env = ReadAll(dir / "env");
  size_t at = env.find("PKCS11_MODULE=") + 14;
  token.module = env.substr(at, env.find('\n', at) - at);
  std::erase(token.module, '\'');
  return token;
}

TpmToken::~TpmToken() {
  const fs::path& dir = scratch.path();
  if (!dir.empty() && fs::exists(dir / "swtpm.pid"))
    Run(std::string(HOLDFAST_SOURCE_DIR) + "/tools/lab/swtpm-down.sh " + dir.string() +
        " kill > /dev/null 2>&1");
}

fs::path ShimModule() {
  return fs::path(HOLDFAST_BINARY_DIR) / "pkcs11_shim.so";
}

ShimControl& Control() {
  static void* shim = dlopen(ShimModule().c_str(), RTLD_NOW | RTLD_LOCAL);
  if (shim == nullptr) Abort(dlerror());
  static auto get = reinterpret_cast<ShimControl* (*)()>(dlsym(shim, "holdfast_shim_control"));
  return *get();
}

TestToken BehindShim(TestToken token) {
  token.module_env.push_back("HOLDFAST_SHIM_MODULE=" + token.module);
  token.module = ShimModule().string();
  return token;
}

}  // namespace holdfast::testing
