// The keys and the index that activation makes, bit for bit (TCG EK Credential Profile for L-1 and L-2). Both
// sides build on these: the agent creates exactly them, the verifier accepts exactly them.
#pragma once

#include "protocol/secret.h"
#include "protocol/tpm/structures.h"

namespace holdfast::tpm {

enum class EkTemplate { kRsa2048, kEccP256, kEccP384 };

// TPMT_PUBLIC with an empty or zero `unique` as TPM2_CreatePrimary and TPM2_Create want it.
Bytes EkTemplateBytes(EkTemplate which);
Bytes SrkTemplateBytes();                             // TCG SRK, P-256
Bytes AkTemplateBytes();                              // restricted signing, P-256, noDA, under the EK
Bytes LicenseKeyTemplateBytes(ByteView auth_policy);  // P-256, use only by policy, under the SRK

// Does a public area equal a template except for `unique`?
std::optional<EkTemplate> MatchEk(const Public& ek);
bool MatchesSrk(const Public& object);
bool MatchesAk(const Public& object);
bool MatchesLicenseKey(const Public& object);  // auth_policy is checked apart: any 32 octets

// The retirement gate: an NV counter. While its value equals `base`, the license key signs; one increment
// ends that for ever.
inline constexpr uint32_t kGateAttributes =
    0x02060014;  // as defined: COUNTER, owner and auth read, auth write, noDA
inline constexpr uint32_t kWritten = 1u << 29;
// One gate per product on a TPM: 0x01900000 | 20 bits of SHA-256(vendor || 0x00 || product).
uint32_t GateIndex(std::string_view vendor, std::string_view product);
NvPublic GatePublic(uint32_t index);  // with WRITTEN: what NV_Certify names
// authPolicy of the license key: PolicyNV(gate == base), Part 3, 23.9.
Bytes GatePolicy(const Name& gate_name, uint64_t base);

// The counter that stamps the agent's ledger: one for each host, of the gate's form, with an authValue.
inline constexpr uint32_t kLedgerCounterIndex = 0x01a00000;
// What every JSON tool reads exactly (the terms name the value). No TPM can count so far.
inline constexpr uint64_t kMaxLedgerCounter = (uint64_t{1} << 53) - 1;

// A hard meter: two NV indexes for each product key on a TPM. The counter, of the gate's form, at 0x01a80000 | 19 bits of
// SHA-256("meter" || 0x00 || vendor || 0x00 || product key id); and 0x00100000 above it the meter itself, a PIN_PASS index (Part 1, 37.2.8),
// whose contents are u32 pinCount || u32 pinLimit. Each PolicySecret with it counts, and the TPM refuses those above the limit. Its
// authPolicy is PolicyNV(counter == base), so it is written while the counter stands at `base` and never again. The owner reads it, which does not count.
uint32_t MeterCounterIndex(std::string_view vendor, std::string_view product_key_id);
uint32_t MeterIndex(uint32_t counter_index);
inline constexpr uint32_t kMeterAttributes =
    0x02020098;                            // as defined: PIN_PASS, policy write, owner read, noDA
inline constexpr uint16_t kMeterSize = 8;  // of the contents
NvPublic MeterPublic(uint32_t counter_index, uint64_t base);  // with WRITTEN

// A content key on its way to a TPM (protocol/content_key.h): 32 octets that are read by policy alone, by the license key's:
// noDA is its only attribute. Without userWithAuth no password reads it. fixedTPM and fixedParent are clear, else it could not be imported;
// the policy has no branch for TPM2_Duplicate, so it does not leave again. `unique` is SHA-256(obfuscation || key).
Bytes ContentKeyArea(ByteView auth_policy, ByteView unique);  // TPMT_PUBLIC
bool MatchesContentKey(ByteView tpmt_public, ByteView auth_policy);
Name ContentKeyName(ByteView tpmt_public);

// PolicySecret(endorsement) and the constants of the high range EK (PolicyA, PolicyB, PolicyC).
Bytes PolicyA(Alg hash);
Bytes PolicyBSha384();
Bytes PolicyCSha384();

// KDFa and KDFe (Part 1, 11.4.10); label without its terminating zero.
Secret KdfA(HashAlgorithm hash, ByteView key, std::string_view label, ByteView u, ByteView v, uint32_t bits);
Secret KdfE(HashAlgorithm hash, ByteView z, std::string_view label, ByteView u, ByteView v, uint32_t bits);

}  // namespace holdfast::tpm
