#include "agent/tpm/sealed_key.h"

#include <algorithm>

#include "agent/tpm/keys.h"
#include "agent/tpm/ledger_counter.h"
#include "agent/tpm/marshal.h"
#include "agent/tpm/sessions.h"
#include "protocol/byte_cursor.h"

namespace holdfast::tpm {
namespace {

// TPMT_PUBLIC of a KEYEDHASH object without scheme, up to the size of `unique` (Part 2, 12.2.4).
constexpr uint16_t kKeyedHash = 0x0008;
constexpr uint32_t kSealedAttributes = kFixedTpm | kFixedParent | kUserWithAuth | kNoDa;
constexpr uint16_t kUniqueSize = 32;

Bytes Head(uint16_t unique_size) {
  return Writer()
      .U16(kKeyedHash)
      .U16(static_cast<uint16_t>(Alg::kSha256))
      .U32(kSealedAttributes)
      .U16(0)  // no policy
      .U16(static_cast<uint16_t>(Alg::kNull))
      .U16(unique_size)
      .Take();
}

// ESAPI's buffer is overwritten before it is freed.
Secret Take(TPM2B_SENSITIVE_DATA& data) {
  Secret secret = Secret::CopyOf(View(data));
  explicit_bzero(&data, sizeof data);
  return secret;
}

Result<Secret> Unseal(Connection& tpm, const Primary& srk, const SealedKey& key, const Handle& session) {
  HOLDFAST_TRY(const TPM2B_PUBLIC object, DecodePublic(key.public_area));
  const auto wrapped = Sized<TPM2B_PRIVATE>(key.private_area);
  ESYS_TR tr = ESYS_TR_NONE;
  HOLDFAST_CHECK(tpm.Run({"TPM2_Load of the ledger's key", Subject::kKey}, [&](ESYS_CONTEXT* esys) {
    return Esys_Load(esys, srk.handle.tr(), ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &wrapped, &object,
                     &tr);
  }));
  const Handle sealed = Handle::Flushed(tpm, tr);
  Owned<TPM2B_SENSITIVE_DATA> data;
  HOLDFAST_CHECK(tpm.Run({"TPM2_Unseal of the ledger's key"}, [&](ESYS_CONTEXT* esys) {
    return Esys_Unseal(esys, sealed.tr(), session.tr(), ESYS_TR_NONE, ESYS_TR_NONE, data.Receive());
  }));
  Secret secret = Take(*data);
  if (secret.size() != kSealedKeySize)
    return Refused("tpm.cleared", "the ledger's key has " + std::to_string(secret.size()) + " octets");
  return secret;
}

Result<std::optional<uint64_t>> ReadIfThere(Connection& tpm, const LedgerCounter& counter,
                                            const Handle& session) {
  const auto opened = OpenCounter(tpm, counter);
  const auto value = opened ? ReadCounter(tpm, *opened, session.tr()) : tl::unexpected(opened.error());
  if (value) return std::optional(*value);
  if (value.error().check == "tpm.counter") return std::nullopt;
  return tl::unexpected(value.error());
}

}  // namespace

bool MatchesSealedKey(ByteView tpmt_public) {
  const Bytes head = Head(kUniqueSize);
  return tpmt_public.size() == head.size() + kUniqueSize &&
         std::equal(head.begin(), head.end(), tpmt_public.begin());
}

Result<SealedKey> SealKey(Connection& tpm, const Secret& key) {
  HOLDFAST_TRY(const Primary srk, OpenSrk(tpm));
  HOLDFAST_TRY(Handle session, SaltedSession(tpm, srk.handle, TPMA_SESSION_DECRYPT));
  HOLDFAST_TRY(const TPM2B_PUBLIC wanted, DecodePublic(Head(0)));
  TPM2B_SENSITIVE_CREATE sensitive{};
  sensitive.sensitive.data = Sized<TPM2B_SENSITIVE_DATA>(key.Reveal());
  const TPM2B_DATA no_info{};
  const TPML_PCR_SELECTION no_pcrs{};
  Owned<TPM2B_PRIVATE> wrapped;
  Owned<TPM2B_PUBLIC> made;
  const Status created =
      tpm.Run({"TPM2_Create of the ledger's key", Subject::kOwner}, [&](ESYS_CONTEXT* esys) {
        return Esys_Create(esys, srk.handle.tr(), session.tr(), ESYS_TR_NONE, ESYS_TR_NONE, &sensitive,
                           &wanted, &no_info, &no_pcrs, wrapped.Receive(), made.Receive(), nullptr, nullptr,
                           nullptr);
      });
  explicit_bzero(&sensitive, sizeof sensitive);
  HOLDFAST_CHECK(created);
  session.Ended();
  HOLDFAST_TRY(Bytes public_area, Encode(*made));
  if (!MatchesSealedKey(public_area))
    return Fail(ErrorKind::kUnavailable, "tpm.answer",
                "TPM2_Create of the ledger's key gave what was not asked for");
  return SealedKey{srk.public_area, std::move(public_area), ToBytes(View(*wrapped))};
}

Result<LedgerAnchor::Reading> ReadLedgerAnchor(Connection& tpm, const SealedKey& key,
                                               const LedgerCounter& counter) {
  if (!MatchesSealedKey(key.public_area) || !Fits<TPM2B_PRIVATE>(key.private_area))
    return Refused("tpm.cleared", "the ledger's key does not have the form of one");
  LedgerAnchor::Reading reading;
  HOLDFAST_TRY(Primary srk, OpenSrk(tpm, key.srk_public));
  HOLDFAST_TRY(Handle session,
               SaltedSession(tpm, srk.handle, TPMA_SESSION_ENCRYPT | TPMA_SESSION_CONTINUESESSION));
  HOLDFAST_TRY(reading.key, Unseal(tpm, srk, key, session));
  srk.handle.Release();
  HOLDFAST_TRY(reading.counter, ReadIfThere(tpm, counter, session));
  HOLDFAST_CHECK(session.SetSessionAttributes(TPMA_SESSION_AUDIT));
  HOLDFAST_TRY(reading.clock, ReadClock(tpm, session.tr()));
  session.Ended();
  return reading;
}

}  // namespace holdfast::tpm
