// Writing what crl.cc reads.
#include "certs/algorithm.h"
#include "certs/crl_rules.h"

namespace holdfast {
namespace {

void WriteEntry(DerWriter& w, const RevokedEntry& entry) {
  w.Sequence([&] {
    w.UnsignedInteger(entry.serial);
    w.ValidityTime(entry.date);
    if (entry.reason == RevocationReason::kUnspecified) return;  // RFC 5280 5.3.1: said by absence
    w.Sequence([&] {
      w.Sequence([&] {
        w.Element(der::kOid, ByteView(kReasonCodeOid));
        const uint8_t reason[] = {static_cast<uint8_t>(entry.reason)};
        w.Constructed(der::kOctetString, [&] { w.Element(der::kEnumerated, ByteView(reason)); });
      });
    });
  });
}

void WriteExtensions(DerWriter& w, const CrlFields& f) {
  WriteAuthorityKeyId(w, f.authority_key_id);
  WriteExtension(w, ExtensionKind::kCrlNumber, [&] { w.UnsignedInteger(static_cast<uint64_t>(f.number)); });
  if (!f.uri.empty())
    WriteExtension(w, ExtensionKind::kIssuingDistribution,
                   [&] { w.Sequence([&] { WriteDistributionPointName(w, f.uri); }); });
}

}  // namespace

Result<Bytes> BuildTbsCrl(const CrlFields& f, SignatureAlgorithm algorithm) {
  const ByteView identifier = AlgorithmIdentifier(algorithm);
  if (identifier.empty()) return Malformed("crl.algorithm", "no key of ours signs with that");
  HOLDFAST_CHECK(CheckCrlFields(f));
  HOLDFAST_TRY(const Bytes issuer, EncodeName(f.issuer));
  DerWriter w;
  w.Sequence([&] {
    w.UnsignedInteger(uint64_t{1});  // v2
    w.Raw(identifier);
    w.Raw(issuer);
    w.ValidityTime(f.this_update);
    w.ValidityTime(f.next_update);
    if (!f.entries.empty())
      w.Sequence([&] {
        for (const RevokedEntry& entry : f.entries) WriteEntry(w, entry);
      });
    w.Constructed(der::Explicit(0), [&] { w.Sequence([&] { WriteExtensions(w, f); }); });
  });
  return w.Take();
}

}  // namespace holdfast
