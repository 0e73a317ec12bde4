#include "protocol/byte_cursor.h"
#include "protocol/tpm/structures.h"

namespace holdfast::tpm {
namespace {

constexpr uint32_t kGenerated =
    0xff544347;  // TPM_GENERATED_VALUE: no restricted key signs it for anyone else
constexpr uint16_t kAttestNv = 0x8014, kAttestCertify = 0x8017, kAttestQuote = 0x8018;  // TPM_ST
constexpr uint32_t kMaxSelections = 16;                                                 // HASH_COUNT
constexpr uint8_t kPcrOctets = 3;                                                       // 24 PCRs

tl::unexpected<Error> Short() {
  return Malformed("tpm.attest.size", "the attestation ends early or has octets after its end");
}

Status ReadClock(Reader& in, ClockInfo& out) {
  out.clock_ms = in.U64();
  out.reset_count = in.U32();
  out.restart_count = in.U32();
  uint8_t safe = in.U8();
  if (safe > 1) return Malformed("tpm.attest.safe", "the clock's safe flag is neither 0 nor 1");
  out.safe = safe == 1;
  return {};
}

CertifyInfo ReadCertify(Reader& in) {
  CertifyInfo out;
  out.name = ToBytes(in.Sized16());
  out.qualified_name = ToBytes(in.Sized16());
  return out;
}

NvCertifyInfo ReadNv(Reader& in) {
  NvCertifyInfo out;
  out.index_name = ToBytes(in.Sized16());
  out.offset = in.U16();
  out.contents = ToBytes(in.Sized16());
  return out;
}

Result<PcrSelection> ReadSelection(Reader& in) {
  PcrSelection out;
  out.hash = static_cast<Alg>(in.U16());
  if (out.hash != Alg::kSha256 && out.hash != Alg::kSha384)
    return Malformed("tpm.attest.pcr_hash", "the quote is of a PCR bank other than SHA-256 and SHA-384");
  if (in.U8() != kPcrOctets)
    return Malformed("tpm.attest.pcr_size", "the quote's selection is not one of 24 PCRs");
  for (unsigned octet = 0; octet < kPcrOctets; octet++) out.mask |= uint32_t{in.U8()} << (8 * octet);
  return out;
}

Result<QuoteInfo> ReadQuote(Reader& in) {
  QuoteInfo out;
  uint32_t count = in.U32();
  if (count > kMaxSelections)
    return Malformed("tpm.attest.pcr_count", "the quote selects from too many PCR banks");
  for (uint32_t i = 0; i < count; i++) {
    HOLDFAST_TRY(PcrSelection selection, ReadSelection(in));
    out.selection.push_back(selection);
  }
  out.digest = ToBytes(in.Sized16());
  return out;
}

Status ReadAttested(Reader& in, uint16_t type, Attest& out) {
  switch (type) {
    case kAttestCertify:
      out.attested = ReadCertify(in);
      return {};
    case kAttestNv:
      out.attested = ReadNv(in);
      return {};
    case kAttestQuote: {
      HOLDFAST_TRY(out.attested, ReadQuote(in));
      return {};
    }
    default:
      return Malformed("tpm.attest.type", "the attestation is neither Certify, Quote nor NV_Certify");
  }
}

}  // namespace

Result<Attest> ParseAttest(ByteView tpms_attest) {
  Reader in(tpms_attest);
  Attest out;
  if (in.U32() != kGenerated)
    return Malformed("tpm.attest.magic", "the attestation does not begin with TPM_GENERATED_VALUE");
  uint16_t type = in.U16();
  out.qualified_signer = ToBytes(in.Sized16());
  out.extra_data = ToBytes(in.Sized16());
  HOLDFAST_CHECK(ReadClock(in, out.clock));
  out.firmware = in.U64();
  if (in.failed()) return Short();
  HOLDFAST_CHECK(ReadAttested(in, type, out));
  if (!in.AtEnd()) return Short();
  out.encoded = ToBytes(tpms_attest);
  return out;
}

}  // namespace holdfast::tpm
