#include <charconv>

#include "tools/cli/option_table.h"

namespace holdfast::cli {

const Option kJsonOption{.name = "json", .help = "print JSON"};

bool Arguments::Has(const std::string& name) const {
  return values_.contains(name);
}

std::string Arguments::Text(const std::string& name) const {
  const auto& list = List(name);
  return list.empty() ? std::string() : list.front();
}

const std::vector<std::string>& Arguments::List(const std::string& name) const {
  static const std::vector<std::string> kNone;
  auto found = values_.find(name);
  return found == values_.end() ? kNone : found->second;
}

Result<int64_t> Arguments::Number(const std::string& name, int64_t min, int64_t max) const {
  const std::string text = Text(name);
  int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_argument = name.front() >= 'A' && name.front() <= 'Z';
  if (error != std::errc() || end != text.data() + text.size() || number < min || number > max) {
    return tl::unexpected(Usage("usage.number",
                                "'" + text + "' for " + (is_argument ? "" : "--") + name +
                                    " is not a number from " + std::to_string(min) + " to " +
                                    std::to_string(max),
                                "give one of these"));
  }
  return number;
}

}  // namespace holdfast::cli
