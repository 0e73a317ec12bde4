#include "agent/tpm/gate.h"

#include "agent/tpm/marshal.h"
#include "protocol/byte_cursor.h"

namespace holdfast::tpm {
namespace {

NvPublic Unwritten(uint32_t index) {
  NvPublic gate = GatePublic(index);
  gate.attributes = kGateAttributes;
  gate.encoded = EncodeNvPublic(gate);
  return gate;
}

Result<Handle> Open(Connection& tpm, uint32_t index) {
  ESYS_TR tr = ESYS_TR_NONE;
  HOLDFAST_CHECK(tpm.Run({"TPM2_NV_ReadPublic of the gate", Subject::kGate}, [&](ESYS_CONTEXT* esys) {
    return Esys_TR_FromTPMPublic(esys, index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &tr);
  }));
  return Handle::Closed(tpm, tr);
}

Result<Handle> Define(Connection& tpm, uint32_t index) {
  const TPM2B_AUTH no_auth{};
  const NvPublic gate = Unwritten(index);
  const TPM2B_NV_PUBLIC wanted = {.nvPublic = {.nvIndex = index,
                                               .nameAlg = static_cast<TPM2_ALG_ID>(gate.name_alg),
                                               .attributes = gate.attributes,
                                               .authPolicy = {},
                                               .dataSize = gate.data_size}};
  ESYS_TR tr = ESYS_TR_NONE;
  HOLDFAST_CHECK(tpm.Run({"TPM2_NV_DefineSpace of the gate", Subject::kOwner}, [&](ESYS_CONTEXT* esys) {
    return Esys_NV_DefineSpace(esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &no_auth,
                               &wanted, &tr);
  }));
  return Handle::Closed(tpm, tr);
}

Status Increment(Connection& tpm, const Handle& gate) {
  return tpm.Run({"TPM2_NV_Increment of the gate", Subject::kNewGate}, [&](ESYS_CONTEXT* esys) {
    return Esys_NV_Increment(esys, gate.tr(), gate.tr(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE);
  });
}

Result<uint64_t> Read(Connection& tpm, const Handle& gate) {
  Owned<TPM2B_MAX_NV_BUFFER> data;
  HOLDFAST_CHECK(tpm.Run({"TPM2_NV_Read of the gate", Subject::kNewGate}, [&](ESYS_CONTEXT* esys) {
    return Esys_NV_Read(esys, gate.tr(), gate.tr(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                        sizeof(uint64_t), 0, data.Receive());
  }));
  Reader value(View(*data));
  uint64_t base = value.U64();
  if (!value.AtEnd() || base == 0 || base > INT64_MAX)
    return Fail(ErrorKind::kUnavailable, "tpm.answer", "the gate counter does not have the form of one");
  return base;
}

}  // namespace

Result<uint64_t> PrepareGate(Connection& tpm, uint32_t index) {
  Result<Handle> found = Open(tpm, index);
  bool absent = !found && found.error().check == "tpm.gate";
  HOLDFAST_TRY(Handle gate, absent ? Define(tpm, index) : std::move(found));
  HOLDFAST_TRY(Bytes name, gate.Name());
  if (Equal(name, NameOf(Unwritten(index)))) {
    HOLDFAST_CHECK(Increment(tpm, gate));
  } else if (!Equal(name, NameOf(GatePublic(index)))) {
    return Fail(
        ErrorKind::kConflict, "tpm.nv_conflict",
        "NV index 0x" + HexEncode(Writer().U32(index).bytes()) + " is in use by another program",
        "find the program that uses it (tpm2_nvreadpublic) and remove the index, then run the command again");
  }
  return Read(tpm, gate);
}

Result<uint64_t> RetireGate(Connection& tpm, uint32_t index, uint64_t base) {
  HOLDFAST_TRY(uint64_t value, PrepareGate(tpm, index));
  if (value == base) {
    HOLDFAST_TRY(const Handle gate, Open(tpm, index));
    HOLDFAST_CHECK(Increment(tpm, gate));
    HOLDFAST_TRY(value, Read(tpm, gate));
  }
  if (value > base) return value;
  return Refused("tpm.gate", "the gate counter is below the value that the license key was made for",
                 "this is another TPM, or its state was set back");
}

Result<Handle> OpenGate(Connection& tpm, uint32_t index) {
  HOLDFAST_TRY(Handle gate, Open(tpm, index));
  HOLDFAST_TRY(Bytes name, gate.Name());
  if (!Equal(name, NameOf(GatePublic(index))))
    return Refused("tpm.gate", "the gate counter was deleted and something else made in its place",
                   "the license on this machine was returned or its counter was tampered with: request a new "
                   "activation");
  return gate;
}

}  // namespace holdfast::tpm
