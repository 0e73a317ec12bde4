// TPM and TSS return codes (Part 2, 6.6; TSS 2.0 Overview, 3) as our errors. The same code means different
// things to different commands, so the caller says what the command was about.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/result.h"

namespace holdfast::tpm {

enum class Subject {
  kAny,
  kOwner,        // owner authorisation, or a child of the SRK
  kEndorsement,  // endorsement authorisation, or the making of an EK
  kKey,          // loading a key from its blobs
  kNewGate,      // incrementing and reading the gate while keys are made
  kGate,         // the gate of existing keys
  kCredential,   // ActivateCredential
  kCounter,      // the ledger's counter
  kContentKey,   // importing and loading a content key
  kNewMeter,     // making a hard meter
  kMeter,        // a hard meter that was made
};
struct Step {
  const char* what;  // "TPM2_Load of the AK"
  Subject subject = Subject::kAny;
};

// A TPM code without layer and without the number of the parameter, handle or session: 0x1df → 0x09f.
// Zero for codes of the TSS layers.
uint32_t BaseCode(uint32_t rc);

enum class Recovery {
  kNone,
  kRetryLater,  // the TPM asks for it: RETRY, YIELDED, TESTING, NV_RATE, NV_UNAVAILABLE
  kFreeSlots,   // OBJECT_MEMORY, SESSION_MEMORY
  kReconnect,   // the transport or the exchange is broken
};
Recovery RecoveryFor(uint32_t rc);

Error Explain(uint32_t rc, const Step& step);

}  // namespace holdfast::tpm
