#include "signer/hsm/embedded_token.h"

#include "protocol/crypto/random.h"

namespace holdfast::hsm {
namespace {

constexpr const char* kModules[] = {
    "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so"};

Result<std::string> FindModule() {
  for (const char* module : kModules) {
    std::error_code error;
    if (std::filesystem::is_regular_file(module, error)) return module;
  }
  return Fail(ErrorKind::kUnavailable, "embedded.module",
              "SoftHSM2 is not installed, which the embedded token needs",
              "apt install softhsm2, or name a PKCS#11 module");
}

std::string Label(const std::string& name) {
  return "holdfast-" + name;
}
Path PinFile(const std::string& name, const Path& directory) {
  return directory / (name == "main" ? "pin" : name + ".pin");
}
Path SoPinFile(const std::string& name, const Path& directory) {
  return PinFile(name, directory) += ".so";
}

// SoftHSM2's configuration has no quoting: '#' begins a comment, '=' and a line break end the value.
Status CheckPath(const Path& directory) {
  if (directory.string().find_first_of("=#\n\r") == std::string::npos) return {};
  return Fail(ErrorKind::kUsage, "embedded.directory",
              directory.string() + " has '=', '#' or a line break in it, which SoftHSM2 cannot take",
              "choose another directory");
}

// 24 hexadecimal digits: every module takes those, and 96 bits cannot be guessed.
Result<Secret> NewPin(const Path& file) {
  Secret pin(ToBytes(HexEncode(RandomBytes(12))));
  HOLDFAST_CHECK(WriteFileAtomically(file, pin.Reveal(), 0600));
  return pin;
}

}  // namespace

Result<TokenConfig> MakeEmbeddedToken(const std::string& name, const Path& directory) {
  HOLDFAST_CHECK(CheckPath(directory));
  HOLDFAST_TRY(const std::string module, FindModule());
  HOLDFAST_CHECK(MakeDirectory(directory / "tokens", 0700));
  HOLDFAST_CHECK(WriteEmbeddedConfig(directory / "softhsm2.conf", directory / "tokens"));
  TokenConfig config;
  config.module = module;
  config.module_env = {"SOFTHSM2_CONF=" + (directory / "softhsm2.conf").string()};
  config.uri = "pkcs11:token=" + Label(name);
  config.pin_file = PinFile(name, directory);
  NewToken token;
  token.label = Label(name);
  HOLDFAST_TRY(token.so_pin, NewPin(SoPinFile(name, directory)));
  HOLDFAST_TRY(token.pin, NewPin(config.pin_file));
  HOLDFAST_CHECK(Token::Initialize(config, token));
  return config;
}

TokenConfig MovedEmbeddedToken(const std::string& name, const TokenConfig& made, const Path& to) {
  TokenConfig moved = made;
  moved.module_env = {"SOFTHSM2_CONF=" + (to / "softhsm2.conf").string()};
  moved.pin_file = PinFile(name, to);
  return moved;
}

Status WriteEmbeddedConfig(const Path& file, const Path& tokens) {
  const std::string text = "directories.tokendir = " + tokens.string() +
                           "\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n";
  return WriteFileAtomically(file, AsBytes(text), 0600);
}

}  // namespace holdfast::hsm
