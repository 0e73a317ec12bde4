#include "signer/server/licensing/heartbeat_signing.h"

#include "certs/path.h"
#include "protocol/armor.h"
#include "protocol/heartbeat_report.h"

namespace holdfast {
namespace {

Status VerifyAnswer(const SignedHeartbeatAnswer& made, const TrustAnchors& roots) {
  HOLDFAST_TRY(const auto message,
               Certificate::Parse(made.message_certificate, CertificateProfile::kMessage));
  HOLDFAST_TRY(const auto issuing,
               Certificate::Parse(made.issuing_certificate, CertificateProfile::kIssuing));
  HOLDFAST_CHECK(VerifyMessageCertificate(message, issuing, roots));
  if (VerifyJws(made.jws, message.public_key())) return {};
  return Fail(ErrorKind::kUnavailable, "licensing.issuer_changed",
              "the message key was rotated while a heartbeat was being answered", "try again");
}

}  // namespace

Result<MadeHeartbeatAnswer> SignHeartbeatAnswer(SigningService& signer, const IssuerInfo& issuer,
                                                HeartbeatAnswer answer, std::string_view license_file,
                                                const TrustAnchors& roots) {
  HOLDFAST_TRY(const std::string bare, WithoutText(license_file));
  answer.license_file = Sha256(AsBytes(bare));
  HOLDFAST_TRY(const std::string jws, signer.SignMessage({issuer.line, MessageType::kHeartbeatAnswer,
                                                          FormatHeartbeatAnswer(answer)}));
  std::string file =
      ArmorHeartbeatAnswer(jws, answer, issuer.message_certificate, issuer.issuing_certificate, bare);
  HOLDFAST_TRY(SignedHeartbeatAnswer made, ReadHeartbeatAnswerFile(file));
  HOLDFAST_CHECK(VerifyAnswer(made, roots));
  return MadeHeartbeatAnswer{std::move(made.content), std::move(file),
                             ToBytes(ByteView(HeartbeatId(made.jws)))};
}

Status CheckStanding(const std::string& license_file, const ActivationRecord& activation,
                     LicenseStatus status, const TrustAnchors& roots) {
  HOLDFAST_TRY(const auto own, Certificate::Parse(activation.certificate, CertificateProfile::kLicense));
  HOLDFAST_TRY(const LicenseFile parsed, ParseLicenseFile(license_file));
  HOLDFAST_TRY(const VerifiedLicense verified, VerifyLicense(parsed, roots));
  if (verified.license_key.spki() != own.public_key().spki())
    return Refused("licensing.certificate", "the license is for another key");
  if ((verified.revocation == Revocation::kGood) == (status == LicenseStatus::kActive)) return {};
  return Fail(ErrorKind::kConflict, "licensing.certificate",
              "the license's status changed while it was being answered", "try again");
}

}  // namespace holdfast
