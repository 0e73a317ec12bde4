// The store in one SQLite file: journal in WAL mode, synchronous=FULL, so that what was acknowledged survives
// a power cut; BEGIN IMMEDIATE, so that checks and writes of one change are never split by another process.
#pragma once

#include <memory>

#include "protocol/platform/files.h"
#include "signer/server/store/store.h"

namespace holdfast {

class Database;

class SqliteStore : public Store {
 public:
  static Result<std::unique_ptr<SqliteStore>> Create(const Path& path);  // store.exists
  static Result<std::unique_ptr<SqliteStore>> Open(
      const Path& path);  // store.missing, store.kind, store.schema
  // Also when there is none yet, or only what an interrupted Create left, which holds nothing.
  static Result<std::unique_ptr<SqliteStore>> OpenOrCreate(const Path& path);
  ~SqliteStore() override;

  Result<ProductRecord> PutProduct(const Change& change, const std::string& id,
                                   const std::string& file) override;
  Result<ProductRecord> GetProduct(const std::string& id) override;
  Result<ProductRecord> GetProduct(const std::string& id, int64_t version) override;
  Result<std::vector<ProductRecord>> ListProducts() override;
  Status RemoveProduct(const Change& change, const std::string& id) override;
  Result<std::vector<CustomerRecord>> ListCustomers() override;
  Result<LicenseRecord> AddLicense(const Change& change, const NewLicense& license) override;
  Result<LicenseRecord> GetLicense(const std::string& id) override;
  Result<LicenseRecord> FindLicenseByProductKey(const std::string& key_id) override;
  Result<std::vector<LicenseRecord>> ListLicenses(const std::string& customer) override;
  Result<LicenseRecord> SetLicenseStatus(const Change& change, const std::string& id,
                                         LicenseStatus status) override;
  Result<LicenseRecord> SetLicenseEnd(const Change& change, const std::string& id,
                                      const std::optional<Time>& ends) override;
  Result<LicenseRecord> SetLicensePlan(const Change& change, const std::string& id, const std::string& plan,
                                       int64_t product_version) override;
  Result<ActivationRecord> ReserveActivation(const Change& change,
                                             const ActivationProposal& proposal) override;
  Result<ActivationRecord> RecordIssued(const Change& change, const std::string& activation,
                                        const Bytes& certificate) override;
  Result<Release> ReleaseActivation(const Change& change, const std::string& license,
                                    const std::string& activation) override;
  Result<std::vector<ActivationRecord>> ListActivations(const std::string& license) override;
  Result<std::vector<SightingRecord>> ListSightings(const std::string& license) override;
  Result<std::vector<RepairedActivation>> ListRepairs(const std::string& license) override;
  Result<ActivationRecord> FindActivationBySerial(const Bytes& serial) override;
  Result<ReturnNonceRecord> IssueReturnNonce(const Change& change, const std::string& activation,
                                             const Bytes& nonce) override;
  Result<RecordedReturn> RecordReturn(const Change& change, const NewReturn& proven, bool dry_run) override;
  Result<std::vector<ReturnRecord>> ListReturns(const std::string& license) override;
  Result<std::vector<ReturnNonceRecord>> ListReturnNonces(const std::string& license) override;
  Result<std::vector<HeartbeatRecord>> ListHeartbeats(const std::string& license) override;
  Result<std::optional<HeartbeatRecord>> FindHeartbeat(const std::string& license,
                                                       const Bytes& report_id) override;
  Result<RecordedHeartbeat> RecordHeartbeat(const Change& change, const NewHeartbeat& heartbeat) override;
  Result<LicenseRecord> RecordFork(const Change& change, const ForkRecord& fork) override;
  Result<std::vector<RevokedEntry>> RevokedEntries(const Bytes& issuer_key_id, int shard) override;
  Result<std::optional<CrlRecord>> LatestCrl(const Bytes& issuer_key_id, int shard) override;
  Status RecordCrl(const Change& change, const CrlRecord& crl) override;
  Result<std::vector<CrlShard>> ListShards() override;
  Status RecordEvent(const Change& change, const std::string& action, const std::string& subject,
                     const std::string& detail_json) override;
  Result<std::vector<AuditRecord>> ListAudit(int64_t after_sequence, int limit) override;
  Result<AuditHead> VerifyAudit() override;
  Result<AuditHead> SignerAuditHead() override;
  Status KeepSignerAuditHead(const AuditHead& head) override;
  Status AcceptSignerAuditHead(const Change& change, const AuditHead& head) override;

 private:
  explicit SqliteStore(std::unique_ptr<Database> database);
  std::unique_ptr<Database> database_;
};

}  // namespace holdfast
