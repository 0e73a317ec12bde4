// The signing service where the keys are. For each order: policy, build the TBS, lint it under a placeholder
// signature (our closed profile, OpenSSL, Botan), then the pipeline: audit intent, sign, verify, assemble,
// audit outcome, release. Nothing leaves whose record is not durable, and nothing reaches the token that a
// lint does not pass. Thread safe; orders from several threads share sessions and disk flushes.
#pragma once

#include <atomic>
#include <map>

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
};

struct IssuerParts {
  std::string vendor;
  IssuancePolicy policy;
  SignerPaths paths;  // for the lists that were signed before, and the root's list
  std::vector<IssuingLine> lines;
  Bytes root_certificate;  // DER
  int workers = 1;         // as many as the tokens have sessions together
  Clock clock;
};

class Issuer : public SigningService {
 public:
  Issuer(IssuerParts parts, std::unique_ptr<AuditLog> audit);
  ~Issuer() override;

  // Errors besides the policy's (policy.*) and the token's (hsm.*): policy.line for a line that is not
  // configured, lint.* (nothing was signed), audit.write (nothing is released). kConflict policy.serial:
  // another license has that serial number already.
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

  // A verified test signature with each key on each idle session. Call it every 15 seconds.
  Status KeepAlive();
  AuditLog& audit() { return *audit_; }

 private:
  const IssuingLine* Current(const std::string& line) const;
  const IssuingLine* ByKeyId(const std::string& line, ByteView key_id) const;
  PolicyContext Context(const IssuingLine& line, const RateWindow& window) const;
  // The context to judge an order by; counts the order against the rate.
  PolicyContext Admit(const IssuingLine& line, RateWindow& window, int limit);
  Result<SigningJob> PrepareLicense(const LicenseOrder& order, const Actor& actor);
  Result<SigningJob> PrepareCrl(const CrlOrder& order, const Actor& actor);
  Result<SigningJob> PrepareMessage(const MessageOrder& order, const Actor& actor);
  Status Lint(const IssuingLine& line, ByteView draft, const CertificateFields& fields, const PublicKey& key);
  Status ClaimSerial(const Bytes& serial, const Bytes& tbs);
  void RecordRefusal(std::string_view kind, std::string_view subject, const Actor& actor, const Error& error);
  Result<Bytes> Run(SigningJob job);

  const IssuerParts parts_;
  std::unique_ptr<AuditLog> audit_;
  std::vector<std::atomic<bool>> linted_;  // by line: all parsers of the lint have read a license of it
  std::mutex mutex_;                       // guards what follows
  RateWindow licenses_, messages_, refusals_;
  std::map<Bytes, Sha256Digest> serials_;  // of the newest licenses: what was signed under the number
  std::vector<Bytes> serial_order_;
  size_t oldest_serial_ = 0;
  std::mutex crl_mutex_;  // one list after the other: each is checked against the one before
  SigningPipeline pipeline_;
};

}  // namespace holdfast::hsm
