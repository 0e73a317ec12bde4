#include "agent/api/http/target.h"

#include <algorithm>
#include <optional>

namespace holdfast::api {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// A plus sign is one: names have no spaces, and forms are not understood.
std::optional<std::string> Decode(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = HexDigit(text[i + 1]), low = HexDigit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

// The text up to the separator, which goes away with it.
std::string_view Cut(std::string_view& text, char separator) {
  const size_t end = text.find(separator);
  const std::string_view head = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return head;
}

bool ParseQuery(std::string_view text, std::map<std::string, std::string>& query) {
  while (!text.empty()) {
    std::string_view member = Cut(text, '&');
    const auto name = Decode(Cut(member, '=')), value = Decode(member);
    if (!name || !value || name->empty() || !query.emplace(*name, *value).second) return false;
  }
  return true;
}

}  // namespace

Result<Target> ParseTarget(std::string_view text) {
  const auto wrong = [](std::string_view what) {
    return Malformed("http.target", "the target of the request " + std::string(what),
                     "see docs/openapi.json");
  };
  if (!text.starts_with('/') || text.find('#') != std::string_view::npos) return wrong("is no path");
  Target target;
  std::string_view path = Cut(text, '?');
  while (!path.empty()) {  // each segment has its slash before it
    path.remove_prefix(1);
    const size_t end = std::min(path.find('/'), path.size());
    const auto segment = Decode(path.substr(0, end));
    if (!segment) return wrong("is not in percent encoding");
    target.path.push_back(*segment);
    path.remove_prefix(end);
  }
  if (!ParseQuery(text, target.query)) return wrong("has a query that is no list of different members");
  return target;
}

}  // namespace holdfast::api
