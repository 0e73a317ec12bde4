// The answer to a heartbeat, signed by the message key of the license's line, with the license file that it brings.
#pragma once

#include "certs/license_file.h"
#include "protocol/heartbeat_answer.h"
#include "signer/server/store/records.h"
#include "signer/signing_service.h"

namespace holdfast {

struct MadeHeartbeatAnswer {
  HeartbeatAnswer content;
  std::string file;
  Bytes id;  // HeartbeatId
};

// Sets answer.license_file. The file is read as the host will read it, and verified to a root, before it is given out. Checks: those of WithoutText, of
// the signer, of ReadHeartbeatAnswerFile and VerifyMessageCertificate, licensing.issuer_changed (kUnavailable: try again).
Result<MadeHeartbeatAnswer> SignHeartbeatAnswer(SigningService& signer, const IssuerInfo& issuer,
                                                HeartbeatAnswer answer, std::string_view license_file,
                                                const TrustAnchors& roots);

// The license file leads to a root, is for the key of the activation, and its list says what the status is. Check: licensing.certificate (kConflict when the
// list says otherwise), those of VerifyLicense.
Status CheckStanding(const std::string& license_file, const ActivationRecord& activation,
                     LicenseStatus status, const TrustAnchors& roots);

}  // namespace holdfast
