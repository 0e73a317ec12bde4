// What the agent asks of a TPM, one capability per class, so that each user asks for what it needs and never
// for "the TPM". The ESAPI (tss2) is behind it; its headers are not. Handles are flushed before a call
// returns: three transient slots are enough, and several processes may share a resource manager. What the TPM
// says is hostile until checked. Error checks: tpm.open, tpm.command (kUnavailable, retry later),
// tpm.lockout, tpm.owner_auth, tpm.endorsement_auth, tpm.hierarchy, tpm.cleared (an object does not load
// here: cleared, or another TPM), tpm.gate (the gate has moved: retired), tpm.nv_space, tpm.no_ek.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

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

class Attester {
 public:
  virtual ~Attester() = default;
  // Chooses the best EK with a certificate (P-256, then P-384, then RSA), makes or reuses the gate, makes AK
  // and license key.
  virtual Result<KeySet> CreateKeys(uint32_t gate_index) = 0;
  virtual Result<std::vector<Bytes>> EkCertificates(
      const KeySet& keys) = 0;                               // EK certificate first; empty when there is none
  virtual Result<Bytes> GatePublic(const KeySet& keys) = 0;  // TPMS_NV_PUBLIC
  virtual Result<RequestEvidence> Attest(const KeySet& keys, const Sha256Digest& qualifying_data) = 0;
};

class CredentialOpener {
 public:
  virtual ~CredentialOpener() = default;
  // TPM2_ActivateCredential with the license key. encrypted_key = TPM2B_ID_OBJECT || TPM2B_ENCRYPTED_SECRET.
  // Check: tpm.credential (kRefused) when it was not made for this TPM and key.
  virtual Result<Secret> ActivateCredential(const KeySet& keys, ByteView encrypted_key) = 0;
};

class LicenseKeySigner {
 public:
  virtual ~LicenseKeySigner() = default;
  // ECDSA over a SHA-256 digest under the gate policy: r || s.
  virtual Result<Bytes> Sign(const KeySet& keys, const Sha256Digest& digest) = 0;
};

class Tpm : public Attester, public CredentialOpener, public LicenseKeySigner {
 public:
  // A TCTI string of tpm2-tss ("device:/dev/tpmrm0", "swtpm:host=127.0.0.1,port=2321"); connected on first
  // use and released by Release(), so that a TPM without resource manager can be shared in turns. Not thread
  // safe.
  static Result<std::unique_ptr<Tpm>> Open(const std::string& tcti);
  virtual void Release() = 0;
  // Manufacturer, vendor string, firmware: for diagnostics.
  virtual Result<std::map<std::string, std::string>> Properties() = 0;
};

}  // namespace holdfast
