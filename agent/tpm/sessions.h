// Authorisation sessions. Each is used once, without continueSession, so that the TPM closes it with the
// command that used it: call Ended() on success. On every other path the Handle flushes it.
#pragma once

#include "agent/tpm/connection.h"
#include "protocol/tpm/templates.h"

namespace holdfast::tpm {

// A policy session that authorises one use of an EK: PolicySecret(endorsement), and for P-384 in a SHA-384
// session then PolicyOR(PolicyA, PolicyC) (EK Credential Profile 2.x, B.6).
Result<Handle> EkPolicySession(Connection& tpm, EkTemplate ek);

// A policy session that authorises one use of the license key: PolicyNV(gate == base). Check: tpm.gate.
Result<Handle> GatePolicySession(Connection& tpm, const Handle& gate, uint64_t base);

// A policy session for assertions of which only one is wanted in itself, such as a count: it is flushed and authorises nothing.
Result<Handle> PolicySession(Connection& tpm);

// An HMAC session salted to the EK or the SRK, whose public area was compared with the pinned one: who sits on the bus
// can neither read the encrypted answer nor alter it unseen.
Result<Handle> SaltedSession(Connection& tpm, const Handle& key,
                             TPMA_SESSION attributes = TPMA_SESSION_ENCRYPT);

}  // namespace holdfast::tpm
