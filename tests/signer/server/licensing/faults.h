// A store and a signing service that fail at one chosen point. Every call has two: before it, when nothing
// happened, and after it, when it happened and the caller does not learn so, as after a crash.
#pragma once

#include "signer/server/store/store.h"
#include "signer/signing_service.h"

namespace holdfast::testing {

class FaultPoints {
 public:
  void FailAt(int point) {
    at_ = point;
    count_ = 0;
    hit_ = false;
  }
  bool hit() const { return hit_; }
  // Runs the call; one of its two points may be the chosen one.
  template <class Call>
  auto Run(Call call) -> decltype(call()) {
    if (count_++ == at_) return Crash();
    auto result = call();
    if (count_++ == at_) return Crash();
    return result;
  }

 private:
  tl::unexpected<Error> Crash() {
    hit_ = true;
    return Fail(ErrorKind::kUnavailable, "test.crash", "crashed");
  }
  int at_ = -1, count_ = 0;
  bool hit_ = false;
};

class FaultyStore : public Store {
 public:
  FaultyStore(Store& store, FaultPoints& faults) : store_(store), faults_(faults) {}
  Status RemoveProduct(const Change& c, const std::string& id) override {
    return faults_.Run([&] { return store_.RemoveProduct(c, id); });
  }
  Result<ProductRecord> PutProduct(const Change& c, const std::string& id, const std::string& f) override {
    return faults_.Run([&] { return store_.PutProduct(c, id, f); });
  }
  Result<ProductRecord> GetProduct(const std::string& id) override {
    return faults_.Run([&] { return store_.GetProduct(id); });
  }
  Result<ProductRecord> GetProduct(const std::string& id, int64_t version) override {
    return faults_.Run([&] { return store_.GetProduct(id, version); });
  }
  Result<std::vector<ProductRecord>> ListProducts() override {
    return faults_.Run([&] { return store_.ListProducts(); });
  }
  Result<std::vector<CustomerRecord>> ListCustomers() override {
    return faults_.Run([&] { return store_.ListCustomers(); });
  }
  Result<LicenseRecord> AddLicense(const Change& c, const NewLicense& license) override {
    return faults_.Run([&] { return store_.AddLicense(c, license); });
  }
  Result<LicenseRecord> GetLicense(const std::string& id) override {
    return faults_.Run([&] { return store_.GetLicense(id); });
  }
  Result<LicenseRecord> FindLicenseByProductKey(const std::string& key) override {
    return faults_.Run([&] { return store_.FindLicenseByProductKey(key); });
  }
  Result<std::vector<LicenseRecord>> ListLicenses(const std::string& customer) override {
    return faults_.Run([&] { return store_.ListLicenses(customer); });
  }
  Result<LicenseRecord> SetLicenseStatus(const Change& c, const std::string& id, LicenseStatus s) override {
    return faults_.Run([&] { return store_.SetLicenseStatus(c, id, s); });
  }
  Result<ActivationRecord> ReserveActivation(const Change& c, const ActivationProposal& proposal) override {
    return faults_.Run([&] { return store_.ReserveActivation(c, proposal); });
  }
  Result<ActivationRecord> RecordIssued(const Change& c, const std::string& id, const Bytes& der) override {
    return faults_.Run([&] { return store_.RecordIssued(c, id, der); });
  }
  Result<Release> ReleaseActivation(const Change& c, const std::string& license,
                                    const std::string& id) override {
    return faults_.Run([&] { return store_.ReleaseActivation(c, license, id); });
  }
  Result<std::vector<ActivationRecord>> ListActivations(const std::string& license) override {
    return faults_.Run([&] { return store_.ListActivations(license); });
  }
  Result<ActivationRecord> FindActivationBySerial(const Bytes& serial) override {
    return faults_.Run([&] { return store_.FindActivationBySerial(serial); });
  }
  Result<ReturnNonceRecord> IssueReturnNonce(const Change& c, const std::string& activation,
                                             const Bytes& nonce) override {
    return faults_.Run([&] { return store_.IssueReturnNonce(c, activation, nonce); });
  }
  Result<RecordedReturn> RecordReturn(const Change& c, const NewReturn& proven, bool dry_run) override {
    return faults_.Run([&] { return store_.RecordReturn(c, proven, dry_run); });
  }
  Result<std::vector<ReturnRecord>> ListReturns(const std::string& license) override {
    return faults_.Run([&] { return store_.ListReturns(license); });
  }
  Result<std::vector<ReturnNonceRecord>> ListReturnNonces(const std::string& license) override {
    return faults_.Run([&] { return store_.ListReturnNonces(license); });
  }
  Result<LicenseRecord> SetLicenseEnd(const Change& c, const std::string& id,
                                      const std::optional<Time>& ends) override {
    return faults_.Run([&] { return store_.SetLicenseEnd(c, id, ends); });
  }
  Result<LicenseRecord> SetLicensePlan(const Change& c, const std::string& id, const std::string& plan,
                                       int64_t version) override {
    return faults_.Run([&] { return store_.SetLicensePlan(c, id, plan, version); });
  }
  Result<std::vector<HeartbeatRecord>> ListHeartbeats(const std::string& license) override {
    return faults_.Run([&] { return store_.ListHeartbeats(license); });
  }
  Result<std::optional<HeartbeatRecord>> FindHeartbeat(const std::string& license, const Bytes& id) override {
    return faults_.Run([&] { return store_.FindHeartbeat(license, id); });
  }
  Result<RecordedHeartbeat> RecordHeartbeat(const Change& c, const NewHeartbeat& heartbeat) override {
    return faults_.Run([&] { return store_.RecordHeartbeat(c, heartbeat); });
  }
  Result<LicenseRecord> RecordFork(const Change& c, const ForkRecord& fork) override {
    return faults_.Run([&] { return store_.RecordFork(c, fork); });
  }
  Result<std::vector<SightingRecord>> ListSightings(const std::string& license) override {
    return faults_.Run([&] { return store_.ListSightings(license); });
  }
  Result<std::vector<RepairedActivation>> ListRepairs(const std::string& license) override {
    return faults_.Run([&] { return store_.ListRepairs(license); });
  }
  Result<std::vector<RevokedEntry>> RevokedEntries(const Bytes& issuer, int shard) override {
    return faults_.Run([&] { return store_.RevokedEntries(issuer, shard); });
  }
  Result<std::optional<CrlRecord>> LatestCrl(const Bytes& issuer, int shard) override {
    return faults_.Run([&] { return store_.LatestCrl(issuer, shard); });
  }
  Status RecordCrl(const Change& c, const CrlRecord& crl) override {
    return faults_.Run([&] { return store_.RecordCrl(c, crl); });
  }
  Result<std::vector<CrlShard>> ListShards() override {
    return faults_.Run([&] { return store_.ListShards(); });
  }
  Status RecordEvent(const Change& c, const std::string& a, const std::string& s,
                     const std::string& d) override {
    return faults_.Run([&] { return store_.RecordEvent(c, a, s, d); });
  }
  Result<std::vector<AuditRecord>> ListAudit(int64_t after, int limit) override {
    return faults_.Run([&] { return store_.ListAudit(after, limit); });
  }
  Result<AuditHead> VerifyAudit() override {
    return faults_.Run([&] { return store_.VerifyAudit(); });
  }
  Result<AuditHead> SignerAuditHead() override {
    return faults_.Run([&] { return store_.SignerAuditHead(); });
  }
  Status KeepSignerAuditHead(const AuditHead& head) override {
    return faults_.Run([&] { return store_.KeepSignerAuditHead(head); });
  }
  Status AcceptSignerAuditHead(const Change& c, const AuditHead& head) override {
    return faults_.Run([&] { return store_.AcceptSignerAuditHead(c, head); });
  }

 private:
  Store& store_;
  FaultPoints& faults_;
};

class FaultySigner : public SigningService {
 public:
  FaultySigner(SigningService& signer, FaultPoints& faults) : signer_(signer), faults_(faults) {}
  Result<Bytes> IssueLicense(const LicenseOrder& order) override {
    return faults_.Run([&] { return signer_.IssueLicense(order); });
  }
  Result<Bytes> IssueCrl(const CrlOrder& order) override {
    return faults_.Run([&] { return signer_.IssueCrl(order); });
  }
  Result<std::string> SignMessage(const MessageOrder& order) override {
    return faults_.Run([&] { return signer_.SignMessage(order); });
  }
  Result<SignerStatus> GetStatus() override {
    return faults_.Run([&] { return signer_.GetStatus(); });
  }

 private:
  SigningService& signer_;
  FaultPoints& faults_;
};

}  // namespace holdfast::testing
