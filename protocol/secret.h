// Octets that must not be logged, copied by accident, or left in memory. Every reading goes through Reveal(),
// so that all uses can be found by that name.
#pragma once

#include "protocol/bytes.h"

namespace holdfast {

// Overwrites, then empties: for copies of a secret that others hand out as ordinary octets.
void Wipe(Bytes& octets);
void Wipe(std::string& text);

class Secret {
 public:
  Secret() = default;
  explicit Secret(Bytes&& bytes) : bytes_(std::move(bytes)) {}
  static Secret CopyOf(ByteView bytes) { return Secret(ToBytes(bytes)); }
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();  // overwrites the octets

  ByteView Reveal() const { return bytes_; }
  std::string_view RevealText() const { return AsText(bytes_); }
  size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  bool Equals(const Secret& other) const;  // constant time in the content

 private:
  Bytes bytes_;
};

}  // namespace holdfast
