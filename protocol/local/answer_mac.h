// After a challenge (challenge.h) every further line of the agent on that connection is
//
//   <base64url of HMAC-SHA256(K, number || SHA-256(request line) || JSON text)> <JSON text>
//
// with one space between; `number` is 8 octets, big-endian, and counts the lines from 0. So an answer that was altered, left out, repeated, or is to another
// question is seen. The request line is without its end; a line of `watch` events has that of the request for them, and what answers no whole line (too long
// a one) the empty text.
#pragma once

#include "protocol/crypto/digest.h"
#include "protocol/secret.h"

namespace holdfast::local {

inline constexpr size_t kAnswerMacSize = 43;  // characters; with the space 44 more than the JSON

// The numbered answers of one connection: one side seals each, the other opens each, in order. Holds K.
class AnswerSequence {
 public:
  explicit AnswerSequence(Secret key) : key_(std::move(key)) {}

  // The whole line, without its end.
  std::string Seal(const Sha256Digest& request, std::string_view json);
  // The JSON text, which is inside of `line`. After an error the connection is of no use any more: nothing opens.
  // Checks, both kRefused: mac.form, mac.mismatch.
  Result<std::string_view> Open(const Sha256Digest& request, std::string_view line);

 private:
  std::string Mac(const Sha256Digest& request, std::string_view json) const;

  Secret key_;
  uint64_t number_ = 0;
  bool broken_ = false;
};

}  // namespace holdfast::local
