#include "tests/testing/swtpm.h"

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace holdfast::testing {
namespace {

namespace fs = std::filesystem;

struct Outcome {
  int status = -1;
  std::string output;
};

// `command` contains no single quotes but those that Quote made.
Outcome Shell(const std::string& command) {
  Outcome out;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (!pipe) return out;
  char buffer[4096];
  while (size_t n = fread(buffer, 1, sizeof buffer, pipe)) out.output.append(buffer, n);
  int status = pclose(pipe);
  out.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return out;
}

std::string Quote(const std::string& text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string Lab(const std::string& script) {
  return Quote(HOLDFAST_SOURCE_DIR "/tools/lab/" + script);
}

fs::path FreshDirectory() {
  std::string pattern = (fs::temp_directory_path() / "swtpm.XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp failed");
  return pattern;
}

Outcome RunIn(const fs::path& dir, const std::string& tcti, const std::string& script) {
  return Shell("cd " + Quote(dir.string()) + " && TSS2_LOG=all+none TPM2TOOLS_TCTI=" + Quote(tcti) +
               " bash -e -o pipefail -c " + Quote(script));
}

}  // namespace

Swtpm::Swtpm() : dir_(FreshDirectory()) {
  Outcome up = Shell(Lab("swtpm-up.sh") + " " + Quote(dir_.string()));
  if (up.status != 0) throw std::runtime_error("swtpm-up.sh: " + up.output);
  std::getline(std::ifstream(dir_ / "tcti"), tcti_);
}

Swtpm::~Swtpm() {
  Shell(Lab("swtpm-down.sh") + " " + Quote(dir_.string()) + " kill");
  std::error_code ignored;
  fs::remove_all(dir_, ignored);
}

std::string Swtpm::Run(const std::string& script) const {
  Outcome out = RunIn(dir_, tcti_, script);
  if (out.status != 0) throw std::runtime_error("a script for the TPM failed: " + out.output);
  return out.output;
}

bool Swtpm::Succeeds(const std::string& script) const {
  return RunIn(dir_, tcti_, script).status == 0;
}

Bytes Swtpm::Read(const std::string& file) const {
  std::ifstream in(dir_ / file, std::ios::binary);
  if (!in) throw std::runtime_error("no file " + file);
  return {std::istreambuf_iterator<char>(in), {}};
}

void Swtpm::Write(const std::string& file, ByteView content) const {
  std::ofstream(dir_ / file, std::ios::binary).write(AsText(content).data(), std::streamsize(content.size()));
}

}  // namespace holdfast::testing
