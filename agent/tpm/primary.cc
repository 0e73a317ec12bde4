// EK and SRK.
#include "agent/tpm/keys.h"
#include "agent/tpm/marshal.h"

namespace holdfast::tpm {
namespace {

struct Kind {
  ESYS_TR hierarchy;
  Bytes from_template;
  std::vector<TPM2_HANDLE> persistent;  // where it may be
  std::function<bool(const Public&)> matches;
  Step create;
};

Kind SrkKind() {
  return {ESYS_TR_RH_OWNER,
          SrkTemplateBytes(),
          {0x81000001},
          MatchesSrk,
          {"TPM2_CreatePrimary of the SRK", Subject::kOwner}};
}

Kind EkKind(EkTemplate which) {
  Kind kind{ESYS_TR_RH_ENDORSEMENT,
            EkTemplateBytes(which),
            {},
            {},
            {"TPM2_CreatePrimary of the EK", Subject::kEndorsement}};
  kind.matches = [which](const Public& object) { return MatchEk(object) == which; };
  switch (which) {  // TPM 2.0 Provisioning Guidance, 7.8; EK Credential Profile, 2.2.1.5
    case EkTemplate::kRsa2048:
      kind.persistent = {0x81010001};
      break;
    case EkTemplate::kEccP256:
      kind.persistent = {0x81010002, 0x8101000a};
      break;
    case EkTemplate::kEccP384:
      kind.persistent = {0x81010016};
      break;
  }
  return kind;
}

Status Check(const Kind& kind, ByteView public_area) {
  Result<Public> parsed = ParsePublic(public_area);
  if (parsed && kind.matches(*parsed)) return {};
  return Fail(ErrorKind::kUnavailable, "tpm.answer",
              std::string(kind.create.what) + " gave a key that was not asked for");
}

Result<Primary> Create(Connection& tpm, const Kind& kind) {
  HOLDFAST_TRY(const TPM2B_PUBLIC wanted, DecodePublic(kind.from_template));
  const TPM2B_SENSITIVE_CREATE no_auth{};
  const TPM2B_DATA no_info{};
  const TPML_PCR_SELECTION no_pcrs{};
  ESYS_TR tr = ESYS_TR_NONE;
  Owned<TPM2B_PUBLIC> made;
  HOLDFAST_CHECK(tpm.Run(kind.create, [&](ESYS_CONTEXT* esys) {
    return Esys_CreatePrimary(esys, kind.hierarchy, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &no_auth,
                              &wanted, &no_info, &no_pcrs, &tr, made.Receive(), nullptr, nullptr, nullptr);
  }));
  Handle handle = Handle::Flushed(tpm, tr);
  HOLDFAST_TRY(Bytes public_area, Encode(*made));
  HOLDFAST_CHECK(Check(kind, public_area));
  return Primary{std::move(handle), std::move(public_area)};
}

// ESAPI reads the public area and keeps only the Name for us: enough when we know which key it must be.
Result<Primary> OpenPersistent(Connection& tpm, const Kind& kind, TPM2_HANDLE at, ByteView pinned) {
  ESYS_TR tr = ESYS_TR_NONE;
  HOLDFAST_CHECK(tpm.Run({"TPM2_ReadPublic of a persistent key"}, [&](ESYS_CONTEXT* esys) {
    return Esys_TR_FromTPMPublic(esys, at, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &tr);
  }));
  Handle handle = Handle::Closed(tpm, tr);
  Bytes public_area = ToBytes(pinned);
  if (pinned.empty()) {
    Owned<TPM2B_PUBLIC> read;
    HOLDFAST_CHECK(tpm.Run({"TPM2_ReadPublic of a persistent key"}, [&](ESYS_CONTEXT* esys) {
      return Esys_ReadPublic(esys, tr, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, read.Receive(), nullptr,
                             nullptr);
    }));
    HOLDFAST_TRY(public_area, Encode(*read));
  }
  HOLDFAST_CHECK(Check(kind, public_area));
  HOLDFAST_TRY(Public parsed, ParsePublic(public_area));
  HOLDFAST_TRY(Bytes name, handle.Name());
  if (!Equal(name, NameOf(parsed))) return Refused("tpm.cleared", "the persistent key is another one");
  return Primary{std::move(handle), std::move(public_area)};
}

Result<Primary> Open(Connection& tpm, const Kind& kind, ByteView pinned) {
  for (TPM2_HANDLE at : kind.persistent) {
    HOLDFAST_TRY(bool there, tpm.HasPersistent(at));
    if (!there) continue;
    // Whatever else stands there is not ours to judge: the template decides.
    if (Result<Primary> found = OpenPersistent(tpm, kind, at, pinned)) return found;
  }
  if (std::optional<Handle> known = tpm.Recall(pinned)) return Primary{std::move(*known), ToBytes(pinned)};
  HOLDFAST_TRY(Primary made, Create(tpm, kind));
  if (!pinned.empty() && !Equal(made.public_area, pinned))
    return Refused(
        "tpm.cleared",
        std::string(kind.create.what) +
            " gave another key than the license was made with: the TPM was cleared, or it is another TPM",
        "make a new activation request on this machine; the vendor decides whether to move the license");
  // Who makes new keys wants their attests next. Later uses of a primary are rare, or load a child that is
  // remembered.
  if (pinned.empty()) tpm.Remember(made.public_area, made.handle);
  return made;
}

}  // namespace

Result<Primary> OpenSrk(Connection& tpm, ByteView pinned) {
  return Open(tpm, SrkKind(), pinned);
}

Result<Primary> OpenEk(Connection& tpm, EkTemplate which, ByteView pinned) {
  return Open(tpm, EkKind(which), pinned);
}

}  // namespace holdfast::tpm
