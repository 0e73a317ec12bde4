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

}  // namespace

FileKind RecogniseFile(std::string_view text) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  for (size_t at = text.find(kBegin); at != std::string_view::npos; at = text.find(kBegin, at + 1)) {
    if (at > 0 && text[at - 1] != '\n') continue;  // only at the beginning of a line, as in ParseArmor
    std::string_view label = text.substr(at + kBegin.size());
    return FromLabel(label.substr(0, label.find("-----")));
  }
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
    case FileKind::kUnknown:
      break;
  }
  return "no file of Holdfast";
}

// A block whose lines have a mail program's "> " or an indent before them.
static bool IsQuoted(std::string_view text) {
  const size_t begin = text.find("-----BEGIN ");
  return begin != std::string_view::npos && begin > 0 &&
         std::string_view(" \t>|").find(text[begin - 1]) != std::string_view::npos;
}

static tl::unexpected<Error> WrongKind(std::string_view text, std::string_view context) {
  const std::string wanted(context);
  return Malformed(wanted + ".kind",
                   "this is " + std::string(DescribeFileKind(RecogniseFile(text))) + ", not " +
                       (wanted == "request"  ? "a request for a license"
                        : wanted == "return" ? "a return proof"
                        : wanted == "answer" ? "an answer"
                                             : "a " + wanted),
                   IsQuoted(text) ? "its lines are quoted or indented, as mail programs do it: save the "
                                    "attachment, or take away what stands before each line"
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
