// Structure-aware mutator of DER for libFuzzer: parses the input to a tree, changes one node, writes it back with
// right lengths, so that mutants get past the outer parser. Looks into OCTET STRING and BIT STRING when their
// content is DER. One mutation in eight, and whatever is not DER, is left to LLVMFuzzerMutate.
// Include it in the one source of a DER fuzz target; does nothing without libFuzzer. Wants a well-formed seed.
#pragma once

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#include <cstdint>
#include <cstring>
#include <random>
#include <utility>
#include <vector>

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace der_mutator {

struct Node {
  uint8_t tag = 0;
  std::vector<uint8_t> value;  // of a node with children: only what precedes them (the unused-bits octet)
  std::vector<Node> children;
};

inline bool Parse(const uint8_t* p, size_t n, std::vector<Node>& out, int depth = 0) {
  for (size_t i = 0; i < n;) {
    if (n - i < 2 || (p[i] & 0x1f) == 0x1f) return false;
    Node node;
    node.tag = p[i++];
    size_t length = p[i++];
    if (length & 0x80) {
      size_t octets = length & 0x7f;
      if (octets == 0 || octets > 4 || n - i < octets) return false;
      for (length = 0; octets; --octets) length = length << 8 | p[i++];
    }
    if (n - i < length) return false;
    const bool constructed = node.tag & 0x20;
    node.value.assign(p + i, p + i + length);
    if (depth < 16 && length > 1 && (constructed || node.tag == 4 || node.tag == 3)) {
      const size_t skip = node.tag == 3 ? 1 : 0;
      std::vector<Node> children;
      if (Parse(p + i + skip, length - skip, children, depth + 1) && (constructed || children.size() <= 64)) {
        node.children = std::move(children);
        node.value.resize(skip);
      }
    }
    i += length;
    out.push_back(std::move(node));
  }
  return true;
}

inline void Serialize(const std::vector<Node>& nodes, std::vector<uint8_t>& out) {
  for (const Node& node : nodes) {
    std::vector<uint8_t> body = node.value;
    Serialize(node.children, body);
    out.push_back(node.tag);
    if (body.size() < 128) {
      out.push_back(uint8_t(body.size()));
    } else {
      int octets = body.size() < 0x100 ? 1 : body.size() < 0x10000 ? 2 : 3;
      for (out.push_back(uint8_t(0x80 | octets)); octets--;)
        out.push_back(uint8_t(body.size() >> (8 * octets)));
    }
    out.insert(out.end(), body.begin(), body.end());
  }
}

using Place = std::pair<std::vector<Node>*, size_t>;  // a node as (siblings, index)

inline void Collect(std::vector<Node>& nodes, std::vector<Place>& out) {
  for (size_t i = 0; i < nodes.size(); ++i) {
    out.push_back({&nodes, i});
    Collect(nodes[i].children, out);
  }
}

inline void Change(std::vector<Node>& siblings, size_t i, std::minstd_rand& random) {
  static const uint8_t tags[] = {1, 2, 3, 4, 5, 6, 10, 12, 19, 22, 23, 24, 0x30, 0x31, 0x80, 0xa0};
  Node& node = siblings[i];
  switch (random() % 6) {
    case 0:
      siblings.erase(siblings.begin() + i);
      return;
    case 1: {
      Node copy = node;
      siblings.insert(siblings.begin() + i, std::move(copy));
      return;
    }
    case 2:
      std::swap(node, siblings[random() % siblings.size()]);
      return;
    case 3:
      node.tag = tags[random() % sizeof tags];
      return;
  }
  if (!node.children.empty()) {
    if (random() % 4) return;
    Node text;
    text.tag = 0x0c;
    text.value.assign(random() % 300, 'A');
    node.children.push_back(std::move(text));
    return;
  }
  size_t size = node.value.size();
  node.value.resize(size + 64);
  node.value.resize(LLVMFuzzerMutate(node.value.data(), size, node.value.size()));
}

}  // namespace der_mutator

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {
  using namespace der_mutator;
  std::minstd_rand random(seed);
  std::vector<Node> tree;
  if (random() % 8 == 0 || !Parse(data, size, tree) || tree.empty())
    return LLVMFuzzerMutate(data, size, max_size);
  std::vector<Place> places;
  Collect(tree, places);
  auto [siblings, i] = places[random() % places.size()];
  Change(*siblings, i, random);
  std::vector<uint8_t> out;
  Serialize(tree, out);
  if (out.empty() || out.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  memcpy(data, out.data(), out.size());
  return out.size();
}
#endif
