#include "agent/host_facts.h"

#include <sys/utsname.h>

#include <sstream>

#include "protocol/display_text.h"
#include "protocol/platform/files.h"

namespace holdfast {
namespace {

constexpr size_t kMaxFact = 256, kMaxReleaseFile = 16 * 1024;

// PRETTY_NAME of os-release(5), without its quotes.
std::string OperatingSystem() {
  auto content = ReadFile("/usr/lib/os-release", kMaxReleaseFile);
  if (!content) content = ReadFile("/etc/os-release", kMaxReleaseFile);
  if (!content) return {};
  std::istringstream lines{std::string(AsText(*content))};
  constexpr std::string_view kName = "PRETTY_NAME=";
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kName)) continue;
    line.erase(0, kName.size());
    std::erase(line, '"');
    return line;
  }
  return {};
}

}  // namespace

std::map<std::string, std::string> HostFacts() {
  std::map<std::string, std::string> facts;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty() && IsDisplayText(value, kMaxFact)) facts[name] = value;
  };
  struct utsname names {};
  if (::uname(&names) == 0) {
    add("hostname", names.nodename);
    add("machine", names.machine);
  }
  add("os", OperatingSystem());
  return facts;
}

}  // namespace holdfast
