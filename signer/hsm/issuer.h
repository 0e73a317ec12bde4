// The signing service where the keys are. For each order: policy, build the TBS, lint it under a placeholder
// signature, then the pipeline: audit intent, sign, verify, assemble, audit outcome, release. Licenses are
// read by our closed profile and OpenSSL's ASN.1 engine, and the first of each line per start also by
// OpenSSL's X.509 and Botan, as every list is. Nothing leaves whose record is not durable, and nothing reaches
// the token that a lint does not pass. Thread safe; orders from several threads share sessions and disk
// flushes.
#pragma once

#include <atomic>

#include "signer/hsm/serial_index.h"
#include "signer/hsm/signer_config.h"
#include "signer/hsm/signing_pipeline.h"
#include "signer/signing_service.h"

namespace holdfast::hsm {

// Who orders: the peer's credentials from the kernel.
struct Actor {
  uint32_t uid = 0;
  int32_t pid = 0;
};

// One generation of a line, certificates and keys together; each key is its certificate's.
struct IssuingLine {
  std::string line;
  int generation = 1;
  Certificate issuing, message;
  IssuerKey issuing_key, message_key;
  bool revoked = false;  // the root's list has the issuing certificate: its lists are signed, nothing else
};

struct IssuerParts {
  std::string vendor;
  IssuancePolicy policy;
  SignerPaths paths;  // for the lists that were signed before, and the root's list
  std::vector<IssuingLine> lines;
  Bytes root_certificate;                   // DER
  int workers = 1;                          // as many as the tokens have sessions together
  SigningBatch::Patience patience{20'000};  // how long an order waits for the HSM
  Clock clock;
};

class Issuer : public SigningService {
 public:
  // `serials` is that of the log.
  Issuer(IssuerParts parts, std::unique_ptr<AuditLog> audit, SerialIndex serials = {});
  ~Issuer() override;

  // Errors besides the policy's (policy.*) and the token's (hsm.*): policy.line for a line that is not
  // configured, policy.revoked when its newest issuing key is revoked (decisions/0059), lint.* (nothing was signed), audit.write
  // (nothing is released). kConflict policy.serial: another license has that serial number already. hsm.down
  // also when the HSM does not answer in time.
  Result<Bytes> IssueLicense(const LicenseOrder& order, const Actor& actor);
  Result<Bytes> IssueCrl(const CrlOrder& order, const Actor& actor);
  Result<std::string> SignMessage(const MessageOrder& order, const Actor& actor);
  Result<SignerStatus> GetStatus() override;
  // One result for each order. Orders are prepared here while earlier ones are being signed.
  std::vector<Result<Bytes>> IssueLicenses(std::span<const LicenseOrder> orders, const Actor& actor);

  // As this process itself.
  Result<Bytes> IssueLicense(const LicenseOrder& order) override { return IssueLicense(order, Self()); }
  Result<Bytes> IssueCrl(const CrlOrder& order) override { return IssueCrl(order, Self()); }
  Result<std::string> SignMessage(const MessageOrder& order) override { return SignMessage(order, Self()); }
  static Actor Self();

  // A verified test signature with each key. Call it every 15 seconds. It does not return while the HSM hangs.
  Status KeepAlive();
  // For what is refused before it is an order. At most 60 refusals a minute are recorded; how many were left
  // out is, with the next record of a refusal, at KeepAlive and at the end.
  void RecordRefusal(std::string_view kind, std::string_view subject, const Actor& actor, const Error& error);
  AuditLog& audit() { return *audit_; }

 private:
  const IssuingLine* Current(const std::string& line) const;  // the newest, unless it is revoked
  Result<const IssuingLine*> ToSignWith(const std::string& line) const;
  Result<const IssuingLine*> ByKeyId(const std::string& line, ByteView key_id) const;
  PolicyContext Context(const IssuingLine& line, const RateWindow& window) const;
  // The context to judge an order by; counts the order against the rate.
  PolicyContext Admit(const IssuingLine& line, RateWindow& window, int limit);
  Result<SigningJob> PrepareLicense(const LicenseOrder& order, const Actor& actor);
  Result<SigningJob> PrepareCrl(const CrlOrder& order, const Actor& actor);
  Result<SigningJob> PrepareMessage(const MessageOrder& order, const Actor& actor);
  Status Lint(const IssuingLine& line, ByteView draft, const CertificateFields& fields, const PublicKey& key);
  Status ClaimSerial(const Bytes& serial, const Bytes& tbs);
  void RecordSuppressed();
  Result<Bytes> Run(SigningJob job);

  const IssuerParts parts_;
  std::unique_ptr<AuditLog> audit_;
  std::vector<std::atomic<bool>> linted_;  // by line: all parsers of the lint have read a license of it
  std::mutex mutex_;                       // guards what follows
  RateWindow licenses_, messages_, refusals_;
  int64_t suppressed_ = 0;  // refusals that are not on record
  SerialIndex serials_;
  std::mutex crl_mutex_;  // one list after the other: each is checked against the one before
  SigningPipeline pipeline_;
};

}  // namespace holdfast::hsm
