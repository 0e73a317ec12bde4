#include "tests/testing/der_tree.h"

#include "certs/der_reader.h"

namespace holdfast::testing {

DerNode DerNode::Parse(ByteView der) {
  DerNode node;
  node.tag = der[0];
  ByteView content = DerReader(der).Content(node.tag);
  if ((node.tag & 0x20) == 0) {
    node.value = ToBytes(content);
    return node;
  }
  while (!content.empty()) {
    DerReader reader(content);
    const ByteView child = reader.Whole(content[0]);
    if (child.empty()) return node;
    node.children.push_back(Parse(child));
    content = content.subspan(child.size());
  }
  return node;
}

Bytes DerNode::Encode() const {
  if (raw) return *raw;
  DerWriter w;
  Bytes content = value;
  for (const DerNode& child : children) Append(content, child.Encode());
  w.Element(tag, content);
  return w.Take();
}

}  // namespace holdfast::testing
