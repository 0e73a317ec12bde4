// DER as a tree, to change one node of a good object and write it back with right lengths. For tests only:
// trusts its input.
#pragma once

#include <optional>

#include "protocol/bytes.h"

namespace holdfast::testing {

struct DerNode {
  uint8_t tag = 0;
  Bytes value;                    // of a primitive element
  std::vector<DerNode> children;  // of a constructed one
  std::optional<Bytes> raw;       // written instead of all that: for what is not DER

  static DerNode Parse(ByteView der);
  static DerNode Primitive(uint8_t tag, Bytes value) { return {tag, std::move(value), {}, {}}; }
  static DerNode Constructed(uint8_t tag, std::vector<DerNode> children) {
    return {tag, {}, std::move(children), {}};
  }
  Bytes Encode() const;
  DerNode& operator[](size_t i) { return children.at(i); }
};

}  // namespace holdfast::testing
