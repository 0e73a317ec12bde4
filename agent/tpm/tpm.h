// What the agent asks of a TPM, one capability per class, so that each user asks for what it needs and never
// for "the TPM". The ESAPI (tss2) is behind it; its headers are not. Handles are flushed before a call
// returns: three transient slots are enough, and several processes may share a resource manager. What the TPM
// says is hostile until checked.
//
// Error checks. For the administrator: tpm.open (no connection), tpm.owner_auth, tpm.endorsement_auth (a
// password is set), tpm.hierarchy (disabled by firmware), tpm.lockout, tpm.nv_space, tpm.nv_conflict (another
// program's index where the gate should be), tpm.no_ek, tpm.pcr_bank (SHA-256 PCRs are off), tpm.unsupported.
// About a license: tpm.cleared (an object does not load here: cleared, or another TPM), tpm.gate (the gate
// has moved: retired). tpm.content_key (a content key was sealed for another TPM). About the ledger: tpm.counter (its counter is gone or was made anew). Of a hard meter: tpm.meter (it is gone, was made anew or is another). tpm.command (kUnavailable) is everything that trying again later may cure, after
// back-off within the call; tpm.answer (kUnavailable) is an answer that is not what the command asked for.
//
// A call blocks while the TPM is silent: ESAPI has no deadline over every TCTI. The caller's own are in
// agent/patient_tpm.h and tools/holdfast/tpm_deadline.h.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/content_key.h"
#include "protocol/request.h"
#include "protocol/secret.h"
#include "protocol/tpm/templates.h"

namespace holdfast {

// Everything public or wrapped that belongs to one license key; kept in the agent's state. TPM2B contents
// without size.
struct KeySet {
  tpm::EkTemplate ek = tpm::EkTemplate::kEccP256;
  Bytes ek_public, srk_public;
  Bytes ak_public, ak_private;
  Bytes license_key_public, license_key_private;
  uint32_t gate_index = 0;
  uint64_t gate_base = 0;
};
std::string FormatKeySet(const KeySet& keys);  // JSON, for the state file
Result<KeySet> ParseKeySet(const Json& json);

// An NV counter of the gate's form, whose authValue keeps other local users from incrementing it.
struct LedgerCounter {
  uint32_t index = tpm::kLedgerCounterIndex;
  Secret auth;
};
inline constexpr size_t kCounterAuthSize = 16;

class Attester {
 public:
  virtual ~Attester() = default;
  // Chooses the best EK with a certificate (P-256, then P-384, then RSA), makes or reuses the gate, makes AK
  // and license key.
  virtual Result<KeySet> CreateKeys(uint32_t gate_index) = 0;
  virtual Result<std::vector<Bytes>> EkCertificates(
      const KeySet& keys) = 0;                               // EK certificate first; empty when there is none
  virtual Result<Bytes> GatePublic(const KeySet& keys) = 0;  // TPMS_NV_PUBLIC
  // `counter`: the ledger's, which the license will be pinned to. Checks: tpm.gate, tpm.counter.
  virtual Result<RequestEvidence> Attest(const KeySet& keys, const LedgerCounter& counter,
                                         const Sha256Digest& qualifying_data) = 0;
};

class CredentialOpener {
 public:
  virtual ~CredentialOpener() = default;
  // TPM2_ActivateCredential with the AK: whoever can do it has proven the AK, and by its attests the rest.
  // encrypted_key = TPM2B_ID_OBJECT || TPM2B_ENCRYPTED_SECRET. Check: tpm.credential (kRefused) when it was not
  // made for this TPM and AK.
  virtual Result<Secret> ActivateCredential(const KeySet& keys, ByteView encrypted_key) = 0;
};

class LicenseKeySigner {
 public:
  virtual ~LicenseKeySigner() = default;
  // ECDSA over a SHA-256 digest under the gate policy: r || s.
  virtual Result<Bytes> Sign(const KeySet& keys, const Sha256Digest& digest) = 0;
};

// 32 octets that only this TPM gives back, until it is cleared: a KEYEDHASH object under the SRK. What is in it root can
// ask the TPM for; no other machine can.
struct SealedKey {
  Bytes srk_public;
  Bytes public_area;   // TPMT_PUBLIC
  Bytes private_area;  // TPM2B_PRIVATE without size
};
inline constexpr size_t kSealedKeySize = 32;

// What authenticates the agent's ledger and dates it (agent/ledger). Reading goes through a session that is salted to the SRK, so
// that who sits on the bus can neither read the key nor alter what the TPM says.
class LedgerAnchor {
 public:
  virtual ~LedgerAnchor() = default;
  virtual Result<SealedKey> Seal(const Secret& key) = 0;
  // Is there an index at the counter's place? A counter that was defined and never incremented, as an interruption leaves it, has dated nothing and
  // is none.
  virtual Result<bool> HasCounter(uint32_t index) = 0;
  // Its first value. A counter that is there already is deleted first: the new one begins above it. Checks: tpm.nv_conflict
  // (it is not of this form), tpm.owner_auth, tpm.nv_space.
  virtual Result<uint64_t> CreateCounter(const LedgerCounter& counter) = 0;
  struct Reading {
    Secret key;
    std::optional<uint64_t> counter;  // absent: it was deleted, or made anew by somebody else
    tpm::ClockInfo clock;
  };
  // Check: tpm.cleared (not this TPM's key).
  virtual Result<Reading> Read(const SealedKey& key, const LedgerCounter& counter) = 0;
  // Increments the counter to `to`, from one below. Check: tpm.counter, also when it is anywhere else: something else increments it. After
  // an answer that was lost it may have moved: Read tells.
  virtual Status Advance(const LedgerCounter& counter, uint64_t to) = 0;
  virtual Result<tpm::ClockInfo> ReadClock() = 0;
};

class ContentKeyOpener {
 public:
  virtual ~ContentKeyOpener() = default;
  // The key inside, as long as the gate is at the base of `keys`. Checks: tpm.content_key (kRefused: not sealed for this TPM and this
  // gate), tpm.gate, tpm.cleared.
  virtual Result<Secret> OpenContentKey(const KeySet& keys, const SealedContentKey& key) = 0;
};

class CounterWitness {
 public:
  virtual ~CounterWitness() = default;
  // The AK attests what the ledger's counter stands at (NV_Certify). Checks: tpm.counter, tpm.cleared.
  virtual Result<SignedAttest> AttestCounter(const KeySet& keys, const LedgerCounter& counter,
                                             const Sha256Digest& qualifying_data) = 0;
};

// A hard meter: two NV indexes (protocol/tpm/templates.h) that count `max` units once.
struct HardMeter {
  uint32_t counter_index = 0;
  uint64_t base = 0;  // the counter's value at which it is charged
  uint32_t max = 0;
};
// Every unit moves the meter, which stops at `max`, and then the counter, which never comes back: so a meter that is written a second time, by a
// session that was authorised before the counter moved, gains nothing (docs/decisions/0100). Reading and counting goes through a session
// that is salted to the SRK of `keys`.
class HardMeters {
 public:
  virtual ~HardMeters() = default;
  // For a request: makes counter and meter where they are missing, and returns what the counter stands at. Nothing: the TPM has no such
  // indexes, or no space for them, and nothing is left behind.
  virtual Result<std::optional<uint64_t>> PrepareMeter(uint32_t counter_index) = 0;
  // The AK attests what the counter stands at (NV_Certify). Checks: tpm.meter, tpm.cleared.
  virtual Result<SignedAttest> AttestMeter(const KeySet& keys, uint32_t counter_index,
                                           const Sha256Digest& qualifying_data) = 0;
  // Writes the meter: none used, `max` to use; then the counter moves on. Done again, or done after a crash at any moment, it charges once. Success
  // also when the counter has moved by something else: MeterUsed tells. Checks: tpm.meter (the counter is gone or below `base`), tpm.nv_space,
  // tpm.nv_conflict, tpm.owner_auth.
  virtual Status ChargeMeter(const HardMeter& meter) = 0;
  // Removes both, where they are of this form, so that their space is free.
  virtual Status DropMeter(uint32_t counter_index) = 0;
  // The units that are used, 0 to `max`. Check: tpm.meter (kRefused: not the meter that was charged).
  virtual Result<int64_t> MeterUsed(const KeySet& keys, const HardMeter& meter) = 0;
  struct Use {
    bool granted = false;  // false: fewer are left, and nothing was used
    int64_t used = 0;      // now
  };
  // Uses up `amount` units, at least one. Counted first: after an error, or when the process is killed, some of them may be used without
  // having been granted. Checks: as of MeterUsed.
  virtual Result<Use> UseMeter(const KeySet& keys, const HardMeter& meter, int64_t amount) = 0;
};

class Retirer {
 public:
  virtual ~Retirer() = default;
  // Ends the license key, and all others under the same gate, for good: the gate moves past the base of `keys`. Then the
  // AK attests the gate's value (NV_Certify). Done again, it only attests anew. An AK that cannot be loaded, so
  // that nothing could be attested, is found before the gate moves (tpm.cleared).
  virtual Result<SignedAttest> Retire(const KeySet& keys, const Sha256Digest& qualifying_data) = 0;
};

struct TpmOptions {
  // Waits between attempts when the TPM says "later" (RETRY, NV_RATE and such): doubling, about 10 s in all.
  // For tests that must not wait; empty means to sleep.
  std::function<void(std::chrono::milliseconds)> sleep;
  // Called before each ESAPI command and after it, whatever came of it: for measurements.
  enum class Event { kCommand, kAnswer };
  std::function<void(Event)> observe;
};

class Tpm : public Attester,
            public CredentialOpener,
            public LicenseKeySigner,
            public ContentKeyOpener,
            public CounterWitness,
            public HardMeters,
            public Retirer,
            public LedgerAnchor {
 public:
  // A TCTI string of tpm2-tss ("device:/dev/tpmrm0", "tabrmd", "swtpm:host=127.0.0.1,port=2321"); connected
  // on first use, again after a lost connection, and released by Release(), so that a TPM without resource
  // manager can be shared in turns. Not thread safe.
  static Result<std::unique_ptr<Tpm>> Open(const std::string& tcti, TpmOptions options = {});
  virtual void Release() = 0;
  // Manufacturer, vendor string, firmware: for diagnostics.
  virtual Result<std::map<std::string, std::string>> Properties() = 0;
};

}  // namespace holdfast
