// What is revoked, and the lists that were issued.
#include "protocol/base64.h"
#include "signer/server/store/database.h"
#include "signer/server/store/rows.h"
#include "signer/server/store/sqlite_store.h"

namespace holdfast {
namespace {

struct RevokedRow {
  std::string serial, state, status;
  long long state_since = 0, status_since = 0;

  // An activation's own end is final and comes first; a suspension of its license may be lifted again.
  Result<RevokedEntry> Take() const {
    RevokedEntry entry;
    HOLDFAST_TRY(entry.serial, HexDecode(serial));
    entry.date = TimeFromColumn(state_since);
    if (state == "superseded") {
      entry.reason = RevocationReason::kSuperseded;
    } else if (state == "returned") {
      entry.reason = RevocationReason::kCessationOfOperation;
    } else if (state == "revoked") {
      entry.reason = RevocationReason::kPrivilegeWithdrawn;
    } else {
      entry.date = TimeFromColumn(status_since);
      entry.reason =
          status == "revoked" ? RevocationReason::kPrivilegeWithdrawn : RevocationReason::kCertificateHold;
    }
    return entry;
  }
};

}  // namespace

Result<std::vector<RevokedEntry>> SqliteStore::RevokedEntries(const Bytes& issuer_key_id, int shard) {
  return database_->Read<std::vector<RevokedEntry>>([&](soci::session& sql)
                                                        -> Result<std::vector<RevokedEntry>> {
    const std::string issuer = HexEncode(issuer_key_id);
    const long long number = shard;
    std::vector<RevokedEntry> entries;
    RevokedRow row;
    soci::statement statement =
        (sql.prepare << "select serial, state, state_since, licenses.status, licenses.status_since"
                        " from activations join licenses on licenses.id = activations.license"
                        " where issuer_key_id = :issuer and shard = :shard"
                        " and (state in ('superseded', 'revoked', 'returned') or licenses.status <> 'active')"
                        " order by serial",
         soci::use(issuer), soci::use(number), soci::into(row.serial), soci::into(row.state),
         soci::into(row.state_since), soci::into(row.status), soci::into(row.status_since));
    statement.execute();
    while (statement.fetch()) {
      HOLDFAST_TRY(RevokedEntry entry, row.Take());
      entries.push_back(std::move(entry));
    }
    return entries;
  });
}

Result<std::optional<CrlRecord>> SqliteStore::LatestCrl(const Bytes& issuer_key_id, int shard) {
  return database_->Read<std::optional<CrlRecord>>(
      [&](soci::session& sql) -> Result<std::optional<CrlRecord>> {
        const std::string issuer = HexEncode(issuer_key_id);
        const long long of_shard = shard;
        CrlRecord crl{.issuer_key_id = issuer_key_id, .shard = shard};
        std::string der;
        long long number = 0, this_update = 0, next_update = 0;
        sql << "select line, number, this_update, next_update, der from crls"
               " where issuer_key_id = :issuer and shard = :shard order by number desc limit 1",
            soci::use(issuer), soci::use(of_shard), soci::into(crl.line), soci::into(number),
            soci::into(this_update), soci::into(next_update), soci::into(der);
        if (!sql.got_data()) return std::optional<CrlRecord>();
        crl.number = number;
        crl.this_update = TimeFromColumn(this_update);
        crl.next_update = TimeFromColumn(next_update);
        HOLDFAST_TRY(crl.der, Base64Decode(der));
        return std::optional<CrlRecord>(std::move(crl));
      });
}

Status SqliteStore::RecordCrl(const Change& change, const CrlRecord& crl) {
  const auto done = database_->Write<int>([&](soci::session& sql) -> Result<int> {
    const std::string issuer = HexEncode(crl.issuer_key_id), der = Base64Encode(crl.der);
    const long long shard = crl.shard, number = crl.number, this_update = ToColumn(crl.this_update),
                    next_update = ToColumn(crl.next_update);
    long long highest = 0;
    sql << "select coalesce(max(number), 0) from crls where issuer_key_id = :issuer and shard = :shard",
        soci::use(issuer), soci::use(shard), soci::into(highest);
    if (number <= highest)
      return Fail(
          ErrorKind::kConflict, "store.crl_number",
          "revocation list " + std::to_string(number) + " is not newer than " + std::to_string(highest),
          "try again");
    sql << "insert into crls (issuer_key_id, line, shard, number, this_update, next_update, der)"
           " values (:issuer, :line, :shard, :number, :this_update, :next_update, :der)",
        soci::use(issuer), soci::use(crl.line), soci::use(shard), soci::use(number), soci::use(this_update),
        soci::use(next_update), soci::use(der);
    rows::AppendAudit(sql, change, "crl.issue", issuer, {{"shard", shard}, {"number", number}});
    return 0;
  });
  if (!done) return tl::unexpected(done.error());
  return {};
}

Result<std::vector<CrlShard>> SqliteStore::ListShards() {
  return database_->Read<std::vector<CrlShard>>([&](soci::session& sql) -> Result<std::vector<CrlShard>> {
    std::vector<CrlShard> shards;
    std::string line, issuer;
    long long shard = 0;
    soci::statement statement = (sql.prepare << "select distinct line, issuer_key_id, shard from activations"
                                                " order by line, issuer_key_id, shard",
                                 soci::into(line), soci::into(issuer), soci::into(shard));
    statement.execute();
    while (statement.fetch()) {
      HOLDFAST_TRY(Bytes key_id, HexDecode(issuer));
      shards.push_back({line, std::move(key_id), static_cast<int>(shard)});
    }
    return shards;
  });
}

}  // namespace holdfast
