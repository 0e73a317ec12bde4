// Revocation lists: made when they are needed, so that one never says less than the store.
#include <algorithm>
#include <set>

#include "signer/server/licensing/licensing.h"

namespace holdfast {
namespace {

constexpr int kAttempts = 64;  // when others issue for the same shard, or were killed doing so

bool SameEntries(const std::vector<RevokedEntry>& a, const std::vector<RevokedEntry>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& left, const auto& right) {
    return left.serial == right.serial && left.reason == right.reason && left.date == right.date;
  });
}

}  // namespace

Result<bool> Licensing::IsCurrent(const CrlRecord& crl) {
  const Time now = clock_();
  if (now < crl.this_update || now >= crl.this_update + settings_.crl_refresh) return false;
  HOLDFAST_TRY(const Crl parsed, Crl::Parse(crl.der));
  HOLDFAST_TRY(const auto entries, store_.RevokedEntries(crl.issuer_key_id, crl.shard));
  return SameEntries(parsed.fields().entries, entries);
}

// Numbers follow the clock, so that they grow also when the store was restored from a backup.
int64_t Licensing::NextNumber(int64_t above) const {
  return std::max<int64_t>(above + 1, clock_().time_since_epoch().count());
}

Result<CrlRecord> Licensing::IssueCrl(const std::string& actor, const CrlShard& shard, int64_t number) {
  const Change change = ChangeBy(actor);
  CrlRecord crl{.issuer_key_id = shard.issuer_key_id, .line = shard.line, .shard = shard.shard};
  crl.number = number;
  crl.this_update = change.at;
  crl.next_update = change.at + settings_.crl_lifetime;
  HOLDFAST_TRY(auto entries, store_.RevokedEntries(shard.issuer_key_id, shard.shard));
  HOLDFAST_TRY(crl.der, signer_.IssueCrl({shard.line, shard.shard, shard.issuer_key_id, crl.number,
                                          crl.this_update, crl.next_update, std::move(entries)}));
  HOLDFAST_CHECK(store_.RecordCrl(change, crl));
  return crl;
}

Result<CrlRecord> Licensing::CurrentCrl(const std::string& actor, const CrlShard& shard) {
  int64_t above = 0;
  Error last;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    HOLDFAST_TRY(const auto latest, store_.LatestCrl(shard.issuer_key_id, shard.shard));
    if (latest) {
      HOLDFAST_TRY(const bool current, IsCurrent(*latest));
      if (current) return *latest;
      above = std::max(above, latest->number);
    }
    const int64_t number = NextNumber(above);
    auto issued = IssueCrl(actor, shard, number);
    if (issued) return issued;
    last = issued.error();
    // crl.sequence: the signer knows of a list that we do not, signed but never recorded. Go beyond it.
    if (last.check != "crl.sequence" && last.check != "store.crl_number") break;
    above = number;
  }
  return tl::unexpected(last);
}

Result<CurrentCrlSet> Licensing::CurrentCrls(const std::string& actor) {
  HOLDFAST_TRY(std::vector<CrlShard> shards, store_.ListShards());
  HOLDFAST_TRY(const SignerStatus status, AskSigner());
  std::set<Bytes> known;
  for (const CrlShard& shard : shards) known.insert(shard.issuer_key_id);
  for (const IssuerInfo& issuer : status.issuers) {
    HOLDFAST_TRY(const auto certificate,
                 Certificate::Parse(issuer.issuing_certificate, CertificateProfile::kIssuing));
    if (known.insert(certificate.subject_key_id()).second)
      shards.push_back({issuer.line, certificate.subject_key_id(), 0});
  }
  return CurrentCrls(actor, shards);
}

Result<CurrentCrlSet> Licensing::CurrentCrlsOf(const std::string& actor, const std::string& license) {
  HOLDFAST_CHECK(AskSigner());
  HOLDFAST_TRY(const auto activations, store_.ListActivations(license));
  std::set<std::pair<Bytes, int>> known;
  std::vector<CrlShard> shards;
  for (const ActivationRecord& activation : activations) {
    if (known.emplace(activation.issuer_key_id, activation.shard).second)
      shards.push_back({activation.line, activation.issuer_key_id, activation.shard});
  }
  if (!shards.empty()) return CurrentCrls(actor, shards);
  return Fail(ErrorKind::kNotFound, "licensing.never_activated",
              "license " + license + " was never activated: no revocation list is about it",
              "the answer to its request brings the list along");
}

// One key that is gone must not keep what all others revoke from being published.
Result<CurrentCrlSet> Licensing::CurrentCrls(const std::string& actor, const std::vector<CrlShard>& shards) {
  CurrentCrlSet set;
  for (const CrlShard& shard : shards) {
    auto crl = CurrentCrl(actor, shard);
    if (crl) {
      set.lists.push_back(std::move(*crl));
    } else {
      set.failed.push_back({shard, std::move(crl.error())});
    }
  }
  if (set.lists.empty() && !set.failed.empty()) return tl::unexpected(set.failed.front().error);
  return set;
}

}  // namespace holdfast
