#include "protocol/armor.h"

#include "protocol/base64.h"

namespace holdfast {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ", kEnd = "-----END ", kDashes = "-----";

bool IsLabel(std::string_view label) {
  if (label.empty() || label.size() > 64) return false;
  for (char c : label)
    if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != ' ') return false;
  return true;
}

// Takes one line off `text`, without its line end.
std::string_view NextLine(std::string_view& text) {
  size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// The label of a BEGIN line, or empty.
std::string_view BeginLabel(std::string_view line) {
  if (!line.starts_with(kBegin) || !line.ends_with(kDashes) || line.size() < kBegin.size() + kDashes.size())
    return {};
  return line.substr(kBegin.size(), line.size() - kBegin.size() - kDashes.size());
}

Result<Bytes> DecodeBody(std::string_view body) {
  auto content = Base64Decode(body);
  if (!content || content->empty())
    return Malformed("armor.syntax",
                     content ? "an empty PEM block" : content.error().message + " in a PEM block",
                     "get the file again; it is damaged");
  return content;
}

// Reads the body up to the matching END line.
Result<Bytes> ReadBody(std::string_view& text, std::string_view label) {
  std::string body;
  const std::string end = std::string(kEnd) + std::string(label) + std::string(kDashes);
  bool short_line = false;
  while (!text.empty()) {
    std::string_view line = NextLine(text);
    if (line == end) return DecodeBody(body);
    // RFC 7468 strict: lines of 64 characters, only the last one shorter.
    if (line.empty() || line.size() > 64 || short_line)
      return Malformed("armor.syntax", "a line of wrong length inside a PEM block",
                       "get the file again; mail programs may rewrap text");
    short_line = line.size() < 64;
    body += line;
  }
  return Malformed("armor.syntax", "the line \"" + end + "\" is missing: the file is cut off",
                   "get the whole file again");
}

}  // namespace

// What people read must not be taken for a block: a line of it that begins like one is indented.
static std::string Preamble(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const std::string_view line = NextLine(text);
    safe.append(line.starts_with("-----") ? "  " : "").append(line).append("\n");
  }
  return safe;
}

std::string Armor(std::string_view label, ByteView content, std::string_view preamble) {
  std::string text = Preamble(preamble);
  text.append(kBegin).append(label).append(kDashes).append("\n");
  const std::string body = Base64Encode(content);
  for (size_t i = 0; i < body.size(); i += 64) text.append(body, i, 64).append("\n");
  return text.append(kEnd).append(label).append(kDashes).append("\n");
}

Result<std::vector<ArmorBlock>> ParseArmor(std::string_view text) {
  if (text.size() > kMaxFileSize)
    return Malformed("armor.size", "the file is larger than " + std::to_string(kMaxFileSize) + " octets",
                     "this is not one of our files");
  std::vector<ArmorBlock> blocks;
  while (!text.empty()) {
    std::string_view line = NextLine(text);
    if (!line.starts_with(kBegin)) continue;
    std::string_view label = BeginLabel(line);
    if (!IsLabel(label))
      return Malformed("armor.syntax", "a BEGIN line that is not one of PEM",
                       "get the file again; it is damaged");
    if (blocks.size() == kMaxArmorBlocks)
      return Malformed("armor.count", "more than " + std::to_string(kMaxArmorBlocks) + " PEM blocks",
                       "this is not one of our files");
    HOLDFAST_TRY(Bytes content, ReadBody(text, label));
    blocks.push_back({std::string(label), std::move(content)});
  }
  if (blocks.empty())
    return Malformed("armor.empty", "no PEM block in it", "give a file that Holdfast has made");
  return blocks;
}

Result<std::string> WithoutText(std::string_view text) {
  HOLDFAST_TRY(const std::vector<ArmorBlock> blocks, ParseArmor(text));
  std::string bare;
  for (const ArmorBlock& block : blocks) bare += Armor(block.label, block.content);
  return bare;
}

}  // namespace holdfast
