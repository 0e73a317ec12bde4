#include "agent/tpm/return_code.h"

#include <tss2/tss2_rc.h>
#include <tss2/tss2_tpm2_types.h>

#include <cstdio>

namespace holdfast::tpm {
namespace {

struct Meaning {
  uint32_t base;
  Subject subject;  // kAny: whatever the command was about
  ErrorKind kind;
  const char* check;
  const char* message;
  const char* advice;
};

constexpr const char* kReactivate =
    "make a new activation request on this machine; the vendor decides whether to move the license";
constexpr const char* kRetired =
    "the license on this machine was returned or its counter was tampered with: request a new activation";
constexpr const char* kOtherReply =
    "install the answer on the machine and with the state directory that made the request, or request again";
constexpr const char* kOtherAnswer =
    "install the vendor's answer to the request of this machine; if it comes again, tell the vendor";
constexpr const char* kNoOwnerPassword =
    "remove the password (tpm2_changeauth -c owner -p PASSWORD) for good, or make the SRK persistent at "
    "0x81000001 "
    "first: without one the agent needs the owner hierarchy at each start, not only for the activation";
constexpr const char* kNoEndorsementPassword =
    "remove the password (tpm2_changeauth -c endorsement -p PASSWORD) until the license is installed, then "
    "run the "
    "command again";
constexpr const char* kFirmware =
    "enable the TPM's storage and endorsement hierarchies in the firmware setup and restart";
constexpr const char* kAskVendor =
    "restart the agent; then make a new request on this machine (holdfast request --new) and send it to the "
    "vendor";
constexpr const char* kNewEk = "use a TPM 2.0 that has an endorsement key on P-256, P-384 or RSA-2048";
constexpr const char* kOtherIndex =
    "find the program that uses this NV index (tpm2_nvreadpublic) and remove the index, then run the command "
    "again";
constexpr const char* kLostMeter =
    "its units cannot be told any more: ask the vendor, who can end this activation, and make a new request "
    "(holdfast request --new)";
constexpr const char* kFreeNv =
    "list NV indexes with tpm2_nvreadpublic and undefine those that no program uses";
constexpr const char* kWait =
    "wait for the TPM's lockout time to pass or clear the lockout with its password";
constexpr const char* kLedgerCounts =
    "use a TPM of revision 1.38 or later; without, the agent's ledger counts";
constexpr const char* kRestart =
    "restart the machine with power off in between; if it comes again the TPM or its firmware is broken";

using enum ErrorKind;
constexpr Meaning kMeanings[] = {
    {TPM2_RC_LOCKOUT, Subject::kAny, kUnavailable, "tpm.lockout", "the TPM is in dictionary attack lockout",
     kWait},
    {TPM2_RC_HIERARCHY, Subject::kAny, kConflict, "tpm.hierarchy", "a hierarchy of the TPM is disabled",
     kFirmware},
    {TPM2_RC_FAILURE, Subject::kAny, kUnavailable, "tpm.command", "the TPM is in failure mode", kRestart},
    {TPM2_RC_INITIALIZE, Subject::kAny, kUnavailable, "tpm.command", "the firmware has not started the TPM",
     kRestart},
    {TPM2_RC_REBOOT, Subject::kAny, kUnavailable, "tpm.command", "the TPM wants a restart", kRestart},
    {TPM2_RC_COMMAND_CODE, Subject::kAny, kConflict, "tpm.unsupported", "the TPM does not have this command",
     "update the TPM's firmware or use another TPM 2.0"},
    {TPM2_RC_OBJECT_MEMORY, Subject::kAny, kUnavailable, "tpm.command",
     "other programs have filled the TPM's slots for keys",
     "use the resource manager device:/dev/tpmrm0, or free the slots with tpm2_flushcontext -t"},
    {TPM2_RC_SESSION_MEMORY, Subject::kAny, kUnavailable, "tpm.command",
     "other programs have filled the TPM's slots for sessions",
     "use the resource manager device:/dev/tpmrm0, or free the slots with tpm2_flushcontext -l"},

    {TPM2_RC_BAD_AUTH, Subject::kOwner, kConflict, "tpm.owner_auth",
     "the owner hierarchy or the SRK has a password", kNoOwnerPassword},
    {TPM2_RC_AUTH_FAIL, Subject::kOwner, kConflict, "tpm.owner_auth",
     "the owner hierarchy or the SRK has a password", kNoOwnerPassword},
    {TPM2_RC_BAD_AUTH, Subject::kEndorsement, kConflict, "tpm.endorsement_auth",
     "the endorsement hierarchy has a password", kNoEndorsementPassword},
    {TPM2_RC_AUTH_FAIL, Subject::kEndorsement, kConflict, "tpm.endorsement_auth",
     "the endorsement hierarchy has a password", kNoEndorsementPassword},
    {TPM2_RC_CURVE, Subject::kEndorsement, kConflict, "tpm.no_ek", "the TPM cannot make this endorsement key",
     kNewEk},
    {TPM2_RC_VALUE, Subject::kEndorsement, kConflict, "tpm.no_ek", "the TPM cannot make this endorsement key",
     kNewEk},
    {TPM2_RC_TYPE, Subject::kEndorsement, kConflict, "tpm.no_ek", "the TPM cannot make this endorsement key",
     kNewEk},
    {TPM2_RC_ASYMMETRIC, Subject::kEndorsement, kConflict, "tpm.no_ek",
     "the TPM cannot make this endorsement key", kNewEk},
    {TPM2_RC_KEY_SIZE, Subject::kEndorsement, kConflict, "tpm.no_ek",
     "the TPM cannot make this endorsement key", kNewEk},

    {TPM2_RC_INTEGRITY, Subject::kKey, kRefused, "tpm.cleared",
     "a key of this license does not load: the TPM was cleared, or it is another TPM", kReactivate},

    {TPM2_RC_NV_SPACE, Subject::kAny, kConflict, "tpm.nv_space", "the TPM has no NV space or counter left",
     kFreeNv},
    {TPM2_RC_BAD_AUTH, Subject::kNewGate, kConflict, "tpm.nv_conflict", "the gate index has a password",
     kOtherIndex},
    {TPM2_RC_AUTH_FAIL, Subject::kNewGate, kConflict, "tpm.nv_conflict", "the gate index has a password",
     kOtherIndex},
    {TPM2_RC_NV_LOCKED, Subject::kNewGate, kConflict, "tpm.nv_conflict", "the gate index is locked",
     kOtherIndex},
    {TPM2_RC_NV_DEFINED, Subject::kAny, kConflict, "tpm.nv_conflict", "the NV index was defined meanwhile",
     "run the command again"},

    {TPM2_RC_POLICY, Subject::kGate, kRefused, "tpm.gate", "the gate counter has moved", kRetired},
    {TPM2_RC_POLICY_FAIL, Subject::kGate, kRefused, "tpm.gate",
     "the gate counter is not the one of this license", kRetired},
    {TPM2_RC_NV_UNINITIALIZED, Subject::kGate, kRefused, "tpm.gate",
     "the gate counter was deleted and made anew", kRetired},
    {TPM2_RC_HANDLE, Subject::kGate, kRefused, "tpm.gate", "the gate counter was deleted", kRetired},
    {TPM2_RC_BAD_AUTH, Subject::kGate, kRefused, "tpm.gate", "the gate counter was made anew with a password",
     kRetired},
    {TPM2_RC_AUTH_FAIL, Subject::kGate, kRefused, "tpm.gate",
     "the gate counter was made anew with a password", kRetired},
    {TPM2_RC_NV_LOCKED, Subject::kGate, kRefused, "tpm.gate", "the gate counter is locked", kRetired},

    {TPM2_RC_HANDLE, Subject::kCounter, kRefused, "tpm.counter", "the ledger's counter was deleted",
     kAskVendor},
    {TPM2_RC_NV_UNINITIALIZED, Subject::kCounter, kRefused, "tpm.counter",
     "the ledger's counter was deleted and made anew", kAskVendor},
    {TPM2_RC_BAD_AUTH, Subject::kCounter, kRefused, "tpm.counter",
     "the ledger's counter was made anew with another password", kAskVendor},
    {TPM2_RC_AUTH_FAIL, Subject::kCounter, kRefused, "tpm.counter",
     "the ledger's counter was made anew with another password", kAskVendor},

    {TPM2_RC_ATTRIBUTES, Subject::kNewMeter, kConflict, "tpm.unsupported", "the TPM has no PIN_PASS indexes",
     kLedgerCounts},
    {TPM2_RC_RESERVED_BITS, Subject::kNewMeter, kConflict, "tpm.unsupported",
     "the TPM has no PIN_PASS indexes", kLedgerCounts},
    {TPM2_RC_SIZE, Subject::kNewMeter, kConflict, "tpm.unsupported", "the TPM has no PIN_PASS indexes",
     kLedgerCounts},
    {TPM2_RC_VALUE, Subject::kNewMeter, kConflict, "tpm.unsupported", "the TPM has no PIN_PASS indexes",
     kLedgerCounts},
    {TPM2_RC_BAD_AUTH, Subject::kNewMeter, kConflict, "tpm.owner_auth", "the owner hierarchy has a password",
     kNoOwnerPassword},
    {TPM2_RC_AUTH_FAIL, Subject::kNewMeter, kConflict, "tpm.owner_auth", "the owner hierarchy has a password",
     kNoOwnerPassword},

    {TPM2_RC_HANDLE, Subject::kMeter, kRefused, "tpm.meter", "the meter was deleted", kLostMeter},
    {TPM2_RC_NV_UNINITIALIZED, Subject::kMeter, kRefused, "tpm.meter", "the meter was deleted and made anew",
     kLostMeter},
    {TPM2_RC_AUTH_UNAVAILABLE, Subject::kMeter, kRefused, "tpm.meter", "the meter counts no further",
     kLostMeter},
    {TPM2_RC_BAD_AUTH, Subject::kMeter, kRefused, "tpm.meter", "the meter was made anew with a password",
     kLostMeter},
    {TPM2_RC_AUTH_FAIL, Subject::kMeter, kRefused, "tpm.meter", "the meter was made anew with a password",
     kLostMeter},
    {TPM2_RC_POLICY_FAIL, Subject::kMeter, kRefused, "tpm.meter", "the meter's counter has moved",
     kLostMeter},
    {TPM2_RC_NV_LOCKED, Subject::kMeter, kRefused, "tpm.meter", "the meter is locked", kLostMeter},

    {TPM2_RC_INTEGRITY, Subject::kCredential, kRefused, "tpm.credential",
     "the answer was sealed for another TPM or key", kOtherReply},
    {TPM2_RC_VALUE, Subject::kCredential, kRefused, "tpm.credential",
     "the answer's wrapped key does not decrypt here", kOtherReply},
    {TPM2_RC_ECC_POINT, Subject::kCredential, kRefused, "tpm.credential",
     "the answer's wrapped key is no point on the curve", kOtherReply},
    {TPM2_RC_SIZE, Subject::kCredential, kRefused, "tpm.credential",
     "the answer's wrapped key has another size than this TPM's keys need", kOtherReply},
    {TPM2_RC_INSUFFICIENT, Subject::kCredential, kRefused, "tpm.credential",
     "the answer's wrapped key is too short", kOtherReply},

    {TPM2_RC_INTEGRITY, Subject::kContentKey, kRefused, "tpm.content_key",
     "the content key was sealed for another TPM", kOtherAnswer},
    {TPM2_RC_ECC_POINT, Subject::kContentKey, kRefused, "tpm.content_key",
     "the content key's wrapped seed is no point on the curve", kOtherAnswer},
    {TPM2_RC_VALUE, Subject::kContentKey, kRefused, "tpm.content_key",
     "the content key does not decrypt here", kOtherAnswer},
    {TPM2_RC_SIZE, Subject::kContentKey, kRefused, "tpm.content_key",
     "the content key has another size than this TPM's keys need", kOtherAnswer},
    {TPM2_RC_INSUFFICIENT, Subject::kContentKey, kRefused, "tpm.content_key", "the content key is too short",
     kOtherAnswer},
    {TPM2_RC_BINDING, Subject::kContentKey, kRefused, "tpm.content_key",
     "the content key is not what its public area says", kOtherAnswer},
    {TPM2_RC_BAD_AUTH, Subject::kContentKey, kConflict, "tpm.owner_auth", "the SRK has a password",
     kNoOwnerPassword},
    {TPM2_RC_AUTH_FAIL, Subject::kContentKey, kConflict, "tpm.owner_auth", "the SRK has a password",
     kNoOwnerPassword},
};

const Meaning* Find(uint32_t base, Subject subject) {
  for (const Meaning& m : kMeanings)
    if (m.base == base && (m.subject == Subject::kAny || m.subject == subject)) return &m;
  return nullptr;
}

std::string Described(uint32_t rc, const Step& step) {
  char hex[16];
  snprintf(hex, sizeof hex, "0x%x", rc);
  return std::string(step.what) + " gave " + hex + ", " + Tss2_RC_Decode(rc);
}

// What went wrong on this side of the TPM: transport, resource manager, an answer that does not parse or
// whose HMAC is wrong.
Error ExplainTss(uint32_t rc, const Step& step) {
  if ((rc & TSS2_RC_LAYER_MASK) == TSS2_TCTI_RC_LAYER)
    return {kUnavailable, "tpm.command", "the connection to the TPM was lost: " + Described(rc, step),
            "see that the TPM's device or resource manager is there and not in use by another program"};
  if (rc == TSS2_ESYS_RC_RSP_AUTH_FAILED)
    return {kUnavailable, "tpm.answer", "the TPM's answer was altered on its way: " + Described(rc, step),
            "look for a program or device between this machine and its TPM"};
  return {kUnavailable, "tpm.answer", "the TPM's answer makes no sense: " + Described(rc, step), kRestart};
}

bool FromTpm(uint32_t rc) {
  uint32_t layer = rc & TSS2_RC_LAYER_MASK;
  return layer == TSS2_TPM_RC_LAYER || layer == TSS2_RESMGR_TPM_RC_LAYER;
}

}  // namespace

uint32_t BaseCode(uint32_t rc) {
  if (!FromTpm(rc)) return 0;
  constexpr uint32_t kFormatOneNumber = 0x3f, kFormatZeroNumber = 0x7f;
  if (rc & TPM2_RC_FMT1) return TPM2_RC_FMT1 | (rc & kFormatOneNumber);
  return rc & (TPM2_RC_WARN | kFormatZeroNumber);
}

Recovery RecoveryFor(uint32_t rc) {
  if (!FromTpm(rc)) return Recovery::kReconnect;
  switch (BaseCode(rc)) {
    case TPM2_RC_RETRY:
    case TPM2_RC_YIELDED:
    case TPM2_RC_TESTING:
    case TPM2_RC_NV_RATE:
    case TPM2_RC_NV_UNAVAILABLE:
      return Recovery::kRetryLater;
    case TPM2_RC_OBJECT_MEMORY:
    case TPM2_RC_SESSION_MEMORY:
      return Recovery::kFreeSlots;
  }
  return Recovery::kNone;
}

Error Explain(uint32_t rc, const Step& step) {
  if (!FromTpm(rc)) return ExplainTss(rc, step);
  if (const Meaning* m = Find(BaseCode(rc), step.subject))
    return {m->kind, m->check, std::string(m->message) + ": " + Described(rc, step), m->advice};
  if (RecoveryFor(rc) == Recovery::kRetryLater)
    return {kUnavailable, "tpm.command", "the TPM is busy: " + Described(rc, step), "try again in a minute"};
  return {kUnavailable, "tpm.command", "the TPM refused: " + Described(rc, step), kRestart};
}

}  // namespace holdfast::tpm
