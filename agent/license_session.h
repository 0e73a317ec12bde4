// A key in the agent's memory that a license key vouches for, for some hours (protocol/local/session_statement.h).
#pragma once

#include <memory>

#include "certs/path.h"
#include "protocol/local/challenge.h"
#include "protocol/local/session_statement.h"

namespace holdfast {

// Half of its length before it ends a session is renewed, so that a TPM that is busy or silent for hours is not missed.
inline constexpr Seconds kSessionLength = local::kMaxSession, kSessionRenewal = local::kMaxSession / 2;

// When and where a session begins.
struct SessionOccasion {
  std::string boot_id;  // empty: unknown, and there can be no session
  Time now;
};

struct LicenseSession {
  local::SessionStatement statement;
  std::string compact;
  EcPrivateKey key;
};

// One that waits for the license key's signature of `digest`. The session key is fresh, so the signature proves the license key as one over a random
// challenge does.
struct SessionDraft {
  local::SessionStatement statement;
  EcPrivateKey key;
  std::string input;  // of the JWS
  Sha256Digest digest{};
};
// `certificate`: SHA-256 of the license certificate, DER. Check: session.boot_id.
Result<SessionDraft> DraftSession(const VerifiedLicense& license, const Sha256Digest& certificate,
                                  const SessionOccasion& occasion);
LicenseSession FinishSession(SessionDraft draft, ByteView signature);

// It is time for another one: it was begun kSessionRenewal ago, or time was put right to before its beginning.
bool IsDue(const LicenseSession& session, Time now);

// What the agent shows of a license to who challenges it.
struct LicenseProof {
  std::string file;                               // the license file, without text for people
  std::shared_ptr<const LicenseSession> session;  // nullptr: none
  std::string fault;                              // why there is none, or no newer one
};
// Check: challenge.unproven (kUnavailable: there is no session now).
Result<local::SessionProof> ProofAt(const LicenseProof& proof, Time now);

}  // namespace holdfast
