// The vendor as the witness of the signer's audit log: a log that was cut off or begun anew shows here.
#include "signer/server/licensing/licensing.h"

namespace holdfast {

Result<AuditHead> SignerAuditHeadOf(const SignerStatus& status) {
  AuditHead head{.sequence = status.audit_sequence};
  HOLDFAST_TRY(head.hash, HexDecode(status.audit_head));
  return head;
}

Status CheckSignerAudit(const AuditHead& seen, const AuditHead& now) {
  const bool shorter = now.sequence < seen.sequence;
  if (!shorter && (now.sequence > seen.sequence || now.hash == seen.hash)) return {};
  return Refused("licensing.signer_audit",
                 shorter ? "the signer's audit log ends at record " + std::to_string(now.sequence) +
                               ", but record " + std::to_string(seen.sequence) + " of it was seen before"
                         : "record " + std::to_string(now.sequence) +
                               " of the signer's audit log is another one than was seen before",
                 "find out who touched it and restore it from a backup; if it is lost for good, see "
                 "`holdfast-vendor audit accept`");
}

Result<SignerStatus> Licensing::AskSigner() {
  // What was seen comes first: others may order meanwhile, and what the signer says then is only newer.
  HOLDFAST_TRY(const AuditHead seen, store_.SignerAuditHead());
  HOLDFAST_TRY(SignerStatus status, signer_.GetStatus());
  HOLDFAST_TRY(const AuditHead now, SignerAuditHeadOf(status));
  HOLDFAST_CHECK(CheckSignerAudit(seen, now));
  if (now.sequence > seen.sequence) HOLDFAST_CHECK(store_.KeepSignerAuditHead(now));
  return status;
}

}  // namespace holdfast
