#include "agent/tpm/ledger_counter.h"

#include "agent/tpm/marshal.h"
#include "protocol/byte_cursor.h"

namespace holdfast::tpm {
namespace {

constexpr Subject kSubject = Subject::kCounter;

NvPublic Unwritten(uint32_t index) {
  NvPublic area = GatePublic(index);
  area.attributes = kGateAttributes;
  area.encoded = EncodeNvPublic(area);
  return area;
}

Status SetAuth(Connection& tpm, const Handle& counter, const Secret& auth) {
  auto value = Sized<TPM2B_AUTH>(auth.Reveal());
  Status set = tpm.Run({"Esys_TR_SetAuth"},
                       [&](ESYS_CONTEXT* esys) { return Esys_TR_SetAuth(esys, counter.tr(), &value); });
  explicit_bzero(&value, sizeof value);
  return set;
}

Result<Handle> Open(Connection& tpm, uint32_t index) {
  ESYS_TR tr = ESYS_TR_NONE;
  HOLDFAST_CHECK(tpm.Run({"TPM2_NV_ReadPublic of the ledger's counter", kSubject}, [&](ESYS_CONTEXT* esys) {
    return Esys_TR_FromTPMPublic(esys, index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &tr);
  }));
  return Handle::Closed(tpm, tr);
}

// Of whatever stands at the index.
Result<std::optional<Bytes>> NameAt(Connection& tpm, uint32_t index) {
  const auto found = Open(tpm, index);
  if (!found && found.error().check == "tpm.counter") return std::nullopt;
  if (!found) return tl::unexpected(found.error());
  HOLDFAST_TRY(Bytes name, found->Name());
  return std::optional(std::move(name));
}

Status Increment(Connection& tpm, const Handle& counter) {
  return tpm.Run({"TPM2_NV_Increment of the ledger's counter", kSubject}, [&](ESYS_CONTEXT* esys) {
    return Esys_NV_Increment(esys, counter.tr(), counter.tr(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE);
  });
}

// Only what is of our form: another program's index stays.
Status RemoveEarlier(Connection& tpm, uint32_t index) {
  HOLDFAST_TRY(Handle earlier, Open(tpm, index));
  HOLDFAST_TRY(const Bytes name, earlier.Name());
  if (!Equal(name, NameOf(Unwritten(index))) && !Equal(name, NameOf(GatePublic(index)))) {
    return Fail(
        ErrorKind::kConflict, "tpm.nv_conflict",
        "NV index 0x" + HexEncode(Writer().U32(index).bytes()) + " is in use by another program",
        "find the program that uses it (tpm2_nvreadpublic) and remove the index, then run the command again");
  }
  HOLDFAST_CHECK(
      tpm.Run({"TPM2_NV_UndefineSpace of the ledger's counter", Subject::kOwner}, [&](ESYS_CONTEXT* esys) {
        return Esys_NV_UndefineSpace(esys, ESYS_TR_RH_OWNER, earlier.tr(), ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                     ESYS_TR_NONE);
      }));
  earlier.Ended();
  return {};
}

Result<Handle> Define(Connection& tpm, const LedgerCounter& counter) {
  const NvPublic area = Unwritten(counter.index);
  auto auth = Sized<TPM2B_AUTH>(counter.auth.Reveal());
  const TPM2B_NV_PUBLIC wanted = {.nvPublic = {.nvIndex = counter.index,
                                               .nameAlg = static_cast<TPM2_ALG_ID>(area.name_alg),
                                               .attributes = area.attributes,
                                               .authPolicy = {},
                                               .dataSize = area.data_size}};
  ESYS_TR tr = ESYS_TR_NONE;
  const Status defined =
      tpm.Run({"TPM2_NV_DefineSpace of the ledger's counter", Subject::kOwner}, [&](ESYS_CONTEXT* esys) {
        return Esys_NV_DefineSpace(esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                                   &auth, &wanted, &tr);
      });
  explicit_bzero(&auth, sizeof auth);
  HOLDFAST_CHECK(defined);
  return Handle::Closed(tpm, tr);
}

tl::unexpected<Error> Elsewhere(uint64_t value, uint64_t to) {
  return Refused("tpm.counter",
                 "the ledger's counter is " + std::to_string(value) + " where it should become " +
                     std::to_string(to) + ": something else increments it",
                 "restart the agent; then make a new request on this machine (holdfast request --new) and "
                 "send it to the vendor");
}

}  // namespace

Result<bool> HasCounter(Connection& tpm, uint32_t index) {
  HOLDFAST_TRY(const auto name, NameAt(tpm, index));
  return name && !Equal(*name, NameOf(Unwritten(index)));
}

Result<uint64_t> MakeCounter(Connection& tpm, const LedgerCounter& counter) {
  HOLDFAST_TRY(const auto earlier, NameAt(tpm, counter.index));
  if (earlier) HOLDFAST_CHECK(RemoveEarlier(tpm, counter.index));
  HOLDFAST_TRY(const Handle made, Define(tpm, counter));
  HOLDFAST_CHECK(SetAuth(tpm, made, counter.auth));
  HOLDFAST_CHECK(Increment(tpm, made));
  return ReadCounter(tpm, made, ESYS_TR_PASSWORD);
}

Result<Handle> OpenCounter(Connection& tpm, const LedgerCounter& counter) {
  HOLDFAST_TRY(Handle opened, Open(tpm, counter.index));
  HOLDFAST_TRY(const Bytes name, opened.Name());
  if (!Equal(name, NameOf(GatePublic(counter.index))))
    return Refused("tpm.counter", "the ledger's counter was deleted and something else made in its place",
                   "restart the agent; then make a new request on this machine (holdfast request --new) and "
                   "send it to the vendor");
  HOLDFAST_CHECK(SetAuth(tpm, opened, counter.auth));
  return opened;
}

Result<uint64_t> ReadCounter(Connection& tpm, const Handle& counter, ESYS_TR session) {
  Owned<TPM2B_MAX_NV_BUFFER> data;
  HOLDFAST_CHECK(tpm.Run({"TPM2_NV_Read of the ledger's counter", kSubject}, [&](ESYS_CONTEXT* esys) {
    return Esys_NV_Read(esys, counter.tr(), counter.tr(), session, ESYS_TR_NONE, ESYS_TR_NONE,
                        sizeof(uint64_t), 0, data.Receive());
  }));
  Reader octets(View(*data));
  const uint64_t value = octets.U64();
  if (!octets.AtEnd() || value == 0 || value > kMaxLedgerCounter)
    return Fail(ErrorKind::kUnavailable, "tpm.answer", "the ledger's counter does not have the form of one");
  return value;
}

Status AdvanceCounter(Connection& tpm, const LedgerCounter& counter, uint64_t to) {
  HOLDFAST_TRY(const Handle opened, OpenCounter(tpm, counter));
  HOLDFAST_TRY(const uint64_t value, ReadCounter(tpm, opened, ESYS_TR_PASSWORD));
  if (value + 1 != to) return Elsewhere(value, to);
  return Increment(tpm, opened);
}

Result<ClockInfo> ReadClock(Connection& tpm, ESYS_TR audit) {
  Owned<TPMS_TIME_INFO> time;
  HOLDFAST_CHECK(tpm.Run({"TPM2_ReadClock"}, [&](ESYS_CONTEXT* esys) {
    return Esys_ReadClock(esys, audit, ESYS_TR_NONE, ESYS_TR_NONE, time.Receive());
  }));
  const TPMS_CLOCK_INFO& clock = time->clockInfo;
  return ClockInfo{clock.clock, clock.resetCount, clock.restartCount, clock.safe == TPM2_YES};
}

}  // namespace holdfast::tpm
