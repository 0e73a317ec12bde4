#include "agent/tpm/sessions.h"

#include "agent/tpm/marshal.h"
#include "protocol/byte_cursor.h"
#include "protocol/crypto/random.h"

namespace holdfast::tpm {
namespace {

constexpr TPMT_SYM_DEF kNoEncryption = {.algorithm = TPM2_ALG_NULL};
constexpr TPMT_SYM_DEF kAes128Cfb = {
    .algorithm = TPM2_ALG_AES, .keyBits = {.aes = 128}, .mode = {.aes = TPM2_ALG_CFB}};

Result<Handle> Start(Connection& tpm, TPM2_SE type, ESYS_TR salt_key, const TPMT_SYM_DEF& symmetric,
                     TPM2_ALG_ID hash, TPMA_SESSION attributes) {
  // Left to itself ESAPI seeds a generator of its own for each nonce, which takes longer than some commands.
  const auto nonce = Sized<TPM2B_NONCE>(RandomBytes(32));
  ESYS_TR session = ESYS_TR_NONE;
  HOLDFAST_CHECK(tpm.Run({"TPM2_StartAuthSession"}, [&](ESYS_CONTEXT* esys) {
    return Esys_StartAuthSession(esys, salt_key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                 &nonce, type, &symmetric, hash, &session);
  }));
  Handle started = Handle::Flushed(tpm, session);
  HOLDFAST_CHECK(started.SetSessionAttributes(attributes));
  return started;
}

Result<Handle> StartPolicy(Connection& tpm, TPM2_ALG_ID hash) {
  return Start(tpm, TPM2_SE_POLICY, ESYS_TR_NONE, kNoEncryption, hash, 0);
}

Status PolicySecretEndorsement(Connection& tpm, const Handle& session) {
  const TPM2B_NONCE none{};
  return tpm.Run(
      {"TPM2_PolicySecret with the endorsement hierarchy", Subject::kEndorsement}, [&](ESYS_CONTEXT* esys) {
        return Esys_PolicySecret(esys, ESYS_TR_RH_ENDORSEMENT, session.tr(), ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                 ESYS_TR_NONE, &none, &none, &none, 0, nullptr, nullptr);
      });
}

Status PolicyAOrC(Connection& tpm, const Handle& session) {
  TPML_DIGEST branches = {
      .count = 2,
      .digests = {Sized<TPM2B_DIGEST>(PolicyA(Alg::kSha384)), Sized<TPM2B_DIGEST>(PolicyCSha384())}};
  return tpm.Run({"TPM2_PolicyOR of the EK"}, [&](ESYS_CONTEXT* esys) {
    return Esys_PolicyOR(esys, session.tr(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &branches);
  });
}

}  // namespace

Result<Handle> EkPolicySession(Connection& tpm, EkTemplate ek) {
  bool high_range = ek == EkTemplate::kEccP384;
  HOLDFAST_TRY(Handle session, StartPolicy(tpm, high_range ? TPM2_ALG_SHA384 : TPM2_ALG_SHA256));
  HOLDFAST_CHECK(PolicySecretEndorsement(tpm, session));
  if (high_range) HOLDFAST_CHECK(PolicyAOrC(tpm, session));
  return session;
}

Result<Handle> GatePolicySession(Connection& tpm, const Handle& gate, uint64_t base) {
  HOLDFAST_TRY(Handle session, StartPolicy(tpm, TPM2_ALG_SHA256));
  const auto operand = Sized<TPM2B_OPERAND>(Writer().U64(base).bytes());
  HOLDFAST_CHECK(tpm.Run({"TPM2_PolicyNV of the gate", Subject::kGate}, [&](ESYS_CONTEXT* esys) {
    return Esys_PolicyNV(esys, gate.tr(), gate.tr(), session.tr(), ESYS_TR_PASSWORD, ESYS_TR_NONE,
                         ESYS_TR_NONE, &operand, 0, TPM2_EO_EQ);
  }));
  return session;
}

Result<Handle> PolicySession(Connection& tpm) {
  return StartPolicy(tpm, TPM2_ALG_SHA256);
}

Result<Handle> SaltedSession(Connection& tpm, const Handle& key, TPMA_SESSION attributes) {
  return Start(tpm, TPM2_SE_HMAC, key.tr(), kAes128Cfb, TPM2_ALG_SHA256, attributes);
}

}  // namespace holdfast::tpm
