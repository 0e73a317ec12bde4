// What the vendor does with licenses: sells them, answers activation requests, suspends, revokes, publishes
// what is revoked. The command line and the later HTTP server both stand on this; policy and state are the
// store's and the product files', keys are behind the signing service.
//
// Every method may be repeated after a failure or crash at any point: what was done is found again, nothing
// is done twice. Thread safe when the store and the signing service are.
#pragma once

#include "certs/license_file.h"
#include "protocol/platform/clock.h"
#include "protocol/terms.h"
#include "signer/server/licensing/applicant.h"
#include "signer/server/licensing/content_keys.h"
#include "signer/server/licensing/ek_policy.h"
#include "signer/server/store/store.h"
#include "signer/signing_service.h"

namespace holdfast {

struct LicensingSettings {
  std::string vendor;              // in product keys, requests and terms; at most 64 characters
  std::string key_prefix = "NLS";  // of product keys
  TrustAnchors roots;              // what every license must verify to before it leaves
  EkRootBundle ek_roots;
  EkPolicy ek_policy;
  ContentKeys content_keys;
  Seconds perpetual_validity{3650 * 86400};  // of the certificate of a license that never expires
  Seconds crl_lifetime{30 * 86400};          // thisUpdate to nextUpdate
  Seconds crl_refresh{86400};                // a list this old is replaced although nothing changed
};

struct Sale {
  std::string product, plan, customer;
  int64_t activation_limit = 1;
};

struct SoldLicense {
  LicenseRecord license;
  std::string product_key;  // a secret, kept nowhere
};

struct AnsweredRequest {
  std::string file;  // the sealed answer, armored
  ActivationRecord activation;
  AssuranceClass assurance = AssuranceClass::kHwTpm;
  std::vector<std::string> notes;                   // names of AppraisalNote, and of notes_of_place.h
  bool repeated = false;                            // the request was answered before
  std::optional<RepairedActivation> repaired = {};  // whose place it took
  LicenseRecord license = {};                       // after it
};

struct AnsweredHeartbeat;  // heartbeats.h
struct HeartbeatOptions;
struct Heartbeat;     // protocol/heartbeat_report.h
struct Reporter;      // reporter.h
struct LicensedHost;  // sold_plan.h

struct FailedCrl {
  CrlShard shard;
  Error error;
};
struct CurrentCrlSet {
  std::vector<CrlRecord> lists;
  std::vector<FailedCrl> failed;  // shards whose list could not be made: others are not held up by them
};

class Licensing {
 public:
  Licensing(Store& store, SigningService& signer, LicensingSettings settings, Clock clock)
      : store_(store), signer_(signer), settings_(std::move(settings)), clock_(std::move(clock)) {}

  // `actor` is who asks, for the audit log: "cli:alice".
  // Checks: those of ParseProductFile, licensing.identifier, licensing.offline_window (a plan's is shorter than an hour; files that were
  // added before stay good).
  Result<ProductRecord> AddProduct(const std::string& actor, const std::string& id, const std::string& file);

  // Checks: store.product, licensing.plan, licensing.customer, licensing.activations, those of AskSigner,
  // licensing.line, licensing.issuer_revoked.
  // Signs before it stores: when the store fails, the key was never seen by anybody.
  Result<SoldLicense> Sell(const std::string& actor, const Sale& sale);

  // Checks, in this order: those of ReadAnyRequestFile, licensing.vendor, licensing.product_key (no license with
  // this key), those of Appraise or AppraiseHost, of AskSigner, licensing.expired (kDenied), licensing.line,
  // licensing.issuer_revoked, licensing.issuer_lifetime, those of ContentKeys::Read, of Store::ReserveActivation, ledger.<what> among
  // them, of the signer, licensing.issuer_changed (try again), licensing.certificate (it is not what was
  // ordered), those of VerifyLicense.
  Result<AnsweredRequest> Answer(const std::string& actor, std::string_view request_file);

  // The vendor's side of a heartbeat; heartbeats.h has its checks.
  Result<AnsweredHeartbeat> AnswerHeartbeat(const std::string& actor, std::string_view report_file,
                                            const HeartbeatOptions& options);

  // The signer's status, which every order begins with. Its audit log must not be shorter than it was seen
  // here, nor end otherwise; then how far it goes is kept. Checks: those of the signer, licensing.signer_audit.
  Result<SignerStatus> AskSigner();

  // Takes effect for a host with the next list that it gets. Checks: those of Store::SetLicenseStatus.
  Result<LicenseRecord> SetStatus(const std::string& actor, const std::string& license, LicenseStatus status);

  // The list of every shard, and of every issuing key in use that has none yet, renewed where it is old or
  // wrong. When no list at all could be made, the first error.
  Result<CurrentCrlSet> CurrentCrls(const std::string& actor);
  // Only those that certificates of this license name. Check: licensing.never_activated (kNotFound).
  Result<CurrentCrlSet> CurrentCrlsOf(const std::string& actor, const std::string& license);

 private:
  struct Entitlement {  // what the request's product key was sold for
    LicenseRecord license;
    std::string line;
    Plan plan;
  };
  Change ChangeBy(const std::string& actor) const { return {clock_(), actor}; }
  Result<Entitlement> FindEntitlement(const RequestHead& content);
  Result<Entitlement> EntitlementOf(LicenseRecord license);
  Result<Applicant> Admit(const ActivationRequest& request, const Entitlement& entitlement);
  Result<Applicant> Admit(const HostRequest& request, const Entitlement& entitlement);
  // What an activation for such a host is, whoever asks. Checks: licensing.expired, licensing.line, licensing.issuer_revoked,
  // licensing.issuer_lifetime.
  Result<ActivationProposal> ProposalFor(const Entitlement& entitlement, const LicensedHost& host,
                                         const SignerStatus& status) const;
  // The content keys that terms name, sealed to the applicant.
  Result<SealedContentKeys> SealKeys(const std::string& terms_json, const Applicant& applicant) const;
  Result<ActivationProposal> Propose(const Entitlement& entitlement, const AnyRequest& request,
                                     const Applicant& applicant, const SignerStatus& status) const;
  Result<ActivationRecord> Issue(const std::string& actor, const ActivationRecord& reserved,
                                 const Entitlement& entitlement, const PublicKey& license_key,
                                 const SignerStatus& status);
  Result<std::string> PackLicense(const std::string& actor, const ActivationRecord& issued,
                                  const PublicKey& license_key, const SignerStatus& status);
  // The license file with the newest lists, whatever they say.
  Result<std::string> PackFile(const std::string& actor, const ActivationRecord& issued,
                               const SignerStatus& status);
  Result<AnsweredHeartbeat> AnswerOnce(const std::string& actor, const Heartbeat& heartbeat,
                                       const HeartbeatOptions& options);
  Status MeetFork(const std::string& actor, AnsweredHeartbeat& answered, const Reporter& reporter,
                  bool dry_run);
  // The activation whose certificate the host should have now: the one that it has, or one that is issued for it.
  Result<ActivationRecord> Refresh(const std::string& actor, const Reporter& reporter,
                                   const AnsweredHeartbeat& answered, const tpm::ClockInfo& clock,
                                   const SignerStatus& status, bool dry_run);
  // Its id.
  Result<Bytes> SignAnswer(const std::string& actor, AnsweredHeartbeat& answered, const SignerStatus& status,
                           const HeartbeatOptions& options);
  Result<CrlRecord> CurrentCrl(const std::string& actor, const CrlShard& shard);
  Result<CurrentCrlSet> CurrentCrls(const std::string& actor, const std::vector<CrlShard>& shards);
  Result<CrlRecord> IssueCrl(const std::string& actor, const CrlShard& shard, int64_t number);
  int64_t NextNumber(int64_t above) const;
  // Does the list still say what it must, and will it for a while?
  Result<bool> IsCurrent(const CrlRecord& crl);

  Store& store_;
  SigningService& signer_;
  LicensingSettings settings_;
  Clock clock_;
};

Result<AuditHead> SignerAuditHeadOf(const SignerStatus& status);
// Can a log that ended at `seen` end at `now`? licensing.signer_audit (kRefused). A longer log is believed: that it
// holds the record that was seen, `holdfast-signer audit verify --checkpoint` tells, which reads it.
Status CheckSignerAudit(const AuditHead& seen, const AuditHead& now);

// 128 random bits as 32 hex digits.
std::string NewRecordId();

// Key ids of the issuing keys that are on the root's list.
Result<std::vector<Bytes>> RevokedIssuers(const SignerStatus& status);
// The issuing key that signs for a line now; or the one of a key id, current or not. Check: licensing.line; of the
// first also licensing.issuer_revoked (kConflict): what it signed now would be good nowhere.
Result<IssuerInfo> CurrentIssuer(const SignerStatus& status, const std::string& line);
Result<IssuerInfo> IssuerByKeyId(const SignerStatus& status, const Bytes& key_id);

}  // namespace holdfast
