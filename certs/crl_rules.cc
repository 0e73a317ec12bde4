#include "certs/crl_rules.h"

#include <algorithm>

#include "certs/certificate_rules.h"

namespace holdfast {
namespace {

Status CheckEntries(const std::vector<RevokedEntry>& entries) {
  if (entries.size() > kMaxCrlEntries) return Refused("crl.entries", "a list of more than 1,000 entries");
  for (size_t i = 0; i < entries.size(); i++) {
    const RevokedEntry& e = entries[i];
    if (!IsSerial(e.serial) || e.date < Time{} || e.date > kNoExpiry || !IsRevocationReason(e.reason))
      return Malformed("crl.entries", "an entry with an impossible serial number, date or reason");
    if (i > 0 && !SerialLess(entries[i - 1].serial, e.serial))
      return Malformed("crl.entries", "entries that do not ascend by serial number");
  }
  return {};
}

Status CheckKept(const RevokedEntry& before, const RevokedEntry* now, const std::vector<Bytes>& may_drop) {
  const auto wrong = [&](std::string what) {
    return Refused("crl.sequence", "serial " + HexEncode(before.serial) + " " + std::move(what),
                   "a published revocation stays until the certificate has expired");
  };
  if (!now && std::find(may_drop.begin(), may_drop.end(), before.serial) == may_drop.end())
    return wrong("was revoked in the previous list and is missing");
  if (now && now->reason == RevocationReason::kCertificateHold &&
      before.reason != RevocationReason::kCertificateHold)
    return wrong("was revoked for good and would only be suspended");
  // The date says when an entry may go: who could set it back could lose the entry with the list after.
  if (now && before.reason != RevocationReason::kCertificateHold && now->date < before.date)
    return wrong("was revoked at " + FormatTime(before.date) + " and would be dated earlier");
  return {};
}

}  // namespace

bool CrlHas(ExtensionKind kind) {
  return kind == ExtensionKind::kAuthorityKeyId || kind == ExtensionKind::kCrlNumber ||
         kind == ExtensionKind::kIssuingDistribution;
}

bool IsRevocationReason(RevocationReason reason) {
  switch (reason) {
    case RevocationReason::kUnspecified:
    case RevocationReason::kKeyCompromise:
    case RevocationReason::kSuperseded:
    case RevocationReason::kCessationOfOperation:
    case RevocationReason::kCertificateHold:
    case RevocationReason::kPrivilegeWithdrawn:
      return true;
  }
  return false;
}

bool SerialLess(ByteView a, ByteView b) {
  if (a.size() != b.size()) return a.size() < b.size();
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

Status CheckCrlFields(const CrlFields& f) {
  if (f.this_update < Time{} || f.next_update > kNoExpiry || f.next_update <= f.this_update)
    return Malformed("crl.validity", "a list whose next update is not after this one");
  if (f.authority_key_id.size() != 20)
    return Malformed("crl.authority_key_id", "an authority key identifier that is not of 20 octets");
  if (f.number < 1) return Malformed("crl.number", "a CRL number below 1");
  if (!f.uri.empty() && !IsCrlUri(f.uri, f.authority_key_id))
    return Refused("crl.issuing_distribution_point", "an address that is not a shard of the issuing key");
  return CheckEntries(f.entries);
}

Status CheckSuccession(const CrlFields& previous, const CrlFields& next, const std::vector<Bytes>& may_drop) {
  if (previous.issuer != next.issuer || previous.authority_key_id != next.authority_key_id ||
      previous.uri != next.uri)
    return Refused("crl.sequence", "a list of another issuer or shard");
  if (next.number <= previous.number || next.this_update < previous.this_update)
    return Refused("crl.sequence", "a list that is not newer than the one before");
  for (const RevokedEntry& before : previous.entries) {
    const auto now = std::lower_bound(
        next.entries.begin(), next.entries.end(), before,
        [](const RevokedEntry& a, const RevokedEntry& b) { return SerialLess(a.serial, b.serial); });
    const bool kept = now != next.entries.end() && now->serial == before.serial;
    HOLDFAST_CHECK(CheckKept(before, kept ? &*now : nullptr, may_drop));
  }
  return {};
}

}  // namespace holdfast
