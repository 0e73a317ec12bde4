#include "protocol/local/answer_mac.h"

#include "protocol/base64.h"
#include "protocol/byte_cursor.h"

namespace holdfast::local {

std::string AnswerSequence::Mac(const Sha256Digest& request, std::string_view json) const {
  return Base64UrlEncode(
      Hmac(HashAlgorithm::kSha256, key_.Reveal(), {Writer().U64(number_).bytes(), request, AsBytes(json)}));
}

std::string AnswerSequence::Seal(const Sha256Digest& request, std::string_view json) {
  std::string line = Mac(request, json);
  line += ' ';
  line += json;
  number_++;
  return line;
}

Result<std::string_view> AnswerSequence::Open(const Sha256Digest& request, std::string_view line) {
  if (line.size() <= kAnswerMacSize || line[kAnswerMacSize] != ' ') broken_ = true;
  if (broken_)
    return Refused("mac.form", "an answer without its authentication code, or after one that was wrong");
  const std::string_view json = line.substr(kAnswerMacSize + 1);
  const Secret wanted(ToBytes(std::string_view(Mac(request, json))));
  broken_ = !wanted.Equals(Secret(ToBytes(line.substr(0, kAnswerMacSize))));
  if (broken_)
    return Refused("mac.mismatch", "an answer that was altered, repeated, or is to another question");
  number_++;
  return json;
}

}  // namespace holdfast::local
