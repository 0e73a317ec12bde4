// A (software) TPM, the agent's code on it, requests that they make together, and the vendor's policy for them.
#pragma once

#include <gtest/gtest.h>

#include <fstream>

#include "agent/tpm/tpm.h"
#include "protocol/armor.h"
#include "protocol/crypto/random.h"
#include "protocol/product_key.h"
#include "signer/server/verifier/appraisal.h"
#include "tests/testing/swtpm.h"
#include "tests/testing/temp_dir.h"

namespace holdfast {

inline constexpr char kVendor[] = "Northlight", kProduct[] = "studio";
inline const Time kNow = ParseTime("2026-11-22T12:00:00Z").value();
inline const Bytes kSeed(32, 0x5e);

template <class T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().check + ": " + result.error().message);
  return std::move(*result);
}

inline RequestContent ContentFor(Tpm& tpm, const KeySet& keys) {
  RequestContent content;
  content.product_key_id = "AAAAAAAAAAAAAAAAAAAAAA";
  content.vendor = kVendor;
  content.product = kProduct;
  content.created = kNow;
  content.agent_version = "0.1.0";
  content.ek_public = keys.ek_public, content.srk_public = keys.srk_public;
  content.ak_public = keys.ak_public, content.license_key_public = keys.license_key_public;
  content.gate_public = Must(tpm.GatePublic(keys));
  content.counter_public = tpm::GatePublic(tpm::kLedgerCounterIndex).encoded;
  content.ek_certificates = Must(tpm.EkCertificates(keys));
  return content;
}

inline ActivationRequest Sign(Tpm& tpm, const KeySet& keys, const std::string& text, const Sha256Digest& hash,
                              const RequestEvidence& evidence) {
  Bytes possession = Must(ProvePossession(Secret::CopyOf(kSeed), hash));
  Bytes payload = RequestPayload(text, evidence, possession);
  std::string input = JwsSigningInput(MessageType::kRequest, SignatureAlgorithm::kEcdsaSha256, {}, payload);
  return Must(ParseRequest(FinishJws(input, Must(tpm.Sign(keys, Sha256(AsBytes(input)))))));
}

inline ActivationRequest RequestBy(Tpm& tpm, const KeySet& keys, const LedgerCounter& counter) {
  std::string text = FormatRequestContent(ContentFor(tpm, keys));
  Sha256Digest hash = RequestContentHash(text);
  return Sign(tpm, keys, text, hash, Must(tpm.Attest(keys, counter, hash)));
}

class RealRequest : public ::testing::TestWithParam<tpm::EkTemplate> {
 protected:
  RealRequest() : swtpm_(testing::SwTpm::Start(dir_.path() / "tpm")) {
    // The agent prefers P-256, then P-384: others come to their turn when those have no certificate.
    if (GetParam() != tpm::EkTemplate::kEccP256) Administer("tpm2_nvundefine -C platform 0x01c0000a");
    if (GetParam() == tpm::EkTemplate::kRsa2048) Administer("tpm2_nvundefine -C platform 0x01c00016");
    tpm_ = Must(Tpm::Open(swtpm_->tcti()));
    keys_ = Must(tpm_->CreateKeys(tpm::GateIndex(kVendor, kProduct)));
    counter_.auth = RandomSecret(kCounterAuthSize);
    first_count_ = Must(tpm_->CreateCounter(counter_));
    policy_.vendor = kVendor;
    policy_.product = kProduct;
    policy_.possession_key = Must(PossessionPublicKey(Secret::CopyOf(kSeed)));
    policy_.assurance = {AssuranceClass::kVtpm};
    policy_.allow_simulator = true;
    policy_.ek_roots = {.version = 1, .roots = TestCa()};
  }

  void Administer(const std::string& commands) {
    testing::ShellResult ran = swtpm_->Tools(commands);
    if (ran.status != 0) throw std::runtime_error(ran.output);
  }

  // Root and issuing CA of swtpm_localca.
  std::vector<EkRoot> TestCa() {
    std::vector<EkRoot> roots;
    std::ifstream in(swtpm_->ca_chain());
    std::string text{std::istreambuf_iterator<char>(in), {}};
    for (ArmorBlock& block : Must(ParseArmor(text)))
      roots.push_back({EkRootClass::kSimulator, "swtpm", std::move(block.content)});
    return roots;
  }

  testing::TempDir dir_;
  std::unique_ptr<testing::SwTpm> swtpm_;
  std::unique_ptr<Tpm> tpm_;
  KeySet keys_;
  LedgerCounter counter_;
  uint64_t first_count_ = 0;
  AppraisalPolicy policy_;
};

inline auto EachEk() {
  return ::testing::Values(tpm::EkTemplate::kRsa2048, tpm::EkTemplate::kEccP256, tpm::EkTemplate::kEccP384);
}

}  // namespace holdfast
