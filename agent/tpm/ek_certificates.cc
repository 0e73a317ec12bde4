#include "agent/tpm/ek_certificates.h"

#include <algorithm>

#include "agent/tpm/marshal.h"

namespace holdfast::tpm {
namespace {

constexpr TPM2_HANDLE kFirstIndex = 0x01c00000, kLastIndex = 0x01c07fff;
constexpr TPM2_HANDLE kFirstChain = 0x01c00100, kLastChain = 0x01c001ff;
constexpr size_t kMaxContents = kMaxEkCertificates * kMaxEkCertificateSize;

TPM2_HANDLE IndexOf(EkTemplate which) {
  switch (which) {
    case EkTemplate::kRsa2048:
      return 0x01c00002;
    case EkTemplate::kEccP256:
      return 0x01c0000a;
    case EkTemplate::kEccP384:
      break;
  }
  return 0x01c00016;
}

// Every TPM of the PC Client profile reads so much at once.
constexpr uint16_t kChunk = 512;

Result<Bytes> ReadNv(Connection& tpm, const Handle& index, ESYS_TR reader, uint16_t size) {
  Bytes contents;
  while (contents.size() < size) {
    auto offset = static_cast<uint16_t>(contents.size());
    uint16_t count = std::min<uint16_t>(kChunk, size - offset);
    Owned<TPM2B_MAX_NV_BUFFER> part;
    HOLDFAST_CHECK(tpm.Run({"TPM2_NV_Read of an EK certificate"}, [&](ESYS_CONTEXT* esys) {
      return Esys_NV_Read(esys, reader, index.tr(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, count,
                          offset, part.Receive());
    }));
    if (part->size == 0) break;
    Append(contents, View(*part));
  }
  return contents;
}

// With the empty password of the owner or of the index itself; the latter only where a wrong one does no harm.
Result<Bytes> ReadIndex(Connection& tpm, TPM2_HANDLE at) {
  ESYS_TR tr = ESYS_TR_NONE;
  HOLDFAST_CHECK(tpm.Run({"TPM2_NV_ReadPublic of an EK certificate"}, [&](ESYS_CONTEXT* esys) {
    return Esys_TR_FromTPMPublic(esys, at, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &tr);
  }));
  Handle index = Handle::Closed(tpm, tr);
  Owned<TPM2B_NV_PUBLIC> area;
  HOLDFAST_CHECK(tpm.Run({"TPM2_NV_ReadPublic of an EK certificate"}, [&](ESYS_CONTEXT* esys) {
    return Esys_NV_ReadPublic(esys, tr, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, area.Receive(), nullptr);
  }));
  const TPMS_NV_PUBLIC& nv = area->nvPublic;
  if (!(nv.attributes & TPMA_NV_WRITTEN) || nv.dataSize > kMaxContents) return Bytes();
  const bool by_itself = nv.attributes & TPMA_NV_AUTHREAD && nv.attributes & TPMA_NV_NO_DA;
  if (nv.attributes & TPMA_NV_OWNERREAD) {
    auto contents = ReadNv(tpm, index, ESYS_TR_RH_OWNER, nv.dataSize);
    if (contents || tpm.broken() || !by_itself) return contents;
  }
  return by_itself ? ReadNv(tpm, index, tr, nv.dataSize) : Bytes();
}

}  // namespace

Result<Bytes> EkCertificates::Contents(Connection& tpm, TPM2_HANDLE at) {
  if (auto known = contents_.find(at); known != contents_.end()) return known->second;
  auto contents = ReadIndex(tpm, at);
  if (!contents && tpm.broken()) return contents;
  return contents_[at] = contents ? std::move(*contents) : Bytes();
}

// Empty when there is none.
Result<Bytes> EkCertificates::Leaf(Connection& tpm, EkTemplate which, ByteView ek_public) {
  HOLDFAST_TRY(const Bytes contents, Contents(tpm, IndexOf(which)));
  std::vector<Bytes> found = SplitCertificates(contents);
  if (found.empty() || found[0].size() > kMaxEkCertificateSize || !NamesKey(found[0], ek_public))
    return Bytes();
  return found[0];
}

Result<EkCertificates::Choice> EkCertificates::ChooseEk(Connection& tpm) {
  if (!indexes_) {
    HOLDFAST_TRY(indexes_, tpm.Handles(kFirstIndex, kLastIndex));
  }
  for (EkTemplate which : {EkTemplate::kEccP256, EkTemplate::kEccP384, EkTemplate::kRsa2048}) {
    if (std::find(indexes_->begin(), indexes_->end(), IndexOf(which)) == indexes_->end()) continue;
    Result<Primary> ek = OpenEk(tpm, which);
    if (!ek && ek.error().check == "tpm.no_ek") continue;
    if (!ek) return tl::unexpected(ek.error());
    HOLDFAST_TRY(Bytes leaf, Leaf(tpm, which, ek->public_area));
    if (!leaf.empty()) return Choice{which, std::move(*ek)};
  }
  HOLDFAST_TRY(Primary ek, OpenEk(tpm, EkTemplate::kEccP256));
  return Choice{EkTemplate::kEccP256, std::move(ek)};
}

Result<std::vector<Bytes>> EkCertificates::Read(Connection& tpm, EkTemplate which, ByteView ek_public) {
  if (!indexes_) {
    HOLDFAST_TRY(indexes_, tpm.Handles(kFirstIndex, kLastIndex));
  }
  auto present = [&](TPM2_HANDLE at) {
    return std::find(indexes_->begin(), indexes_->end(), at) != indexes_->end();
  };
  std::vector<Bytes> chain;
  if (!present(IndexOf(which))) return chain;
  HOLDFAST_TRY(Bytes leaf, Leaf(tpm, which, ek_public));
  if (leaf.empty()) return chain;
  chain.push_back(std::move(leaf));
  Bytes above;  // one certificate may span several indexes
  for (TPM2_HANDLE at : *indexes_) {
    if (at < kFirstChain || at > kLastChain || above.size() > kMaxContents) continue;
    HOLDFAST_TRY(Bytes part, Contents(tpm, at));
    Append(above, part);
  }
  for (Bytes& certificate : SplitCertificates(above))
    if (chain.size() < kMaxEkCertificates && certificate.size() <= kMaxEkCertificateSize)
      chain.push_back(std::move(certificate));
  return chain;
}

}  // namespace holdfast::tpm
