#include "protocol/file_kind.h"

namespace holdfast {
namespace {

FileKind FromLabel(std::string_view label) {
  if (label == kLabelRequest) return FileKind::kRequest;
  if (label == kLabelAnswer) return FileKind::kAnswer;
  if (label == kLabelReturn) return FileKind::kReturn;
  if (label == kLabelReturnNonce) return FileKind::kReturnNonce;
  if (label == kLabelTimeRequest) return FileKind::kTimeRequest;
  if (label == kLabelTimeAnswer) return FileKind::kTimeAnswer;
  if (label == kLabelHeartbeat) return FileKind::kHeartbeat;
  if (label == kLabelHeartbeatAnswer) return FileKind::kHeartbeatAnswer;
  if (label == kLabelCertificate) return FileKind::kCertificates;
  if (label == kLabelCrl) return FileKind::kCrl;
  if (label.ends_with("PRIVATE KEY")) return FileKind::kPrivateKey;
  return FileKind::kUnknown;
}

// Two to eight capital letters and "-eyJ": the JWT's header begins with {" in base64url.
bool LooksLikeProductKey(std::string_view text) {
  const size_t letters = text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  return letters >= 2 && letters <= 8 && text.substr(letters).starts_with("-eyJ");
}

// What mail programs put before the lines of what they answer or forward. Looks back no further than that goes: a line may be as long as the file,
// and begin a block at every tenth octet.
bool IsQuotedAt(std::string_view text, size_t at) {
  const size_t other = text.substr(0, at).find_last_not_of("> \t");
  const size_t begin = other == std::string_view::npos ? 0 : other + 1;
  return begin < at && (begin == 0 || text[other] == '\n');
}

}  // namespace

FileKind RecogniseFile(std::string_view text) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  bool quoted = false;
  for (size_t at = text.find(kBegin); at != std::string_view::npos; at = text.find(kBegin, at + 1)) {
    quoted = quoted || IsQuotedAt(text, at);
    if (at > 0 && text[at - 1] != '\n') continue;  // only at the beginning of a line, as in ParseArmor
    std::string_view label = text.substr(at + kBegin.size());
    return FromLabel(label.substr(0, label.find("-----")));
  }
  if (quoted) return FileKind::kQuoted;
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return FileKind::kUnknown;
  text.remove_prefix(first);
  if (text[0] == '{') return FileKind::kJson;
  return LooksLikeProductKey(text) ? FileKind::kProductKey : FileKind::kUnknown;
}

std::string_view DescribeFileKind(FileKind kind) {
  switch (kind) {
    case FileKind::kRequest:
      return "a request file";
    case FileKind::kAnswer:
      return "an answer file";
    case FileKind::kReturn:
      return "a return proof";
    case FileKind::kReturnNonce:
      return "a return nonce";
    case FileKind::kTimeRequest:
      return "a time request";
    case FileKind::kTimeAnswer:
      return "a time answer";
    case FileKind::kHeartbeat:
      return "a heartbeat";
    case FileKind::kHeartbeatAnswer:
      return "the answer to a heartbeat";
    case FileKind::kCertificates:
      return "a license file or a certificate";
    case FileKind::kCrl:
      return "a revocation list";
    case FileKind::kProductKey:
      return "a product key";
    case FileKind::kPrivateKey:
      return "a private key";
    case FileKind::kJson:
      return "a JSON file";
    case FileKind::kQuoted:
      return "a file whose lines a mail program has quoted or indented";
    case FileKind::kUnknown:
      break;
  }
  return "no file of Holdfast";
}

static tl::unexpected<Error> WrongKind(std::string_view text, std::string_view context) {
  const std::string wanted(context);
  // There are time requests, and answers to three questions.
  const std::string named = wanted == "request"  ? "an activation request"
                            : wanted == "answer" ? "an answer"
                                                 : "a " + wanted + (wanted == "return" ? " proof" : "");
  const FileKind kind = RecogniseFile(text);
  return Malformed(wanted + ".kind", "this is " + std::string(DescribeFileKind(kind)) + ", not " + named,
                   kind == FileKind::kQuoted
                       ? "give the file as it was attached, or take off what stands before its lines"
                       : "give the " + wanted + " file");
}

Result<std::string> ReadSingleBlock(std::string_view text, std::string_view label, std::string_view context) {
  auto blocks = ParseArmor(text);
  if (!blocks && blocks.error().check == "armor.empty") return WrongKind(text, context);
  if (!blocks) return tl::unexpected(std::move(blocks.error()));
  if (blocks->front().label != label) return WrongKind(text, context);
  if (blocks->size() > 1)
    return Malformed(std::string(context) + ".kind", "the file holds more than one PEM block",
                     "give one " + std::string(context) + " at a time");
  return std::string(AsText(blocks->front().content));
}

}  // namespace holdfast
