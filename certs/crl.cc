#include "certs/crl.h"

#include <algorithm>

#include "certs/algorithm.h"
#include "certs/certificate_rules.h"
#include "certs/crl_rules.h"
#include "certs/extensions.h"

namespace holdfast {
namespace {

auto Bad(std::string_view field, std::string message) {
  return Malformed("crl." + std::string(field), std::move(message));
}

std::optional<RevocationReason> ReasonFrom(ByteView value) {
  if (value.size() != 1) return std::nullopt;
  const auto reason = static_cast<RevocationReason>(value[0]);
  const bool written = IsRevocationReason(reason) && reason != RevocationReason::kUnspecified;
  return written ? std::optional(reason) : std::nullopt;  // unspecified is said by absence
}

// crlEntryExtensions: the reason code alone.
bool ReadReason(DerReader& entry, RevokedEntry& to) {
  DerReader extensions = entry.Sequence();
  DerReader extension = extensions.Sequence();
  const bool is_reason = Equal(extension.Content(der::kOid), kReasonCodeOid);
  DerReader value(extension.Content(der::kOctetString));
  const auto reason = ReasonFrom(value.Content(der::kEnumerated));
  if (!is_reason || !reason || !value.Finish() || !extension.Finish() || !extensions.Finish()) return false;
  to.reason = *reason;
  return true;
}

Result<std::vector<RevokedEntry>> ReadEntries(DerReader& tbs) {
  std::vector<RevokedEntry> entries;
  if (!tbs.Next(der::kSequence)) return entries;  // RFC 5280 5.1.2.6: absent when there are none
  DerReader list = tbs.Sequence();
  do {
    if (entries.size() == kMaxCrlEntries) return Refused("crl.entries", "a list of more than 1,000 entries");
    DerReader entry = list.Sequence();
    RevokedEntry& e = entries.emplace_back();
    e.serial = ToBytes(entry.UnsignedInteger());
    e.date = entry.ValidityTime();
    if (!entry.AtEnd() && !ReadReason(entry, e))
      return Bad("entries", "an entry with something other than a reason code");
    if (!entry.Finish()) return Bad("entries", "an entry that is not DER");
  } while (!list.AtEnd());
  if (!list.Finish()) return Bad("entries", "entries that are not DER");
  return entries;
}

std::optional<int64_t> ParseNumber(ByteView value) {
  DerReader reader(value);
  const ByteView octets = reader.UnsignedInteger();
  if (!reader.Finish() || octets.size() > 8 || (octets.size() == 8 && octets[0] >= 0x80)) return std::nullopt;
  int64_t number = 0;
  for (uint8_t octet : octets) number = number << 8 | octet;
  return number;
}

std::optional<std::string> ParseIssuingDistribution(ByteView value) {
  DerReader reader(value);
  DerReader point = reader.Sequence();
  auto uri = ParseDistributionPointName(point);
  if (!point.Finish() || !reader.Finish()) return std::nullopt;
  return uri;
}

Status ReadListExtensions(DerReader list, CrlFields& f) {
  HOLDFAST_TRY(const ExtensionValues values, ReadExtensions(list, "crl"));
  for (size_t i = 0; i < kExtensionKinds; i++)
    if (values[i] && !CrlHas(static_cast<ExtensionKind>(i)))
      return Refused("crl.extensions", "an extension that does not belong to our lists");
  const auto& aki = ValueOf(values, ExtensionKind::kAuthorityKeyId);
  const auto id = aki ? ParseAuthorityKeyId(*aki) : std::nullopt;
  if (!id) return Bad("authority_key_id", "no authority key identifier of 20 octets");
  f.authority_key_id = *id;
  const auto& crl_number = ValueOf(values, ExtensionKind::kCrlNumber);
  const auto number = crl_number ? ParseNumber(*crl_number) : std::nullopt;
  if (!number) return Bad("number", "no CRL number, or one that does not fit 63 bits");
  f.number = *number;
  if (const auto& point = ValueOf(values, ExtensionKind::kIssuingDistribution)) {
    auto uri = ParseIssuingDistribution(*point);
    if (!uri || uri->empty()) return Bad("issuing_distribution_point", "not one URI alone");
    f.uri = std::move(*uri);
  }
  return {};
}

}  // namespace

Result<Crl> Crl::Parse(ByteView der) {
  if (der.empty() || der.size() > kMaxCrlSize)
    return Bad("size", "a CRL that is empty or larger than 128 KiB");
  DerReader reader(der);
  DerReader outer = reader.Sequence();
  const ByteView tbs_der = outer.Whole(der::kSequence);
  const ByteView algorithm = outer.Whole(der::kSequence);
  const ByteView signature = outer.BitString();
  if (!outer.Finish() || !reader.Finish()) return Bad("der", "not the DER of a CRL, or something after it");

  DerReader tbs = DerReader(tbs_der).Sequence();
  const ByteView version = tbs.UnsignedInteger();
  if (version.size() != 1 || version[0] != 1) return Bad("version", "a CRL that is not of version 2");
  const ByteView inner_algorithm = tbs.Whole(der::kSequence);
  const auto parsed_algorithm = ParseAlgorithmIdentifier(inner_algorithm);
  if (!parsed_algorithm || !Equal(inner_algorithm, algorithm))
    return Refused("crl.algorithm", "a signature algorithm that the profile excludes, or two");
  Crl crl;
  CrlFields& f = crl.fields_;
  auto issuer = ParseName(tbs.Whole(der::kSequence));
  if (!issuer) return Bad("issuer", issuer.error().message);
  f.issuer = std::move(*issuer);
  f.this_update = tbs.ValidityTime();
  f.next_update = tbs.ValidityTime();
  if (!tbs.ok()) return Bad("validity", "times that are missing or not in the form of RFC 5280");
  HOLDFAST_TRY(f.entries, ReadEntries(tbs));
  DerReader wrapped = tbs.Enter(der::Explicit(0));
  const DerReader extensions = wrapped.Sequence();
  if (!wrapped.Finish() || !tbs.Finish()) return Bad("extensions", "no extensions, or something after them");
  HOLDFAST_CHECK(ReadListExtensions(extensions, f));
  HOLDFAST_CHECK(CheckCrlFields(f));

  crl.der_ = ToBytes(der);
  crl.tbs_offset_ = static_cast<size_t>(tbs_der.data() - der.data());
  crl.tbs_size_ = tbs_der.size();
  crl.algorithm_ = *parsed_algorithm;
  crl.signature_ = ToBytes(signature);
  return crl;
}

const RevokedEntry* Crl::Find(ByteView serial) const {
  const auto& all = fields_.entries;
  const auto found = std::lower_bound(all.begin(), all.end(), serial, [](const RevokedEntry& e, ByteView s) {
    return SerialLess(e.serial, s);
  });
  return found != all.end() && Equal(found->serial, serial) ? &*found : nullptr;
}

Status Crl::VerifySignature(const PublicKey& issuer) const {
  if (algorithm_ != AlgorithmFor(issuer.type()) || !issuer.Verify(algorithm_, tbs(), signature_))
    return Refused("crl.signature", "the CRL is not signed by its issuer's key");
  return {};
}

}  // namespace holdfast
