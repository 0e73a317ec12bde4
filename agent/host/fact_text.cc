#include "agent/host/fact_text.h"

#include <algorithm>
#include <set>
#include <vector>

#include "protocol/display_text.h"

namespace holdfast::host {
namespace {

constexpr size_t kMacDigits = 12;

// Calls visit(line) for each line.
template <class Visit>
void ForEachLine(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const size_t end = std::min(line.find(' '), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

bool ConsistsOf(std::string_view text, std::string_view characters) {
  return !text.empty() && text.size() <= kMaxFact &&
         text.find_first_not_of(characters) == std::string_view::npos;
}

// The second word after the "-" that ends the optional fields: "- ext4 /dev/sda2 rw".
std::string SourceName(const std::vector<std::string_view>& words) {
  const auto dash = std::find(words.begin() + 6, words.end(), "-");
  if (words.end() - dash < 3) return {};
  std::string_view source = dash[2];
  if (!source.starts_with("/dev/")) return {};
  source.remove_prefix(5);
  return ConsistsOf(source, "abcdefghijklmnopqrstuvwxyz0123456789") ? std::string(source) : "";
}

}  // namespace

std::string OneLine(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\0' || text.back() == ' '))
    text.remove_suffix(1);
  return IsUtf8(text) && IsDisplayText(text, kMaxFact) ? std::string(text) : "";
}

std::string UdevProperty(std::string_view entry, std::string_view name) {
  const std::string start = "E:" + std::string(name) + "=";
  std::string value;
  ForEachLine(entry, [&](std::string_view line) {
    if (line.starts_with(start)) value = OneLine(line.substr(start.size()));
  });
  return value;
}

std::string MacAddress(std::string_view text) {
  std::string digits;
  for (char c : OneLine(text)) {
    if (c != ':') digits += static_cast<char>(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
  }
  const bool is_one = digits.size() == kMacDigits && ConsistsOf(digits, "0123456789abcdef") &&
                      digits.find_first_not_of('0') != std::string::npos;
  return is_one ? digits : "";
}

RootMount FindRootMount(std::string_view mountinfo) {
  RootMount mount;
  ForEachLine(mountinfo, [&](std::string_view line) {
    const auto words = Words(line);
    if (words.size() < 7 || words[4] != "/") return;
    const std::string_view device = words[2];
    const bool plain = ConsistsOf(device, "0123456789:") && !device.starts_with("0:");
    mount = {plain ? std::string(device) : "", SourceName(words)};
  });
  return mount;
}

std::string CpuModel(std::string_view modalias) {
  return OneLine(modalias.substr(0, modalias.find(":feature:")));
}

std::string SerialNumber(std::string_view text) {
  std::string serial = OneLine(text);
  return std::set<char>(serial.begin(), serial.end()).size() < 4 ? "" : serial;
}

}  // namespace holdfast::host
