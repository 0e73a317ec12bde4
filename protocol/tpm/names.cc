#include "protocol/byte_cursor.h"
#include "protocol/crypto/digest.h"
#include "protocol/tpm/structures.h"

namespace holdfast::tpm {
namespace {

// A Name or a qualified name: the algorithm, then the digest of all parts.
Name Named(Alg hash, std::initializer_list<ByteView> parts) {
  return Writer().U16(static_cast<uint16_t>(hash)).Raw(Digest(HashOf(hash), parts)).Take();
}

// The algorithm that a Name itself says; Names here are our own, so it is one of the two.
Alg AlgOf(const Name& name) {
  return static_cast<Alg>(Reader(name).U16());
}

}  // namespace

HashAlgorithm HashOf(Alg hash) {
  return hash == Alg::kSha384 ? HashAlgorithm::kSha384 : HashAlgorithm::kSha256;
}

Name NameOf(const Public& object) {
  return Named(object.name_alg, {object.encoded});
}

Name NameOf(const NvPublic& index) {
  return Named(index.name_alg, {EncodeNvPublic(index)});
}

Name QualifiedName(uint32_t hierarchy, const Name& primary) {
  return QualifiedName(Writer().U32(hierarchy).Take(), primary);
}

Name QualifiedName(const Name& parent_qualified, const Name& object) {
  return Named(AlgOf(object), {parent_qualified, object});
}

}  // namespace holdfast::tpm
