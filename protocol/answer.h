// The sealed answer: a JWE whose plaintext is JSON { "schema": "1.0", "license": "<PEM license file>" }, and with content keys
// also "content_keys": { ... } (content_key.h).
// Authenticity does not come from the envelope, which anybody can make for an EK and an AK, but from the
// license inside. A content key shows what it is by the content that it opens.
#pragma once

#include "protocol/content_key.h"
#include "protocol/jose/jwe.h"

namespace holdfast {

struct AnswerContent {
  std::string license;  // a license file (certs/license_file.h)
  SealedContentKeys content_keys = {};
};
inline constexpr int kAnswerSchemaMajor = 1;

Bytes FormatAnswerContent(const AnswerContent& content);
// Checks: those of ParseJson, answer.schema (kRefused: another major), answer.<member>, answer.unknown, those of ReadSealedKeys.
Result<AnswerContent> ParseAnswerContent(ByteView json);

// `preamble` facts are for people: product, license id, host name.
std::string ArmorAnswer(std::string_view compact_jwe, std::string_view preamble);
// Checks: those of ParseArmor and ParseJwe; answer.kind when it is another of our files, which the message
// names.
Result<Jwe> ReadAnswerFile(std::string_view file_text);

}  // namespace holdfast
