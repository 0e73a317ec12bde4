#include "tools/cli/output.h"

#include <cctype>
#include <iostream>

#include "protocol/display_text.h"
#include "protocol/error_json.h"
#include "protocol/json_text.h"

namespace holdfast::cli {
namespace {

std::string Sentence(std::string_view clause) {
  if (clause.empty()) return {};
  std::string sentence(clause);
  sentence[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(sentence[0])));
  return " " + sentence + ".";
}

}  // namespace

int ExitCodeFor(ErrorKind kind) {
  if (kind == ErrorKind::kUsage) return kExitUsage;
  return kind == ErrorKind::kDenied ? kExitDenied : kExitError;
}

Error About(std::string_view file, Error error) {
  // What reads files names them first already.
  const std::string name(file);
  const bool named = error.message.starts_with(name + ":") || error.message.starts_with(name + " ");
  if (!named) error.message = name + ": " + error.message;
  const bool damaged = error.kind == ErrorKind::kMalformed || error.kind == ErrorKind::kRefused;
  if (error.advice.empty() && damaged) error.advice = "give the file as it was made, or make it again";
  return error;
}

std::string FormatError(std::string_view program, const Error& error) {
  std::string text = std::string(program) + ": " + Printable(error.message);
  if (!error.check.empty()) text += " (" + Printable(error.check) + ")";
  return text + "." + Sentence(Printable(error.advice)) + "\n";
}

std::optional<Error> ParseFormattedError(std::string_view program, std::string_view text, ErrorKind kind) {
  const std::string prefix = std::string(program) + ": ";
  while (text.ends_with('\n')) text.remove_suffix(1);
  size_t line = text.rfind(prefix);
  while (line != text.npos && line > 0 && text[line - 1] != '\n') line = text.rfind(prefix, line - 1);
  if (line == text.npos) return {};
  text.remove_prefix(line + prefix.size());
  // The check is the first word in brackets that ends the text or a sentence.
  constexpr std::string_view kCheck = "abcdefghijklmnopqrstuvwxyz0123456789_.<>-";
  for (size_t open = text.find(" ("); open != text.npos; open = text.find(" (", open + 1)) {
    const std::string_view inside = text.substr(open + 2);
    const size_t length = std::min(inside.find_first_not_of(kCheck), inside.size());
    std::string_view rest = inside.substr(length);
    if (length == 0 || !(rest == ")" || rest.starts_with(")."))) continue;
    rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of("). ")));
    if (rest.ends_with('.')) rest.remove_suffix(1);
    return Error{kind, std::string(inside.substr(0, length)), std::string(text.substr(0, open)),
                 std::string(rest)};
  }
  return {};
}

Json ErrorJson(const Error& error) {
  Error printable = error;
  printable.message = Printable(error.message);
  printable.advice = Printable(error.advice);
  return Json{{"error", ErrorToJson(printable)}};
}

std::string Printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::string_view rest = text;
    const auto character = TakeCharacter(rest);
    if (!character) rest.remove_prefix(1);
    const std::string_view octets = text.substr(0, text.size() - rest.size());
    if (character && !IsMisleading(*character)) {
      out += octets;
    } else {
      for (char c : octets) out += "\\x" + HexEncode(AsBytes({&c, 1}));
    }
    text = rest;
  }
  return out;
}

std::string Line(std::string_view name, std::string_view value) {
  std::string line(name);
  line.resize(std::max<size_t>(name.size() + 1, 22), ' ');
  return line + Printable(value) + "\n";
}

void Print(const Json& json) {
  std::cout << FormatJson(json, 2) << "\n";
}

Result<std::string> ReadInput(const Path& file, size_t max_size) {
  if (file != "-") {
    HOLDFAST_TRY(Bytes bytes, ReadFile(file, max_size));
    return std::string(AsText(bytes));
  }
  std::string text(max_size + 1, '\0');
  std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(std::cin.gcount()));
  if (text.size() > max_size) {
    return Malformed("file.size", "standard input is larger than " + std::to_string(max_size) + " octets");
  }
  return text;
}

}  // namespace holdfast::cli
