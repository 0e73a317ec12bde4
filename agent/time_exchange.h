// Time by file: the vendor is asked what time it is, and his answer is installed, which may set time back (time/repaired_time.h). Both functions
// want the state directory's lock held by the caller.
#pragma once

#include "agent/activation.h"
#include "agent/ledger/books.h"

namespace holdfast {

struct TimeKeeper {
  OwnedTime& time;
  Books& books;
};

struct TimeRequestOutcome {
  std::string product, license;
  Time believed;
  std::string file;  // armored
};
// The nonce in the file is the one that an answer is waited for, from before this returns; an earlier request is of no use any more.
// Checks: time_request.nothing (kNotFound: no license is installed whose vendor could be asked), time_request.product (kUsage: there are several), time_request.vendors
// (kRefused: of several vendors, of whom none may set the host's time back), those of
// Books::AskTime.
Result<TimeRequestOutcome> AskForTime(const std::string& product, Tpm& tpm, const StateDirectory& state,
                                      const TrustAnchors& anchors, const TimeKeeper& keeper);

// Checks: those of ReadSignedMessageFile and VerifyMessage; time_answer.license (kRefused: it is for a license that is not installed here), those of
// Books::SetTime.
Result<InstallOutcome> InstallTimeAnswer(std::string_view file_text, Tpm& tpm, const StateDirectory& state,
                                         const TrustAnchors& anchors, const TimeKeeper& keeper);

}  // namespace holdfast
