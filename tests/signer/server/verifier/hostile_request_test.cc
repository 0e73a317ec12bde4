// One lie at a time: everything else in the request is right for what it covers, and the check that sees the
// lie is the one that is named.
#include <openssl/bn.h>

#include <fstream>
#include <set>

#include "protocol/byte_cursor.h"
#include "protocol/crypto/openssl_handles.h"
#include "tests/signer/server/verifier/appraisal_fixture.h"
#include "tests/testing/tpm_encoding.h"

namespace holdfast {
namespace {

using testing::RequestOptions;
using testing::SignAttest;
using testing::SoftwareTpm;
using testing::TpmKey;
using tpm::Attest;
using tpm::EkTemplate;

// The TPM that tells the lie, another machine of the same maker, and a key that the attacker has in software.
struct Stage {
  explicit Stage(EkTemplate ek) : tpm(ek) {}
  SoftwareTpm tpm;
  SoftwareTpm other;
  TpmKey software = TpmKey::Generate(KeyType::kEcP256);
  RequestOptions options;
  AppraisalPolicy policy = PolicyFor(tpm);
  testing::RequestLies& lies = options.lies;
};

struct Lie {
  const char* name;
  const char* check;
  std::function<void(Stage&)> tell;
  EkTemplate ek = EkTemplate::kEccP256;
};

// Offsets in a TPMT_PUBLIC.
constexpr size_t kNameAlg = 2, kAttributes = 4, kPolicySize = 8, kPolicy = 10;

std::function<void(Bytes&)> FlipAttribute(uint32_t bit) {
  return [bit](Bytes& area) {
    uint32_t value = Reader(ByteView(area).subspan(kAttributes)).U32() ^ bit;
    Bytes octets = Writer().U32(value).Take();
    std::copy(octets.begin(), octets.end(), area.begin() + kAttributes);
  };
}
std::function<void(Bytes&)> FlipOctet(size_t offset, uint8_t mask) {
  return [=](Bytes& octets) { octets.at(offset) ^= mask; };
}
// The last octet of a point's y: no longer on the curve.
void OffCurve(Bytes& area) {
  area.back() ^= 1;
}
void Truncate(Bytes& octets) {
  octets.pop_back();
}
void Lengthen(Bytes& octets) {
  octets.push_back(0);
}
void DropPolicy(Bytes& area) {
  area[kPolicySize + 1] = 0;
  area.erase(area.begin() + kPolicy, area.begin() + kPolicy + 32);
}

// A modulus with the fingerprint of CVE-2017-15361: k * M + (65537^a mod M), M the product of the first 126
// primes.
Bytes RocaModulus() {
  std::unique_ptr<BN_CTX, OpensslFree<BN_CTX_free>> context(BN_CTX_new());
  BignumPtr m(BN_new()), n(BN_new()), e(BN_new()), k(BN_new());
  BN_one(m.get());
  int found = 0;
  for (BN_ULONG candidate = 2; found < 126; candidate++) {
    bool prime = true;
    for (BN_ULONG d = 2; d * d <= candidate; d++) prime = prime && candidate % d != 0;
    if (prime) BN_mul_word(m.get(), candidate), found++;
  }
  BN_set_word(n.get(), 65537), BN_set_word(e.get(), 4711);
  BN_mod_exp(n.get(), n.get(), e.get(), m.get(), context.get());
  BN_one(k.get()), BN_lshift(k.get(), k.get(), 2047);  // about 2^2047 above: exactly 2048 bits
  BN_div(k.get(), nullptr, k.get(), m.get(), context.get());
  BN_add_word(k.get(), 1), BN_mul(m.get(), k.get(), m.get(), context.get());
  BN_add(n.get(), n.get(), m.get());
  Bytes modulus(256);
  BN_bn2binpad(n.get(), modulus.data(), 256);
  return modulus;
}

void Resign(SignedAttest& attest, const TpmKey& key) {
  attest.signature = SignAttest(key, attest.attest);
}

const std::vector<Lie>& Lies() {
  static const std::vector<Lie> lies{
      // The request as a message.
      {"OtherVendor", "request.product", [](Stage& s) { s.policy.vendor = "Someone else"; }},
      {"OtherProduct", "request.product", [](Stage& s) { s.policy.product = "render"; }},
      {"SignedByAnotherKey", "request.signature", [](Stage& s) { s.lies.request_signer = &s.software; }},
      {"SignedByTheAk", "request.signature", [](Stage& s) { s.lies.request_signer = &s.tpm.ak; }},
      {"PossessionChanged", "request.possession", [](Stage& s) { s.lies.possession = FlipOctet(20, 1); }},
      {"PossessionOfAnotherProductKey", "request.possession",
       [](Stage& s) { s.options.seed = Bytes(32, 0x77); }},
      {"PossessionOfAnotherRequest", "request.possession",
       [](Stage& s) {
         Bytes from_elsewhere = RequestOf(s.other).possession;
         s.lies.possession = [=](Bytes& proof) { proof = from_elsewhere; };
       }},
      {"CertifyOfAnotherRequest", "request.qualifying_data",
       [](Stage& s) { s.lies.certify = [](Attest& a) { a.extra_data[0] ^= 1; }; }},
      {"GateOfAnotherRequest", "request.qualifying_data",
       [](Stage& s) { s.lies.gate = [](Attest& a) { a.extra_data[31] ^= 1; }; }},
      {"CounterOfAnotherRequest", "request.qualifying_data",
       [](Stage& s) { s.lies.counter = [](Attest& a) { a.extra_data[16] ^= 1; }; }},
      {"CounterOfAnEarlierRequest", "request.qualifying_data",
       [](Stage& s) {
         SignedAttest earlier = RequestOf(s.tpm, {.host = "render-02"}).evidence.counter;
         s.lies.evidence = [=](RequestEvidence& evidence) { evidence.counter = earlier; };
       }},
      {"QuoteOfAnotherRequest", "request.qualifying_data",
       [](Stage& s) { s.lies.quote = [](Attest& a) { a.extra_data.push_back(0); }; }},
      {"NoQualifyingData", "request.qualifying_data",
       [](Stage& s) { s.lies.attest = [](Attest& a) { a.extra_data.clear(); }; }},
      {"AllAttestsOfAnotherRequest", "request.qualifying_data",
       [](Stage& s) {
         RequestEvidence earlier = RequestOf(s.tpm, {.host = "render-02"}).evidence;
         s.lies.evidence = [=](RequestEvidence& evidence) { evidence = earlier; };
       }},
      {"HostNameChangedAfterwards", "request.qualifying_data",
       [](Stage& s) {
         RequestEvidence honest = RequestOf(s.tpm, s.options).evidence;
         s.lies.content = [](RequestContent& content) { content.host["hostname"] = "render-99"; };
         s.lies.evidence = [=](RequestEvidence& evidence) { evidence = honest; };
       }},

      // The EK.
      {"EkNotFixedToItsTpm", "ek.template",
       [](Stage& s) { s.lies.ek_public = FlipAttribute(tpm::kFixedTpm); }},
      {"EkUsableWithPassword", "ek.template",
       [](Stage& s) { s.lies.ek_public = FlipAttribute(tpm::kUserWithAuth); }},
      {"EkNotRestricted", "ek.template",
       [](Stage& s) { s.lies.ek_public = FlipAttribute(tpm::kRestricted); }},
      {"EkThatSigns", "ek.template", [](Stage& s) { s.lies.ek_public = FlipAttribute(tpm::kSign); }},
      {"EkFromOutside", "ek.template",
       [](Stage& s) { s.lies.ek_public = FlipAttribute(tpm::kSensitiveDataOrigin); }},
      {"EkWithAnotherPolicy", "ek.template", [](Stage& s) { s.lies.ek_public = FlipOctet(kPolicy, 1); }},
      {"EkWithoutPolicy", "ek.template", [](Stage& s) { s.lies.ek_public = DropPolicy; }},
      {"EkWithAes256", "ek.template",
       [](Stage& s) { s.lies.ek_public = [](Bytes& area) { area[44] = 0x01, area[45] = 0x00; }; }},
      {"EkIsTheSrk", "ek.template",
       [](Stage& s) { s.lies.content = [](RequestContent& c) { c.ek_public = c.srk_public; }; }},
      {"EkWithExponent3", "ek.template", [](Stage& s) { s.lies.ek_public = FlipOctet(55, 3); },
       EkTemplate::kRsa2048},
      {"EkRsaNotRestricted", "ek.template",
       [](Stage& s) { s.lies.ek_public = FlipAttribute(tpm::kRestricted); }, EkTemplate::kRsa2048},
      {"EkP384WithoutUserAuth", "ek.template",
       [](Stage& s) { s.lies.ek_public = FlipAttribute(tpm::kUserWithAuth); }, EkTemplate::kEccP384},
      {"EkOffCurve", "ek.public_key", [](Stage& s) { s.lies.ek_public = OffCurve; }},
      {"EkOffCurveP384", "ek.public_key", [](Stage& s) { s.lies.ek_public = OffCurve; },
       EkTemplate::kEccP384},
      {"EkModulusTooSmall", "ek.public_key", [](Stage& s) { s.lies.ek_public = FlipOctet(58, 0x80); },
       EkTemplate::kRsa2048},
      {"EkRoca", "ek.roca",
       [](Stage& s) {
         s.lies.ek_public = [](Bytes& area) {
           Bytes modulus = RocaModulus();
           std::copy(modulus.begin(), modulus.end(), area.end() - 256);
         };
       },
       EkTemplate::kRsa2048},
      {"NoEkCertificate", "ek.certificate",
       [](Stage& s) { s.lies.content = [](RequestContent& c) { c.ek_certificates.clear(); }; }},
      {"EkCertificateOfAnUnknownMaker", "ek.path",
       [](Stage& s) { s.policy.ek_roots = s.other.authority.Bundle(EkRootClass::kDiscrete); }},
      {"EkCertificateIsNone", "ek.der",
       [](Stage& s) {
         s.lies.content = [](RequestContent& c) { c.ek_certificates = {ToBytes("not DER")}; };
       }},
      {"EkCertificateOfAnotherChip", "ek.key_match",
       [](Stage& s) {
         PublicKey key = s.other.ek.public_key();
         s.lies.ek_certificate = [=](auto& spec) { spec.key = key; };
       }},
      {"EkCertificateOfASimulator", "ek.simulator",
       [](Stage& s) { s.lies.ek_certificate = [](auto& spec) { spec.model = "swtpm"; }; }},
      {"EkUnderASimulatorsRoot", "ek.simulator",
       [](Stage& s) { s.policy.ek_roots = s.tpm.authority.Bundle(EkRootClass::kSimulator); }},
      {"EkOfAVirtualTpm", "ek.assurance",
       [](Stage& s) { s.policy.ek_roots = s.tpm.authority.Bundle(EkRootClass::kCloudVtpm); }},
      {"EkOfADeniedMaker", "ek.manufacturer",
       [](Stage& s) { s.policy.denied_manufacturers = {"id:53544D20"}; }},
      {"EkWithDeniedFirmware", "ek.firmware",
       [](Stage& s) {
         s.policy.denied_firmware = {{"", 0, UINT64_MAX}};
       }},

      // The AK.
      {"AkUnrestricted", "ak.template", [](Stage& s) { s.lies.ak_public = FlipAttribute(tpm::kRestricted); }},
      {"AkThatDecrypts", "ak.template", [](Stage& s) { s.lies.ak_public = FlipAttribute(tpm::kDecrypt); }},
      {"AkThatMoves", "ak.template", [](Stage& s) { s.lies.ak_public = FlipAttribute(tpm::kFixedTpm); }},
      {"AkThatMovesWithItsParent", "ak.template",
       [](Stage& s) { s.lies.ak_public = FlipAttribute(tpm::kFixedParent); }},
      {"AkFromOutside", "ak.template",
       [](Stage& s) { s.lies.ak_public = FlipAttribute(tpm::kSensitiveDataOrigin); }},
      {"AkThatCanBeLockedOut", "ak.template", [](Stage& s) { s.lies.ak_public = FlipAttribute(tpm::kNoDa); }},
      {"AkWithSha384Name", "ak.template", [](Stage& s) { s.lies.ak_public = FlipOctet(kNameAlg + 1, 0x07); }},
      {"AkWithSha384Scheme", "ak.template", [](Stage& s) { s.lies.ak_public = FlipOctet(15, 0x07); }},
      {"AkIsTheLicenseKey", "ak.template",
       [](Stage& s) { s.lies.content = [](RequestContent& c) { c.ak_public = c.license_key_public; }; }},
      {"AkOffCurve", "ak.public_key", [](Stage& s) { s.lies.ak_public = OffCurve; }},
      {"AkUnderAnotherEk", "ak.qualified_signer",
       [](Stage& s) { s.lies.quote = [](Attest& a) { a.qualified_signer[5] ^= 1; }; }},
      {"CounterSignedUnderAnotherEk", "ak.qualified_signer",
       [](Stage& s) { s.lies.counter = [](Attest& a) { a.qualified_signer[5] ^= 1; }; }},
      {"AkInTheOwnerHierarchy", "ak.qualified_signer",
       [](Stage& s) {
         tpm::Name ak = NameOf(
             tpm::ParsePublic(testing::PublicArea(tpm::AkTemplateBytes(), s.tpm.ak.public_key())).value());
         s.lies.attest = [=](Attest& a) { a.qualified_signer = tpm::QualifiedName(tpm::kOwner, ak); };
       }},

      // What the attests have in common.
      {"CertifySignedInSoftware", "attest.certify.signature",
       [](Stage& s) { s.lies.ak_signer = &s.software; }},
      {"CertifySignedByTheLicenseKey", "attest.certify.signature",
       [](Stage& s) { s.lies.ak_signer = &s.tpm.license_key; }},
      {"GateSignedInSoftware", "attest.gate.signature",
       [](Stage& s) { s.lies.evidence = [&s](auto& e) { Resign(e.gate, s.software); }; }},
      {"CounterSignedInSoftware", "attest.counter.signature",
       [](Stage& s) { s.lies.evidence = [&s](auto& e) { Resign(e.counter, s.software); }; }},
      {"CounterSignatureOfTheGate", "attest.counter.signature",
       [](Stage& s) { s.lies.evidence = [](auto& e) { e.counter.signature = e.gate.signature; }; }},
      {"QuoteSignedInSoftware", "attest.quote.signature",
       [](Stage& s) { s.lies.evidence = [&s](auto& e) { Resign(e.quote, s.software); }; }},
      {"CertifySignatureOfTheQuote", "attest.certify.signature",
       [](Stage& s) { s.lies.evidence = [](auto& e) { e.certify.signature = e.quote.signature; }; }},
      {"SignatureSaysSha384", "attest.gate.signature",
       [](Stage& s) { s.lies.evidence = [](auto& e) { e.gate.signature[3] ^= 0x07; }; }},
      {"CertifySlotHoldsTheQuote", "attest.certify.type",
       [](Stage& s) { s.lies.evidence = [](auto& e) { e.certify = e.quote; }; }},
      {"CertifySlotHoldsTheGate", "attest.certify.type",
       [](Stage& s) { s.lies.evidence = [](auto& e) { e.certify = e.gate; }; }},
      {"GateSlotHoldsTheCertify", "attest.gate.type",
       [](Stage& s) { s.lies.evidence = [](auto& e) { e.gate = e.certify; }; }},
      {"GateSlotHoldsTheQuote", "attest.gate.type",
       [](Stage& s) { s.lies.evidence = [](auto& e) { e.gate = e.quote; }; }},
      {"CounterSlotHoldsTheCertify", "attest.counter.type",
       [](Stage& s) { s.lies.evidence = [](auto& e) { e.counter = e.certify; }; }},
      {"CounterSlotHoldsTheQuote", "attest.counter.type",
       [](Stage& s) { s.lies.evidence = [](auto& e) { e.counter = e.quote; }; }},
      {"QuoteSlotHoldsTheCertify", "attest.quote.type",
       [](Stage& s) { s.lies.evidence = [](auto& e) { e.quote = e.certify; }; }},
      {"QuoteSlotHoldsTheGate", "attest.quote.type",
       [](Stage& s) { s.lies.evidence = [](auto& e) { e.quote = e.gate; }; }},
      {"RestartedBetweenAttests", "attest.clock",
       [](Stage& s) { s.lies.gate = [](Attest& a) { a.clock.reset_count++; }; }},
      {"SuspendedBetweenAttests", "attest.clock",
       [](Stage& s) { s.lies.quote = [](Attest& a) { a.clock.restart_count++; }; }},
      {"ClockGoesBack", "attest.clock",
       [](Stage& s) { s.lies.quote = [](Attest& a) { a.clock.clock_ms = 1; }; }},
      {"CounterAttestedBeforeARestart", "attest.clock",
       [](Stage& s) { s.lies.counter = [](Attest& a) { a.clock.reset_count--; }; }},
      {"CounterAttestedByAnotherFirmware", "attest.firmware",
       [](Stage& s) { s.lies.counter = [](Attest& a) { a.firmware++; }; }},
      {"TwoFirmwareVersions", "attest.firmware",
       [](Stage& s) { s.lies.gate = [](Attest& a) { a.firmware++; }; }},

      // The license key.
      {"KeyOffCurve", "key.public_key", [](Stage& s) { s.lies.license_key_public = OffCurve; }},
      {"KeyThatMoves", "key.template",
       [](Stage& s) { s.lies.license_key_public = FlipAttribute(tpm::kFixedTpm); }},
      {"KeyFromOutside", "key.template",
       [](Stage& s) { s.lies.license_key_public = FlipAttribute(tpm::kSensitiveDataOrigin); }},
      {"KeyUsableWithPassword", "key.template",
       [](Stage& s) { s.lies.license_key_public = FlipAttribute(tpm::kUserWithAuth); }},
      {"KeyThatCanBeDuplicated", "key.template",
       [](Stage& s) { s.lies.license_key_public = FlipAttribute(tpm::kFixedParent); }},
      {"KeyThatIsRestricted", "key.template",
       [](Stage& s) { s.lies.license_key_public = FlipAttribute(tpm::kRestricted); }},
      {"KeyWithoutPolicy", "key.template", [](Stage& s) { s.lies.license_key_public = DropPolicy; }},
      {"KeyWithPolicyForAnotherValue", "key.policy", [](Stage& s) { s.lies.policy_base = 6; }},
      {"KeyWithAnotherPolicy", "key.policy",
       [](Stage& s) { s.lies.license_key_public = FlipOctet(kPolicy, 1); }},
      {"SrkThatIsNotRestricted", "srk.template",
       [](Stage& s) { s.lies.srk_public = FlipAttribute(tpm::kRestricted); }},
      {"SrkFromOutside", "srk.template",
       [](Stage& s) { s.lies.srk_public = FlipAttribute(tpm::kSensitiveDataOrigin); }},
      {"CertifyOfAnotherKey", "certify.name",
       [](Stage& s) {
         s.lies.certify = [](Attest& a) { std::get<tpm::CertifyInfo>(a.attested).name[2] ^= 1; };
       }},
      {"CertifyOfAKeyUnderAnotherParent", "certify.qualified_name",
       [](Stage& s) {
         Bytes other = RequestOf(s.other).content.srk_public;
         s.lies.content = [=](RequestContent& content) { content.srk_public = other; };
       }},
      {"CertifyOfAKeyInTheEndorsementHierarchy", "certify.qualified_name",
       [](Stage& s) {
         s.lies.certify = [](Attest& a) {
           auto& info = std::get<tpm::CertifyInfo>(a.attested);
           info.qualified_name = tpm::QualifiedName(tpm::kEndorsement, info.name);
         };
       }},

      // The gate.
      {"GateOfAnotherProduct", "gate.index", [](Stage& s) { s.lies.gate_public = FlipOctet(3, 1); }},
      {"GateIsABitField", "gate.public", [](Stage& s) { s.lies.gate_public = FlipOctet(9, 0x30); }},
      {"GateIsOrdinary", "gate.public", [](Stage& s) { s.lies.gate_public = FlipOctet(9, 0x10); }},
      {"GateIsOrderly", "gate.public", [](Stage& s) { s.lies.gate_public = FlipOctet(6, 0x04); }},
      {"GateIsNotWritten", "gate.public", [](Stage& s) { s.lies.gate_public = FlipOctet(6, 0x20); }},
      {"GateHasADaProtectedAuth", "gate.public", [](Stage& s) { s.lies.gate_public = FlipOctet(6, 0x02); }},
      {"GateHasAnotherSize", "gate.public", [](Stage& s) { s.lies.gate_public = FlipOctet(13, 0x18); }},
      {"AttestOfAnotherIndex", "gate.name",
       [](Stage& s) {
         s.lies.gate = [](Attest& a) { std::get<tpm::NvCertifyInfo>(a.attested).index_name.back() ^= 1; };
       }},
      {"GateReadFromAnOffset", "gate.contents",
       [](Stage& s) {
         s.lies.gate = [](Attest& a) { std::get<tpm::NvCertifyInfo>(a.attested).offset = 1; };
       }},
      {"GateReadInPart", "gate.contents",
       [](Stage& s) {
         s.lies.gate = [](Attest& a) { std::get<tpm::NvCertifyInfo>(a.attested).contents.pop_back(); };
       }},
      {"GateReadTooFar", "gate.contents",
       [](Stage& s) {
         s.lies.gate = [](Attest& a) { std::get<tpm::NvCertifyInfo>(a.attested).contents.push_back(0); };
       }},

      // The ledger's counter.
      {"CounterAtAnotherPlace", "counter.index", [](Stage& s) { s.lies.counter_public = FlipOctet(3, 1); }},
      {"CounterIsTheGate", "counter.index",
       [](Stage& s) {
         s.lies.content = [](RequestContent& c) { c.counter_public = c.gate_public; };
         s.lies.evidence = [](auto& e) { e.counter = e.gate; };
       }},
      {"CounterIsABitField", "counter.public", [](Stage& s) { s.lies.counter_public = FlipOctet(9, 0x30); }},
      {"CounterIsOrdinary", "counter.public", [](Stage& s) { s.lies.counter_public = FlipOctet(9, 0x10); }},
      {"CounterIsOrderly", "counter.public", [](Stage& s) { s.lies.counter_public = FlipOctet(6, 0x04); }},
      {"CounterIsNotWritten", "counter.public", [](Stage& s) { s.lies.counter_public = FlipOctet(6, 0x20); }},
      {"CounterHasAnotherSize", "counter.public",
       [](Stage& s) { s.lies.counter_public = FlipOctet(13, 0x18); }},
      {"CounterSlotHoldsTheGate", "counter.name",
       [](Stage& s) { s.lies.evidence = [](auto& e) { e.counter = e.gate; }; }},
      {"CounterAttestOfAnotherIndex", "counter.name",
       [](Stage& s) {
         s.lies.counter = [](Attest& a) { std::get<tpm::NvCertifyInfo>(a.attested).index_name.back() ^= 1; };
       }},
      {"CounterReadFromAnOffset", "counter.contents",
       [](Stage& s) {
         s.lies.counter = [](Attest& a) { std::get<tpm::NvCertifyInfo>(a.attested).offset = 1; };
       }},
      {"CounterReadInPart", "counter.contents",
       [](Stage& s) {
         s.lies.counter = [](Attest& a) { std::get<tpm::NvCertifyInfo>(a.attested).contents.pop_back(); };
       }},
      {"CounterReadTooFar", "counter.contents",
       [](Stage& s) {
         s.lies.counter = [](Attest& a) { std::get<tpm::NvCertifyInfo>(a.attested).contents.push_back(0); };
       }},
      {"CounterThatNeverCounted", "counter.value", [](Stage& s) { s.options.counter = 0; }},
      {"CounterBeyondWhatTermsCanSay", "counter.value",
       [](Stage& s) { s.options.counter = tpm::kMaxLedgerCounter + 1; }},
      {"CounterThatIsNegativeInTheTerms", "counter.value", [](Stage& s) { s.options.counter = UINT64_MAX; }},

      // The quote.
      {"QuoteOfMorePcrs", "quote.selection",
       [](Stage& s) {
         s.lies.quote = [](Attest& a) { std::get<tpm::QuoteInfo>(a.attested).selection[0].mask |= 0x100; };
       }},
      {"QuoteOfFewerPcrs", "quote.selection",
       [](Stage& s) {
         s.lies.quote = [](Attest& a) { std::get<tpm::QuoteInfo>(a.attested).selection[0].mask &= 0x7f; };
       }},
      {"QuoteOfAnotherBank", "quote.selection",
       [](Stage& s) {
         s.lies.quote = [](Attest& a) {
           std::get<tpm::QuoteInfo>(a.attested).selection[0].hash = tpm::Alg::kSha384;
         };
       }},
      {"QuoteOfTwoBanks", "quote.selection",
       [](Stage& s) {
         s.lies.quote = [](Attest& a) {
           auto& selection = std::get<tpm::QuoteInfo>(a.attested).selection;
           selection.push_back(selection[0]);
         };
       }},
      {"QuoteOfNothing", "quote.selection",
       [](Stage& s) {
         s.lies.quote = [](Attest& a) { std::get<tpm::QuoteInfo>(a.attested).selection.clear(); };
       }},
      {"PcrShownButNotCovered", "quote.pcrs",
       [](Stage& s) { s.lies.evidence = [](auto& e) { e.pcrs[8] = Bytes(32); }; }},
      {"PcrCoveredButNotShown", "quote.pcrs",
       [](Stage& s) { s.lies.evidence = [](auto& e) { e.pcrs.erase(7); }; }},
      {"PcrChanged", "quote.digest", [](Stage& s) { s.lies.evidence = [](auto& e) { e.pcrs[4][0] ^= 1; }; }},
      {"PcrsInAnotherOrder", "quote.digest",
       [](Stage& s) { s.lies.evidence = [](auto& e) { std::swap(e.pcrs[0], e.pcrs[1]); }; }},

      // Structures that are none.
      {"AttestNotMadeByATpm", "tpm.attest.magic", [](Stage& s) { s.lies.certify_octets = FlipOctet(0, 1); }},
      {"AttestOfCreation", "tpm.attest.type", [](Stage& s) { s.lies.certify_octets = FlipOctet(5, 0x0d); }},
      {"AttestTruncated", "tpm.attest.size", [](Stage& s) { s.lies.gate_octets = Truncate; }},
      {"AttestWithATail", "tpm.attest.size", [](Stage& s) { s.lies.quote_octets = Lengthen; }},
      {"AreaWithReservedAttribute", "tpm.public.attributes",
       [](Stage& s) { s.lies.ak_public = FlipAttribute(1); }},
      {"AreaOfUnknownType", "tpm.public.type", [](Stage& s) { s.lies.ak_public = FlipOctet(0, 0xde); }},
      {"AreaTruncated", "tpm.public.size", [](Stage& s) { s.lies.license_key_public = Truncate; }},
      {"AreaWithATail", "tpm.public.size", [](Stage& s) { s.lies.srk_public = Lengthen; }},
      {"GateWithATail", "tpm.nv_public.size", [](Stage& s) { s.lies.gate_public = Lengthen; }},
      // The counter of a hard meter, which a request may have.
      {"MeterSignedInSoftware", "meter.attest",
       [](Stage& s) {
         s.options.meter = 7;
         s.lies.evidence = [&s](auto& e) { Resign(*e.meter, s.software); };
       }},
      {"MeterSlotHoldsTheQuote", "meter.attest",
       [](Stage& s) { s.lies.evidence = [](auto& e) { e.meter = e.quote; }; }},
      {"MeterOfAnotherRequest", "meter.attest",
       [](Stage& s) {
         s.options.meter = 7;
         const SignedAttest earlier = *RequestOf(s.tpm, {.host = "render-02", .meter = 7}).evidence.meter;
         s.lies.evidence = [=](RequestEvidence& evidence) { evidence.meter = earlier; };
       }},
      {"MeterByAnAkUnderAnotherEk", "meter.attest",
       [](Stage& s) {
         s.options.meter = 7;
         s.lies.meter = [](Attest& a) { a.qualified_signer[5] ^= 1; };
       }},
      {"MeterOfAnotherBoot", "meter.attest",
       [](Stage& s) {
         s.options.meter = 7;
         s.lies.meter = [](Attest& a) { a.clock.reset_count++; };
       }},
      {"MeterByOtherFirmware", "meter.attest",
       [](Stage& s) {
         s.options.meter = 7;
         s.lies.meter = [](Attest& a) { a.firmware++; };
       }},
      {"MeterAttestedBeforeTheOthers", "meter.attest",
       [](Stage& s) {
         s.options.meter = 7;
         s.lies.meter = [](Attest& a) { a.clock.clock_ms = 1; };
       }},
      {"MeterSlotHoldsTheGate", "meter.attest",
       [](Stage& s) { s.lies.evidence = [](auto& e) { e.meter = e.gate; }; }},
      {"MeterCounterOfAnotherProductKey", "meter.name",
       [](Stage& s) {
         s.options.meter = 7;
         s.lies.meter = [](Attest& a) {
           const uint32_t other = tpm::MeterCounterIndex("Northlight", "AAAAAAAAAAAAAAAAAAAAAQ");
           std::get<tpm::NvCertifyInfo>(a.attested).index_name = NameOf(tpm::GatePublic(other));
         };
       }},
      {"MeterCounterIsTheLedgers", "meter.name",
       [](Stage& s) {
         s.options.meter = 7;
         s.lies.meter = [](Attest& a) {
           std::get<tpm::NvCertifyInfo>(a.attested).index_name =
               NameOf(tpm::GatePublic(tpm::kLedgerCounterIndex));
         };
       }},
      {"MeterReadFromAnOffset", "meter.contents",
       [](Stage& s) {
         s.options.meter = 7;
         s.lies.meter = [](Attest& a) { std::get<tpm::NvCertifyInfo>(a.attested).offset = 1; };
       }},
      {"MeterReadInPart", "meter.contents",
       [](Stage& s) {
         s.options.meter = 7;
         s.lies.meter = [](Attest& a) { std::get<tpm::NvCertifyInfo>(a.attested).contents.pop_back(); };
       }},
      {"MeterThatNeverCounted", "meter.contents", [](Stage& s) { s.options.meter = 0; }},
      {"MeterBeyondWhatTermsCanSay", "meter.contents",
       [](Stage& s) { s.options.meter = tpm::kMaxLedgerCounter + 1; }},
      {"MeterAttestWithATail", "tpm.attest.size",
       [](Stage& s) {
         s.options.meter = 7;
         s.lies.evidence = [](auto& e) { e.meter->attest.push_back(0); };
       }},

      {"CounterWithATail", "tpm.nv_public.size", [](Stage& s) { s.lies.counter_public = Lengthen; }},
      {"CounterAttestTruncated", "tpm.attest.size", [](Stage& s) { s.lies.counter_octets = Truncate; }},
      {"SignatureOfAnotherScheme", "tpm.signature.scheme",
       [](Stage& s) { s.lies.evidence = [](auto& e) { e.quote.signature[1] = 0x14; }; }},
      {"SignatureWithATail", "tpm.signature.size",
       [](Stage& s) { s.lies.evidence = [](auto& e) { e.quote.signature.push_back(0); }; }},
  };
  return lies;
}

void PrintTo(const Lie& lie, std::ostream* out) {
  *out << lie.name;
}

class HostileRequest : public ::testing::TestWithParam<Lie> {};

TEST_P(HostileRequest, IsRefusedByTheCheckThatSeesIt) {
  Stage stage(GetParam().ek);
  GetParam().tell(stage);
  auto result = Appraise(RequestOf(stage.tpm, stage.options), stage.policy, kAppraisalTime);
  ASSERT_EQ(FailedCheck(result), GetParam().check) << (result ? "" : result.error().message);
  EXPECT_FALSE(result.error().message.empty());
  EXPECT_FALSE(result.error().advice.empty()) << "says not what to do";
}

INSTANTIATE_TEST_SUITE_P(Appraisal, HostileRequest, ::testing::ValuesIn(Lies()),
                         [](const auto& info) { return std::string(info.param.name); });

// A check that no lie can trip would be a check that does nothing.
TEST(HostileRequests, EveryCheckIsTrippedByOne) {
  std::set<std::string_view> tripped;
  for (const Lie& lie : Lies()) tripped.insert(lie.check);
  for (std::string_view name : AppraisalCheckNames()) EXPECT_TRUE(tripped.count(name)) << name;
}

TEST(HostileRequests, TheManualNamesEveryCheckInOrder) {
  std::ifstream in(HOLDFAST_SOURCE_DIR "/docs/appraisal.md");
  const std::string manual{std::istreambuf_iterator<char>(in), {}};
  size_t at = manual.find("| check |");
  for (std::string_view name : AppraisalCheckNames()) {
    size_t found = manual.find("`" + std::string(name) + "`", at);
    ASSERT_NE(found, std::string::npos) << name;
    at = found;
  }
}

}  // namespace
}  // namespace holdfast
