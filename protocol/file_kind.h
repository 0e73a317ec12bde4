// What a file seems to be, from its first PEM block or first characters, so that "the wrong file" can be said
// in words. A guess for messages and for `holdfast inspect`: nothing is parsed, nothing is trusted.
#pragma once

#include "protocol/armor.h"

namespace holdfast {

enum class FileKind {
  kRequest,
  kAnswer,
  kReturn,
  kReturnNonce,
  kTimeRequest,
  kTimeAnswer,
  kHeartbeat,
  kHeartbeatAnswer,
  kCertificates,
  kCrl,
  kProductKey,
  kPrivateKey,
  kJson,
  kQuoted,  // a PEM block with "> " or blanks before its lines, which nothing reads
  kUnknown
};

FileKind RecogniseFile(std::string_view text);
std::string_view DescribeFileKind(FileKind kind);  // "an answer file"

// The content of a file that must be exactly one block of `label`. `context` is "request", "answer" or "return".
// Checks: those of ParseArmor, and <context>.kind when the file is something else or holds more.
Result<std::string> ReadSingleBlock(std::string_view text, std::string_view label, std::string_view context);

}  // namespace holdfast
