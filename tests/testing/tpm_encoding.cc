#include "tests/testing/tpm_encoding.h"

#include "protocol/byte_cursor.h"

namespace holdfast::testing {
namespace {

// Of the template only what stands before `unique`: buffers whose lengths the template's type tells.
Bytes WithoutUnique(Bytes area, bool rsa) {
  Reader in(area);
  constexpr size_t kHead = 8;  // type, nameAlg, attributes
  in.Take(kHead);
  size_t policy = in.Sized16().size();
  bool storage = in.U16() == 0x0006;
  size_t parameters = (storage ? 6 : 2) + (rsa ? 2 + 6 : storage ? 2 + 4 : 4 + 4);
  area.resize(kHead + 2 + policy + parameters);
  return area;
}

void EncodeAttested(Writer& out, const tpm::CertifyInfo& info) {
  out.Sized16(info.name).Sized16(info.qualified_name);
}
void EncodeAttested(Writer& out, const tpm::NvCertifyInfo& info) {
  out.Sized16(info.index_name).U16(info.offset).Sized16(info.contents);
}
void EncodeAttested(Writer& out, const tpm::QuoteInfo& info) {
  out.U32(uint32_t(info.selection.size()));
  for (const tpm::PcrSelection& s : info.selection)
    out.U16(uint16_t(s.hash)).U8(3).U8(uint8_t(s.mask)).U8(uint8_t(s.mask >> 8)).U8(uint8_t(s.mask >> 16));
  out.Sized16(info.digest);
}

}  // namespace

Bytes EncodeAttest(const tpm::Attest& attest) {
  constexpr uint16_t kTypes[] = {0x8017, 0x8018, 0x8014};  // in the order of the variant
  Writer out;
  out.U32(0xff544347).U16(kTypes[attest.attested.index()]);
  out.Sized16(attest.qualified_signer).Sized16(attest.extra_data);
  out.U64(attest.clock.clock_ms).U32(attest.clock.reset_count).U32(attest.clock.restart_count);
  out.U8(attest.clock.safe).U64(attest.firmware);
  std::visit([&](const auto& info) { EncodeAttested(out, info); }, attest.attested);
  return out.Take();
}

Bytes SignAttest(const TpmKey& ak, ByteView attest) {
  Bytes raw = ak.SignSha256(attest);
  Writer out;
  out.U16(uint16_t(tpm::Alg::kEcdsa)).U16(uint16_t(tpm::Alg::kSha256));
  return out.Sized16(ByteView(raw).first(32)).Sized16(ByteView(raw).subspan(32, 32)).Take();
}

Bytes PublicArea(Bytes template_octets, const PublicKey& key) {
  bool rsa = key.type() == KeyType::kRsa;
  Writer out;
  out.Raw(WithoutUnique(std::move(template_octets), rsa));
  if (rsa) return out.Sized16(RsaModulus(key)).Take();
  return out.Sized16(key.EcX()).Sized16(key.EcY()).Take();
}

}  // namespace holdfast::testing
