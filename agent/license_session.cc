#include "agent/license_session.h"

#include "protocol/local/ec_point.h"

namespace holdfast {

Result<SessionDraft> DraftSession(const VerifiedLicense& license, const Sha256Digest& certificate,
                                  const SessionOccasion& occasion) {
  if (occasion.boot_id.empty())
    return Fail(ErrorKind::kUnavailable, "session.boot_id", "the id of this boot cannot be read",
                "let the agent read /proc/sys/kernel/random/boot_id");
  HOLDFAST_TRY(EcPrivateKey key, EcPrivateKey::Generate());
  const LicenseTerms& terms = license.terms;
  local::SessionStatement statement;
  statement.vendor = terms.vendor;
  statement.product = terms.product;
  statement.license = terms.license;
  statement.serial = license.serial;
  statement.certificate = certificate;
  statement.session_key = local::EcPointOf(key.public_key());
  statement.boot_id = occasion.boot_id;
  statement.begins = occasion.now;
  statement.ends = occasion.now + kSessionLength;
  std::string input = JwsSigningInput(MessageType::kSession, SignatureAlgorithm::kEcdsaSha256, {},
                                      local::FormatSessionStatement(statement));
  const Sha256Digest digest = Sha256(AsBytes(input));
  return SessionDraft{std::move(statement), std::move(key), std::move(input), digest};
}

LicenseSession FinishSession(SessionDraft draft, ByteView signature) {
  return {std::move(draft.statement), FinishJws(draft.input, signature), std::move(draft.key)};
}

bool IsDue(const LicenseSession& session, Time now) {
  return now < session.statement.begins || now - session.statement.begins >= kSessionRenewal;
}

Result<local::SessionProof> ProofAt(const LicenseProof& proof, Time now) {
  const LicenseSession* session = proof.session.get();
  if (session != nullptr && now >= session->statement.begins && now <= session->statement.ends)
    return local::SessionProof{proof.file, session->compact, session->key};
  return Fail(
      ErrorKind::kUnavailable, "challenge.unproven",
      "the license key has not vouched for the agent" + (proof.fault.empty() ? "" : ": " + proof.fault),
      "try again; holdfast status says more");
}

}  // namespace holdfast
