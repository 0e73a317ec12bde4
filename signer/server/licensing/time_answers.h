// The vendor's side of a time answer: a host whose clock is ahead of the time asks what time it is.
#pragma once

#include "protocol/time_answer.h"
#include "signer/server/licensing/licensing.h"

namespace holdfast {

struct AnsweredTime {
  LicenseMessage request, answer;
  ActivationRecord activation;
  std::string file;  // for the host
};

// Says to the host of an activation that it is `change.at`. Whoever asks is answered: he gets nothing but the time, and on the host that has the
// nonce. The store's audit log has it before anybody else has.
// Checks: those of ReadMessageFile, time_request.vendor (kRefused), time_request.license (kNotFound: no activation of that license has the serial
// number), licensing.line, licensing.issuer_revoked, those of SignForHost and of the store.
Result<AnsweredTime> AnswerTime(Store& store, SigningService& signer, const SignerStatus& status,
                                const std::string& vendor, const Change& change,
                                std::string_view request_file);

}  // namespace holdfast
