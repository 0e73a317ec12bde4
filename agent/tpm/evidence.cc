#include "agent/tpm/evidence.h"

#include "agent/tpm/ledger_counter.h"
#include "agent/tpm/marshal.h"
#include "agent/tpm/meter.h"
#include "protocol/byte_cursor.h"

namespace holdfast::tpm {
namespace {

constexpr TPMT_SIG_SCHEME kKeysOwnScheme = {.scheme = TPM2_ALG_NULL};

tl::unexpected<Error> NotAsked(const char* what) {
  return Fail(ErrorKind::kUnavailable, "tpm.answer",
              std::string(what) + " attests something that was not asked for");
}

Result<Bytes> NameOfPublic(const Bytes& tpmt_public) {
  HOLDFAST_TRY(const Public area, ParsePublic(tpmt_public));
  return NameOf(area);
}

Status VerifyAttest(const SignedAttest& made, const Bytes& ak_public) {
  HOLDFAST_TRY(const Public area, ParsePublic(ak_public));
  HOLDFAST_TRY(const PublicKey ak, KeyOf(area));
  HOLDFAST_TRY(const Signature signature, ParseSignature(made.signature));
  return ak.Verify(SignatureAlgorithm::kEcdsaSha256, made.attest, signature.raw, EcdsaForm::kRaw);
}

template <class Info>
struct Checked {
  SignedAttest signed_attest;
  Info info;
};

template <class Info>
Result<Checked<Info>> Check(const char* what, const TPM2B_ATTEST& attest, const TPMT_SIGNATURE& signature,
                            const KeySet& keys, const Sha256Digest& qualifying_data) {
  SignedAttest made{ToBytes(View(attest)), {}};
  HOLDFAST_TRY(made.signature, Encode(signature));
  Result<Attest> parsed = ParseAttest(made.attest);
  if (!parsed || !std::holds_alternative<Info>(parsed->attested) ||
      !Equal(parsed->extra_data, qualifying_data) || !VerifyAttest(made, keys.ak_public))
    return NotAsked(what);
  return Checked<Info>{std::move(made), std::get<Info>(std::move(parsed->attested))};
}

TPML_PCR_SELECTION Selection(uint32_t mask) {
  TPML_PCR_SELECTION selection = {.count = 1,
                                  .pcrSelections = {{.hash = TPM2_ALG_SHA256, .sizeofSelect = 3}}};
  for (int i = 0; i < 3; i++) selection.pcrSelections[0].pcrSelect[i] = static_cast<BYTE>(mask >> (8 * i));
  return selection;
}

uint32_t MaskOf(const TPML_PCR_SELECTION& selection) {
  if (selection.count != 1 || selection.pcrSelections[0].hash != TPM2_ALG_SHA256) return 0;
  const TPMS_PCR_SELECTION& bank = selection.pcrSelections[0];
  uint32_t mask = 0;
  for (int i = 0; i < bank.sizeofSelect && i < 3; i++) mask |= uint32_t{bank.pcrSelect[i]} << (8 * i);
  return mask;
}

// A TPM gives at most eight values at once, and fewer when it likes: ask until all are there.
Result<std::map<int, Bytes>> ReadPcrs(Connection& tpm, uint32_t wanted) {
  std::map<int, Bytes> pcrs;
  while (wanted) {
    TPML_PCR_SELECTION in = Selection(wanted);
    Owned<TPML_PCR_SELECTION> selected;
    Owned<TPML_DIGEST> values;
    HOLDFAST_CHECK(tpm.Run({"TPM2_PCR_Read"}, [&](ESYS_CONTEXT* esys) {
      return Esys_PCR_Read(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &in, nullptr, selected.Receive(),
                           values.Receive());
    }));
    uint32_t given = MaskOf(*selected) & wanted;
    if (!given || values->count == 0)
      return Fail(ErrorKind::kConflict, "tpm.pcr_bank", "the TPM keeps no SHA-256 PCRs",
                  "enable the SHA-256 bank in the firmware setup or with tpm2_pcrallocate, and restart");
    uint32_t next = 0;
    for (int pcr = 0; pcr < 24 && next < values->count; pcr++)
      if (given >> pcr & 1) pcrs[pcr] = ToBytes(View(values->digests[next++])), wanted &= ~(1u << pcr);
  }
  return pcrs;
}

bool Covers(const QuoteInfo& quote, const std::map<int, Bytes>& pcrs) {
  Bytes all;
  for (const auto& [pcr, value] : pcrs) Append(all, value);
  return quote.selection.size() == 1 && quote.selection[0].hash == Alg::kSha256 &&
         quote.selection[0].mask == kQuotedPcrMask && Equal(quote.digest, Sha256(all));
}

Result<Checked<QuoteInfo>> Quote(Connection& tpm, const KeySet& keys, const Handle& ak,
                                 const Sha256Digest& qualifying_data) {
  const auto data = Sized<TPM2B_DATA>(qualifying_data);
  const TPML_PCR_SELECTION selection = Selection(kQuotedPcrMask);
  Owned<TPM2B_ATTEST> attest;
  Owned<TPMT_SIGNATURE> signature;
  HOLDFAST_CHECK(tpm.Run({"TPM2_Quote"}, [&](ESYS_CONTEXT* esys) {
    return Esys_Quote(esys, ak.tr(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &data, &kKeysOwnScheme,
                      &selection, attest.Receive(), signature.Receive());
  }));
  return Check<QuoteInfo>("TPM2_Quote", *attest, *signature, keys, qualifying_data);
}

struct Index {
  const Handle& handle;  // its own authorisation, set already
  uint32_t index;
};

// The whole of a counter of the gate's form; what its value may be is the caller's to say.
Result<Checked<NvCertifyInfo>> NvCertify(Connection& tpm, const Step& step, const KeySet& keys,
                                         const Handle& ak, const Index& counter,
                                         const Sha256Digest& qualifying_data) {
  const auto data = Sized<TPM2B_DATA>(qualifying_data);
  constexpr uint16_t kAll = sizeof(uint64_t);
  const ESYS_TR tr = counter.handle.tr();
  Owned<TPM2B_ATTEST> attest;
  Owned<TPMT_SIGNATURE> signature;
  HOLDFAST_CHECK(tpm.Run(step, [&](ESYS_CONTEXT* esys) {
    return Esys_NV_Certify(esys, ak.tr(), tr, tr, ESYS_TR_PASSWORD, ESYS_TR_PASSWORD, ESYS_TR_NONE, &data,
                           &kKeysOwnScheme, kAll, 0, attest.Receive(), signature.Receive());
  }));
  HOLDFAST_TRY(auto made, Check<NvCertifyInfo>(step.what, *attest, *signature, keys, qualifying_data));
  if (!Equal(made.info.index_name, NameOf(GatePublic(counter.index))) || made.info.offset != 0)
    return NotAsked(step.what);
  return made;
}

}  // namespace

Result<SignedAttest> CertifyKey(Connection& tpm, const KeySet& keys, const Handle& ak, const Handle& key,
                                const Sha256Digest& qualifying_data) {
  const auto data = Sized<TPM2B_DATA>(qualifying_data);
  Owned<TPM2B_ATTEST> attest;
  Owned<TPMT_SIGNATURE> signature;
  HOLDFAST_CHECK(tpm.Run({"TPM2_Certify of the license key"}, [&](ESYS_CONTEXT* esys) {
    return Esys_Certify(esys, key.tr(), ak.tr(), ESYS_TR_PASSWORD, ESYS_TR_PASSWORD, ESYS_TR_NONE, &data,
                        &kKeysOwnScheme, attest.Receive(), signature.Receive());
  }));
  HOLDFAST_TRY(auto made, Check<CertifyInfo>("TPM2_Certify", *attest, *signature, keys, qualifying_data));
  HOLDFAST_TRY(const Bytes name, NameOfPublic(keys.license_key_public));
  if (!Equal(made.info.name, name)) return NotAsked("TPM2_Certify");
  return std::move(made.signed_attest);
}

Result<SignedAttest> CertifyGate(Connection& tpm, const KeySet& keys, const Handle& ak, const Handle& gate,
                                 const Sha256Digest& qualifying_data) {
  HOLDFAST_TRY(auto made, NvCertify(tpm, {"TPM2_NV_Certify of the gate", Subject::kGate}, keys, ak,
                                    {gate, keys.gate_index}, qualifying_data));
  if (!Equal(made.info.contents, Writer().U64(keys.gate_base).bytes()))
    return Refused("tpm.gate", "the gate counter has moved since the keys were made",
                   "make a new request with --new");
  return std::move(made.signed_attest);
}

Result<SignedAttest> CertifyCounter(Connection& tpm, const KeySet& keys, const Handle& ak,
                                    const LedgerCounter& counter, const Sha256Digest& qualifying_data) {
  HOLDFAST_TRY(const Handle opened, OpenCounter(tpm, counter));
  const Step step{"TPM2_NV_Certify of the ledger's counter", Subject::kCounter};
  HOLDFAST_TRY(auto made, NvCertify(tpm, step, keys, ak, {opened, counter.index}, qualifying_data));
  Reader contents(made.info.contents);
  const uint64_t value = contents.U64();
  if (!contents.AtEnd() || value == 0 || value > kMaxLedgerCounter) return NotAsked(step.what);
  return std::move(made.signed_attest);
}

Result<SignedAttest> CertifyMeterCounter(Connection& tpm, const KeySet& keys, const Handle& ak,
                                         uint32_t counter_index, const Sha256Digest& qualifying_data) {
  HOLDFAST_TRY(const Handle opened, OpenMeterCounter(tpm, counter_index));
  const Step step{"TPM2_NV_Certify of the meter's counter", Subject::kMeter};
  HOLDFAST_TRY(auto made, NvCertify(tpm, step, keys, ak, {opened, counter_index}, qualifying_data));
  Reader contents(made.info.contents);
  const uint64_t value = contents.U64();
  if (!contents.AtEnd() || value == 0 || value > kMaxLedgerCounter) return NotAsked(step.what);
  return std::move(made.signed_attest);
}

Result<SignedAttest> CertifyRetiredGate(Connection& tpm, const KeySet& keys, const Handle& ak,
                                        const Handle& gate, const Sha256Digest& qualifying_data) {
  HOLDFAST_TRY(auto made, NvCertify(tpm, {"TPM2_NV_Certify of the gate", Subject::kGate}, keys, ak,
                                    {gate, keys.gate_index}, qualifying_data));
  Reader contents(made.info.contents);
  const uint64_t value = contents.U64();
  if (contents.AtEnd() && value > keys.gate_base) return std::move(made.signed_attest);
  return Refused("tpm.gate", "the gate counter was not moved", "try again");
}

Result<QuotedPcrs> QuotePcrs(Connection& tpm, const KeySet& keys, const Handle& ak,
                             const Sha256Digest& qualifying_data) {
  constexpr int kAttempts = 5;
  for (int i = 0; i < kAttempts; i++) {
    QuotedPcrs out;
    HOLDFAST_TRY(out.pcrs, ReadPcrs(tpm, kQuotedPcrMask));
    HOLDFAST_TRY(auto made, Quote(tpm, keys, ak, qualifying_data));
    out.quote = std::move(made.signed_attest);
    if (Covers(made.info, out.pcrs)) return out;
  }
  return Fail(ErrorKind::kUnavailable, "tpm.command",
              "the PCRs of the TPM keep changing while they are quoted",
              "try again when the machine has finished starting");
}

}  // namespace holdfast::tpm
