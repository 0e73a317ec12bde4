#include "tests/testing/return_proof.h"

#include "protocol/byte_cursor.h"
#include "tests/testing/tpm_encoding.h"

namespace holdfast::testing {
namespace {

tpm::Name NameOfArea(const Bytes& area) {
  return tpm::NameOf(*tpm::ParsePublic(area));
}

SignedReturnStatement Statement(const SoftwareTpm& tpm, const RequestOptions& options,
                                const Certificate& license, Time now, const ReturnLies& lies) {
  const ReturnStatement statement{
      .vendor = options.vendor,
      .product = options.product,
      .license = license.fields().subject.common_name,
      .serial = license.fields().serial,
      .certificate = lies.certificate.value_or(Sha256(license.der())),
      .created = now,
      .agent_version = "0.1.0",
      .gate = ReturnedGate{tpm::GateIndex(options.vendor, options.product), options.gate_base},
      .used = lies.used};
  const std::string input = JwsSigningInput(MessageType::kReturn, SignatureAlgorithm::kEcdsaSha256, {},
                                            FormatReturnStatement(statement));
  return ParseReturnStatement(FinishJws(input, tpm.license_key.SignSha256(AsBytes(input)))).value();
}

}  // namespace

ReturnProof BuildReturn(const SoftwareTpm& tpm, const RequestOptions& options, const Certificate& license,
                        const Bytes& nonce, Time now, const ReturnLies& lies) {
  ReturnProof proof{Statement(tpm, options, license, now, lies), nonce, {}};
  const tpm::Name ek = NameOfArea(PublicArea(tpm::EkTemplateBytes(tpm.ek_template), tpm.ek.public_key()));
  const tpm::Name ak = NameOfArea(PublicArea(tpm::AkTemplateBytes(), tpm.ak.public_key()));
  const ReturnedGate& gate = *proof.statement.statement.gate;
  tpm::Attest attest;
  attest.qualified_signer = tpm::QualifiedName(tpm::QualifiedName(tpm::kEndorsement, ek), ak);
  attest.extra_data = ToBytes(ReturnQualifyingData(proof.statement.compact, nonce));
  attest.clock = {tpm.clock_ms + 1000, tpm.reset_count, tpm.restart_count, true};
  attest.firmware = tpm.firmware;
  attest.attested =
      tpm::NvCertifyInfo{tpm::NameOf(tpm::GatePublic(gate.index)), 0, Writer().U64(gate.base + 1).Take()};
  const Bytes octets = EncodeAttest(attest);
  proof.gate = SignedAttest{octets, SignAttest(tpm.ak, octets)};
  return proof;
}

}  // namespace holdfast::testing
