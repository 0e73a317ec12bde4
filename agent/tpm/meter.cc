#include "agent/tpm/meter.h"

#include <algorithm>

#include "agent/tpm/keys.h"
#include "agent/tpm/marshal.h"
#include "agent/tpm/sessions.h"
#include "protocol/byte_cursor.h"

namespace holdfast::tpm {
namespace {

tl::unexpected<Error> Lost(std::string what) {
  return Refused("tpm.meter", std::move(what),
                 "its units cannot be told any more: ask the vendor, who can end this activation, and make a "
                 "new request (holdfast request --new)");
}

Result<Handle> OpenExactly(Connection& tpm, const NvPublic& wanted, const char* what) {
  ESYS_TR tr = ESYS_TR_NONE;
  HOLDFAST_CHECK(tpm.Run({"TPM2_NV_ReadPublic of the meter", Subject::kMeter}, [&](ESYS_CONTEXT* esys) {
    return Esys_TR_FromTPMPublic(esys, wanted.index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &tr);
  }));
  Handle opened = Handle::Closed(tpm, tr);
  HOLDFAST_TRY(const Bytes name, opened.Name());
  if (!Equal(name, NameOf(wanted))) return Lost(std::string(what) + " is not the one that was charged");
  return opened;
}

// Eight octets, which both are.
Result<Bytes> Read(Connection& tpm, const Step& step, ESYS_TR authority, const Handle& index,
                   const Handle& session) {
  static_assert(kMeterSize == sizeof(uint64_t));
  Owned<TPM2B_MAX_NV_BUFFER> data;
  HOLDFAST_CHECK(tpm.Run(step, [&](ESYS_CONTEXT* esys) {
    return Esys_NV_Read(esys, authority, index.tr(), session.tr(), ESYS_TR_NONE, ESYS_TR_NONE, kMeterSize, 0,
                        data.Receive());
  }));
  return ToBytes(View(*data));
}

// A meter that is opened, with the session that authenticates what the TPM says of it.
struct Opened {
  Handle counter, pin, session;
  int64_t used = 0;
};

Result<uint64_t> ReadCounter(Connection& tpm, const Handle& counter, const Handle& session) {
  HOLDFAST_TRY(const Bytes value, Read(tpm, {"TPM2_NV_Read of the meter's counter", Subject::kMeter},
                                       counter.tr(), counter, session));
  Reader reader(value);
  const uint64_t count = reader.U64();
  if (!reader.AtEnd())
    return Fail(ErrorKind::kUnavailable, "tpm.answer", "the meter's counter does not have the form of one");
  return count;
}

// What was counted by either: the counter is behind when a kill came between the two, and the meter when it was written again.
Result<int64_t> UsedBy(const HardMeter& meter, uint64_t counter, uint32_t pin_count, uint32_t pin_limit) {
  if (counter <= meter.base) return Lost("the meter was never charged");
  if (pin_limit != meter.max)
    return Lost("the meter was charged with " + std::to_string(pin_limit) + " units, and the license has " +
                std::to_string(meter.max));
  const uint64_t moved = std::min<uint64_t>(counter - meter.base - 1, meter.max);
  return static_cast<int64_t>(std::max<uint64_t>(moved, std::min(pin_count, pin_limit)));
}

Result<Opened> Open(Connection& tpm, const KeySet& keys, const HardMeter& meter) {
  HOLDFAST_TRY(Handle counter, OpenMeterCounter(tpm, meter.counter_index));
  HOLDFAST_TRY(Handle pin, OpenExactly(tpm, MeterPublic(meter.counter_index, meter.base), "the meter"));
  HOLDFAST_TRY(Primary srk, OpenSrk(tpm, keys.srk_public));
  HOLDFAST_TRY(Handle session, SaltedSession(tpm, srk.handle, TPMA_SESSION_CONTINUESESSION));
  srk.handle.Release();
  HOLDFAST_TRY(const uint64_t count, ReadCounter(tpm, counter, session));
  HOLDFAST_TRY(const Bytes contents,
               Read(tpm, {"TPM2_NV_Read of the meter", Subject::kOwner}, ESYS_TR_RH_OWNER, pin, session));
  Reader of_pin(contents);
  const uint32_t pin_count = of_pin.U32(), pin_limit = of_pin.U32();
  if (!of_pin.AtEnd())
    return Fail(ErrorKind::kUnavailable, "tpm.answer", "the meter does not have the form of one");
  HOLDFAST_TRY(const int64_t used, UsedBy(meter, count, pin_count, pin_limit));
  return Opened{std::move(counter), std::move(pin), std::move(session), used};
}

// One NV write each. The TPM refuses the first one when the meter is used up.
Status CountOne(Connection& tpm, const Opened& meter, const Handle& policy) {
  const TPM2B_NONCE none{};
  HOLDFAST_CHECK(tpm.Run({"TPM2_PolicySecret with the meter", Subject::kMeter}, [&](ESYS_CONTEXT* esys) {
    return Esys_PolicySecret(esys, meter.pin.tr(), policy.tr(), meter.session.tr(), ESYS_TR_NONE,
                             ESYS_TR_NONE, &none, &none, &none, 0, nullptr, nullptr);
  }));
  return tpm.Run({"TPM2_NV_Increment of the meter's counter", Subject::kMeter}, [&](ESYS_CONTEXT* esys) {
    return Esys_NV_Increment(esys, meter.counter.tr(), meter.counter.tr(), meter.session.tr(), ESYS_TR_NONE,
                             ESYS_TR_NONE);
  });
}

// Agents that count beside each other each begin at what they read. The TPM stops them at the limit, but not where root writes the meter
// again meanwhile, with a session that was kept (0100): whoever reads the counter last sees the units of all.
Result<bool> CountedWithinTheLimit(Connection& tpm, const HardMeter& meter, const Opened& opened) {
  HOLDFAST_TRY(const uint64_t count, ReadCounter(tpm, opened.counter, opened.session));
  return count > meter.base && count - meter.base - 1 <= meter.max;
}

}  // namespace

Result<Handle> OpenMeterCounter(Connection& tpm, uint32_t counter_index) {
  return OpenExactly(tpm, GatePublic(counter_index), "the meter's counter");
}

Result<int64_t> MeterUsed(Connection& tpm, const KeySet& keys, const HardMeter& meter) {
  HOLDFAST_TRY(const Opened opened, Open(tpm, keys, meter));
  return opened.used;
}

Result<HardMeters::Use> UseMeter(Connection& tpm, const KeySet& keys, const HardMeter& meter,
                                 int64_t amount) {
  HOLDFAST_TRY(const Opened opened, Open(tpm, keys, meter));
  if (amount < 1 || amount > meter.max - opened.used) return HardMeters::Use{false, opened.used};
  HOLDFAST_TRY(const Handle policy, PolicySession(tpm));
  for (int64_t i = 0; i < amount; i++) HOLDFAST_CHECK(CountOne(tpm, opened, policy));
  HOLDFAST_TRY(const bool within, CountedWithinTheLimit(tpm, meter, opened));
  if (!within) return HardMeters::Use{false, meter.max};
  return HardMeters::Use{true, opened.used + amount};
}

}  // namespace holdfast::tpm
