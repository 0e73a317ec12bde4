#include "agent/tpm/meter_charge.h"

#include "agent/tpm/gate.h"
#include "agent/tpm/marshal.h"
#include "agent/tpm/sessions.h"
#include "protocol/byte_cursor.h"

namespace holdfast::tpm {
namespace {

NvPublic Unwritten(NvPublic area) {
  area.attributes &= ~kWritten;
  area.encoded = EncodeNvPublic(area);
  return area;
}

struct Found {
  Handle handle;
  Bytes name;
  bool of_this_form = false;  // whatever it was charged by
};

// What stands at an index.
Result<std::optional<Found>> Find(Connection& tpm, uint32_t index) {
  HOLDFAST_TRY(const auto handles, tpm.Handles(index, index));
  if (handles.empty()) return std::nullopt;
  ESYS_TR tr = ESYS_TR_NONE;
  HOLDFAST_CHECK(tpm.Run({"TPM2_NV_ReadPublic of the meter", Subject::kNewMeter}, [&](ESYS_CONTEXT* esys) {
    return Esys_TR_FromTPMPublic(esys, index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &tr);
  }));
  Found found{Handle::Closed(tpm, tr), {}};
  HOLDFAST_TRY(found.name, found.handle.Name());
  Owned<TPM2B_NV_PUBLIC> area;
  HOLDFAST_CHECK(tpm.Run({"TPM2_NV_ReadPublic of the meter", Subject::kNewMeter}, [&](ESYS_CONTEXT* esys) {
    return Esys_NV_ReadPublic(esys, tr, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, area.Receive(), nullptr);
  }));
  const TPMS_NV_PUBLIC& is = area->nvPublic;
  found.of_this_form = (is.attributes & ~kWritten) == kMeterAttributes && is.dataSize == kMeterSize;
  return found;
}

Status Undefine(Connection& tpm, Handle& index) {
  HOLDFAST_CHECK(tpm.Run({"TPM2_NV_UndefineSpace of the meter", Subject::kNewMeter}, [&](ESYS_CONTEXT* esys) {
    return Esys_NV_UndefineSpace(esys, ESYS_TR_RH_OWNER, index.tr(), ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                 ESYS_TR_NONE);
  }));
  index.Ended();
  return {};
}

Result<Handle> Define(Connection& tpm, const NvPublic& area) {
  const TPM2B_AUTH no_auth{};
  const TPM2B_NV_PUBLIC wanted = {.nvPublic = {.nvIndex = area.index,
                                               .nameAlg = static_cast<TPM2_ALG_ID>(area.name_alg),
                                               .attributes = area.attributes,
                                               .authPolicy = Sized<TPM2B_DIGEST>(area.auth_policy),
                                               .dataSize = area.data_size}};
  ESYS_TR tr = ESYS_TR_NONE;
  HOLDFAST_CHECK(tpm.Run({"TPM2_NV_DefineSpace of the meter", Subject::kNewMeter}, [&](ESYS_CONTEXT* esys) {
    return Esys_NV_DefineSpace(esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &no_auth,
                               &wanted, &tr);
  }));
  return Handle::Closed(tpm, tr);
}

tl::unexpected<Error> OfAnotherProgram(uint32_t index) {
  return Fail(
      ErrorKind::kConflict, "tpm.nv_conflict",
      "NV index 0x" + HexEncode(Writer().U32(index).bytes()) + " is in use by another program",
      "find the program that uses it (tpm2_nvreadpublic) and remove the index, then run the command again");
}

// The meter that is charged at `base`, made where it is missing, in the place of one that was charged before.
Result<Handle> Reserve(Connection& tpm, uint32_t counter_index, uint64_t base) {
  const NvPublic written = MeterPublic(counter_index, base), unwritten = Unwritten(written);
  HOLDFAST_TRY(auto found, Find(tpm, written.index));
  if (!found) return Define(tpm, unwritten);
  if (Equal(found->name, NameOf(unwritten)) || Equal(found->name, NameOf(written)))
    return std::move(found->handle);
  if (!found->of_this_form) return OfAnotherProgram(written.index);
  HOLDFAST_CHECK(Undefine(tpm, found->handle));
  return Define(tpm, unwritten);
}

Status Write(Connection& tpm, const Handle& meter, const HardMeter& what) {
  HOLDFAST_TRY(const Handle counter, OpenGate(tpm, what.counter_index));
  HOLDFAST_TRY(Handle policy, GatePolicySession(tpm, counter, what.base));
  const auto contents = Sized<TPM2B_MAX_NV_BUFFER>(Writer().U32(0).U32(what.max).bytes());
  HOLDFAST_CHECK(tpm.Run({"TPM2_NV_Write of the meter", Subject::kMeter}, [&](ESYS_CONTEXT* esys) {
    return Esys_NV_Write(esys, meter.tr(), meter.tr(), policy.tr(), ESYS_TR_NONE, ESYS_TR_NONE, &contents, 0);
  }));
  policy.Ended();
  return {};
}

// PIN_PASS came with revision 1.38 of the specification.
Result<bool> KnowsPinPass(Connection& tpm) {
  constexpr uint32_t kFirstRevision = 138;
  Owned<TPMS_CAPABILITY_DATA> data;
  HOLDFAST_CHECK(tpm.Run({"TPM2_GetCapability of the revision"}, [&](ESYS_CONTEXT* esys) {
    return Esys_GetCapability(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_TPM_PROPERTIES,
                              TPM2_PT_REVISION, 1, nullptr, data.Receive());
  }));
  const TPML_TAGGED_TPM_PROPERTY& list = data->data.tpmProperties;
  return data->capability == TPM2_CAP_TPM_PROPERTIES && list.count == 1 &&
         list.tpmProperty[0].property == TPM2_PT_REVISION && list.tpmProperty[0].value >= kFirstRevision;
}

// By form a gate; what is wrong with it is said of the meter.
template <class T>
T OfMeter(T result) {
  if (!result && result.error().check == "tpm.gate")
    return Refused(
        "tpm.meter",
        "the meter's counter is not the one that the license was asked for with: " + result.error().message,
        "make a new request on this machine (holdfast request --new) and send it to the vendor");
  return result;
}

Result<std::optional<uint64_t>> Prepare(Connection& tpm, uint32_t counter_index) {
  HOLDFAST_TRY(const auto there, Find(tpm, MeterIndex(counter_index)));
  if (there && !there->of_this_form) return OfAnotherProgram(MeterIndex(counter_index));
  HOLDFAST_TRY(const uint64_t base, OfMeter(PrepareGate(tpm, counter_index)));
  if (!there) HOLDFAST_CHECK(Reserve(tpm, counter_index, base));
  return std::optional(base);
}

}  // namespace

Result<std::optional<uint64_t>> PrepareMeter(Connection& tpm, uint32_t counter_index) {
  HOLDFAST_TRY(const bool known, KnowsPinPass(tpm));
  if (!known) return std::nullopt;
  auto prepared = Prepare(tpm, counter_index);
  if (prepared || prepared.error().kind == ErrorKind::kUnavailable) return prepared;
  // It is the ledger that counts then. What was made of it takes nobody's space.
  static_cast<void>(DropMeter(tpm, counter_index));
  return std::nullopt;
}

Status ChargeMeter(Connection& tpm, const HardMeter& meter) {
  HOLDFAST_TRY(const uint64_t value, OfMeter(PrepareGate(tpm, meter.counter_index)));
  if (value > meter.base) return {};
  if (value == meter.base) {
    HOLDFAST_TRY(const Handle reserved, Reserve(tpm, meter.counter_index, meter.base));
    HOLDFAST_CHECK(OfMeter(Write(tpm, reserved, meter)));
  }
  HOLDFAST_CHECK(OfMeter(RetireGate(tpm, meter.counter_index, meter.base)));
  return {};
}

Status DropMeter(Connection& tpm, uint32_t counter_index) {
  HOLDFAST_TRY(auto meter, Find(tpm, MeterIndex(counter_index)));
  if (meter && meter->of_this_form) HOLDFAST_CHECK(Undefine(tpm, meter->handle));
  const NvPublic counter = GatePublic(counter_index);
  HOLDFAST_TRY(auto found, Find(tpm, counter_index));
  const bool ours =
      found && (Equal(found->name, NameOf(counter)) || Equal(found->name, NameOf(Unwritten(counter))));
  return ours ? Undefine(tpm, found->handle) : Status();
}

}  // namespace holdfast::tpm
