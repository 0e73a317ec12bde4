// What only an operator decides about the audit log. The signer's lock must be held; each is on record in the
// log itself.
#pragma once

#include "signer/hsm/audit_log.h"

namespace holdfast::hsm {

// Begins a new log where the old one is lost, with a record "restarted" that names who did it and, if it is
// still there, the checkpoint of the lost log. Checks: audit.exists (kConflict) when there is a log, audit.head
// (kConflict) when the checkpoint is damaged, which is not taken away.
Result<AuditHead> RestartAuditLog(const Path& file, const Clock& clock);

// Says that the clock is right although the log has later times: it was ahead, and that is mended. Signing
// goes on, as if nothing had been recorded later than now. Where nothing was, nothing is changed.
struct AcceptedClock {
  AuditHead head;
  bool needed = false;
};
Result<AcceptedClock> AcceptClock(const Path& file, const Clock& clock);

}  // namespace holdfast::hsm
