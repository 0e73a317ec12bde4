#include "tests/testing/swtpm.h"

#include <unistd.h>

#include <fstream>
#include <stdexcept>

namespace holdfast::testing {
namespace fs = std::filesystem;
namespace {

std::string Script(const char* name) {
  return Quoted(std::string(HOLDFAST_SOURCE_DIR "/tools/lab/") + name);
}

// The daemon must not hold the pipe that Shell reads until its end: hence the file.
void RunScript(const std::string& command, const fs::path& log) {
  ShellResult ran = Shell(command + " >" + Quoted(log.string()) + " 2>&1 </dev/null");
  if (ran.status == 0) return;
  throw std::runtime_error(command + ": " + Shell("cat " + Quoted(log.string())).output);
}

void Manufacture(const fs::path& to) {
  fs::path made = to;
  made += "." + std::to_string(getpid());
  fs::remove_all(made);
  fs::create_directories(made);
  RunScript(Script("swtpm-up.sh") + " " + Quoted(made.string()), made / "up.log");
  RunScript(Script("swtpm-down.sh") + " " + Quoted(made.string()), made / "down.log");
  std::error_code lost_race;  // another process made the same identity meanwhile
  fs::rename(made, to, lost_race);
  if (lost_race) fs::remove_all(made);
}

}  // namespace

std::unique_ptr<SwTpm> SwTpm::Start(const fs::path& dir, const Options& options) {
  fs::create_directories(dir);
  if (!options.identity.empty() && !fs::exists(dir / "tpm2-00.permall")) {
    fs::path made = fs::path(HOLDFAST_BINARY_DIR) / "swtpm-identities" / options.identity;
    if (!fs::exists(made)) Manufacture(made);
    fs::copy(made, dir, fs::copy_options::recursive);
  }
  auto tpm = std::unique_ptr<SwTpm>(new SwTpm(fs::canonical(dir), options.log_bus));
  tpm->Up();
  return tpm;
}

SwTpm::~SwTpm() {
  try {
    Down("kill");
  } catch (const std::exception&) {
  }
}

int SwTpm::port() const {
  return std::stoi(tcti_.substr(tcti_.rfind('=') + 1));
}

void SwTpm::Up() {
  std::string port = tcti_.empty() ? "" : " " + std::to_string(this->port());
  RunScript(std::string("SWTPM_LOG=") + (log_bus_ ? "20 " : "1 ") + Script("swtpm-up.sh") + " " +
                Quoted(dir_.string()) + port,
            dir_ / "up.log");
  std::ifstream(dir_ / "tcti") >> tcti_;
}

void SwTpm::Down(const char* how) {
  RunScript(Script("swtpm-down.sh") + " " + Quoted(dir_.string()) + " " + how, dir_ / "down.log");
}

void SwTpm::Reboot() {
  Down("clean");
  Up();
}

void SwTpm::PowerCut() {
  Down("kill");
  Up();
}

void SwTpm::Kill() {
  Down("kill");
}

ShellResult SwTpm::Tools(const std::string& commands) const {
  return Shell("cd " + Quoted(dir_.string()) + " && TSS2_LOG=all+none TPM2TOOLS_TCTI=" + Quoted(tcti_) +
               " bash -e -o pipefail -c " + Quoted(commands));
}

Swtpm::Swtpm() : tpm_(SwTpm::Start(home_.path(), {.identity = ""})) {}

std::string Swtpm::Run(const std::string& script) const {
  ShellResult ran = tpm_->Tools(script);
  if (ran.status != 0) throw std::runtime_error("a script for the TPM failed: " + ran.output);
  return ran.output;
}

bool Swtpm::Succeeds(const std::string& script) const {
  return tpm_->Tools(script).status == 0;
}

Bytes Swtpm::Read(const std::string& file) const {
  std::ifstream in(dir() / file, std::ios::binary);
  if (!in) throw std::runtime_error("no file " + file);
  return {std::istreambuf_iterator<char>(in), {}};
}

void Swtpm::Write(const std::string& file, ByteView content) const {
  std::ofstream(dir() / file, std::ios::binary)
      .write(AsText(content).data(), std::streamsize(content.size()));
}

}  // namespace holdfast::testing
