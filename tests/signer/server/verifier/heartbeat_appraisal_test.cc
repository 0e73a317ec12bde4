// Heartbeats: one that is as it should be, and at least one lie for each check, with everything else right.
#include "signer/server/verifier/heartbeat_appraisal.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "protocol/byte_cursor.h"
#include "protocol/tpm/templates.h"
#include "tests/testing/pki.h"
#include "tests/testing/tpm_encoding.h"

namespace holdfast {
namespace {

using testing::EncodeAttest;
using testing::PublicArea;
using testing::SignAttest;
using testing::TpmKey;

constexpr int64_t kBirth = 41, kStamp = 45;
constexpr uint32_t kMeterCounter = 0x01a84711;

// A host that reports, and what its vendor knows. A test changes one thing before Made() is called.
struct Scene {
  Scene() {
    CertificateFields fields = pki.LicenseFields(testing::TestPki::Terms());
    fields.subject_spki = license_key.public_key().spki();
    certificate = pki.IssueLicense(fields).der();
    ek_area = PublicArea(tpm::EkTemplateBytes(tpm::EkTemplate::kEccP256), ek.public_key());
    ak_area = PublicArea(tpm::AkTemplateBytes(), ak.public_key());
    const tpm::Name ek_name = NameOf(ek_area);
    report.vendor = "Northlight";
    report.product = "studio";
    report.license = "L-1";
    report.serial = fields.serial;
    report.certificate = Sha256(certificate);
    report.nonce = Bytes(kReportNonceSize, 7);
    report.sequence = 3;
    report.unanswered = {Sha256(Bytes{1}), Sha256(Bytes{2})};
    report.created = report.clock = testing::kPkiNow;
    report.agent_version = "0.1.0";
    report.ledger = {kBirth, kStamp, 0};
    expected = {.vendor = "Northlight",
                .product = "studio",
                .license = "L-1",
                .certificate = certificate,
                .ek_name = ek_name,
                .ak_public = ak_area,
                .ledger = LedgerPin{tpm::kLedgerCounterIndex, kBirth}};
    attest.qualified_signer =
        tpm::QualifiedName(tpm::QualifiedName(tpm::kEndorsement, ek_name), NameOf(ak_area));
    attest.clock = {1000, 2, 3, true};
    attest.firmware = 7;
    attest.attested = tpm::NvCertifyInfo{tpm::NameOf(tpm::GatePublic(tpm::kLedgerCounterIndex)), 0,
                                         Writer().U64(kStamp).Take()};
  }

  static tpm::Name NameOf(const Bytes& area) { return tpm::NameOf(tpm::ParsePublic(area).value()); }
  tpm::NvCertifyInfo& nv() { return std::get<tpm::NvCertifyInfo>(attest.attested); }

  Heartbeat Made() {
    const std::string input = JwsSigningInput(MessageType::kHeartbeat, SignatureAlgorithm::kEcdsaSha256, {},
                                              FormatHeartbeatReport(report));
    const TpmKey& by = signer ? *signer : license_key;
    Heartbeat heartbeat;
    heartbeat.report = ParseHeartbeatReport(FinishJws(input, by.SignSha256(AsBytes(input)))).value();
    if (!report.by_tpm) return heartbeat;
    attest.extra_data = ToBytes(HeartbeatQualifyingData(heartbeat.report.id));
    if (lie) lie(attest);
    const Bytes octets = EncodeAttest(attest);
    heartbeat.counter = SignedAttest{octets, SignAttest(ak_signer ? *ak_signer : ak, octets)};
    if (!meter_at) return heartbeat;
    tpm::Attest word = attest;
    word.attested =
        tpm::NvCertifyInfo{tpm::NameOf(tpm::GatePublic(kMeterCounter)), 0, Writer().U64(*meter_at).Take()};
    if (meter_lie) meter_lie(word);
    const Bytes meter_octets = EncodeAttest(word);
    heartbeat.meter = SignedAttest{meter_octets, SignAttest(meter_signer ? *meter_signer : ak, meter_octets)};
    return heartbeat;
  }
  // The license has a hard meter that was charged at 7, and the TPM's counter beside it has moved by so many units since.
  void CountHard(uint64_t units) {
    expected.meter = {"pages", MeterPin{kMeterCounter, 7}};
    meter_at = 7 + 1 + units;
    report.usage = {{"pages", MeterPeriod::kNever, Time{}, static_cast<int64_t>(units)}};
  }
  std::vector<std::string> Notes() {
    auto result = AppraiseHeartbeat(Made(), expected);
    return result ? result->notes : std::vector{result.error().check};
  }
  std::string Check() {
    auto result = AppraiseHeartbeat(Made(), expected);
    return result ? "" : result.error().check;
  }

  testing::TestPki pki;
  TpmKey license_key = TpmKey::Generate(KeyType::kEcP256), ek = TpmKey::Generate(KeyType::kEcP256),
         ak = TpmKey::Generate(KeyType::kEcP256), software = TpmKey::Generate(KeyType::kEcP256);
  Bytes certificate, ek_area, ak_area;
  HeartbeatReport report;
  HeartbeatExpectation expected;
  tpm::Attest attest;
  const TpmKey *signer = nullptr, *ak_signer = nullptr;
  std::function<void(tpm::Attest&)> lie;  // after the qualifying data is there
  std::optional<uint64_t> meter_at;  // what the counter of the hard meter stands at; absent: no word on it
  const TpmKey* meter_signer = nullptr;
  std::function<void(tpm::Attest&)> meter_lie;
};

struct Lie {
  const char* name;
  const char* check;
  std::function<void(Scene&)> tell;
};

const std::vector<Lie>& Lies() {
  static const std::vector<Lie> lies{
      {"AnotherVendor", "heartbeat.vendor", [](Scene& s) { s.report.vendor = "Somebody"; }},
      {"AnotherProduct", "heartbeat.product", [](Scene& s) { s.report.product = "render"; }},
      {"AnotherLicense", "heartbeat.license", [](Scene& s) { s.report.license = "L-2"; }},
      {"CertificateNeverSeen", "heartbeat.certificate", [](Scene& s) { s.report.certificate = {}; }},
      {"CertificateOfAnotherActivation", "heartbeat.certificate",
       [](Scene& s) { s.expected.certificate.push_back(0); }},
      {"WithoutATpmAlthoughThereIsOne", "heartbeat.class", [](Scene& s) { s.report.by_tpm = false; }},
      {"WithATpmAlthoughThereIsNone", "heartbeat.class",
       [](Scene& s) { s.expected.assurance = AssuranceClass::kHost; }},
      {"SignedByAnotherKey", "heartbeat.signature", [](Scene& s) { s.signer = &s.software; }},
      {"SignedByTheAk", "heartbeat.signature", [](Scene& s) { s.signer = &s.ak; }},
      {"NoAttestationKeyKept", "heartbeat.attestation_key", [](Scene& s) { s.expected.ak_public.clear(); }},
      {"AttestedInSoftware", "heartbeat.attest_signature", [](Scene& s) { s.ak_signer = &s.software; }},
      {"AttestedByTheLicenseKey", "heartbeat.attest_signature",
       [](Scene& s) { s.ak_signer = &s.license_key; }},
      {"QuoteInPlaceOfNvCertify", "heartbeat.attest_type",
       [](Scene& s) {
         s.attest.attested = tpm::QuoteInfo{{{tpm::Alg::kSha256, kQuotedPcrMask}}, Bytes(32, 1)};
       }},
      {"CertifyInPlaceOfNvCertify", "heartbeat.attest_type",
       [](Scene& s) {
         s.attest.attested = tpm::CertifyInfo{Bytes(34, 1), Bytes(34, 2)};
       }},
      {"AkUnderAnotherEk", "heartbeat.qualified_signer",
       [](Scene& s) { s.attest.qualified_signer.back() ^= 1; }},
      {"AkInTheOwnerHierarchy", "heartbeat.qualified_signer",
       [](Scene& s) {
         s.attest.qualified_signer = tpm::QualifiedName(tpm::QualifiedName(tpm::kOwner, s.expected.ek_name),
                                                        Scene::NameOf(s.ak_area));
       }},
      {"EkOfAnotherTpm", "heartbeat.qualified_signer", [](Scene& s) { s.expected.ek_name.back() ^= 1; }},
      {"AttestForAnotherReport", "heartbeat.qualifying_data",
       [](Scene& s) { s.lie = [](tpm::Attest& a) { a.extra_data[0] ^= 1; }; }},
      {"NoQualifyingData", "heartbeat.qualifying_data",
       [](Scene& s) { s.lie = [](tpm::Attest& a) { a.extra_data.clear(); }; }},
      {"AttestOverTheReportItself", "heartbeat.qualifying_data",
       [](Scene& s) {
         s.lie = [&s](tpm::Attest& a) { a.extra_data = ToBytes(Sha256(FormatHeartbeatReport(s.report))); };
       }},
      {"LicenseThatIsPinnedToNothing", "heartbeat.pin", [](Scene& s) { s.expected.ledger.reset(); }},
      {"AnotherIndexAttested", "heartbeat.counter_name",
       [](Scene& s) { s.nv().index_name = tpm::NameOf(tpm::GatePublic(tpm::kLedgerCounterIndex ^ 1)); }},
      {"LicensePinnedToAnotherIndex", "heartbeat.counter_name",
       [](Scene& s) { s.expected.ledger->index ^= 1; }},
      {"IndexThatIsNoCounter", "heartbeat.counter_name",
       [](Scene& s) {
         tpm::NvPublic ordinary = tpm::GatePublic(tpm::kLedgerCounterIndex);
         ordinary.attributes &= ~0x10u;  // nt = ORDINARY: it can be written back to any value
         s.nv().index_name = tpm::NameOf(ordinary);
       }},
      {"IndexNeverWritten", "heartbeat.counter_name",
       [](Scene& s) {
         tpm::NvPublic fresh = tpm::GatePublic(tpm::kLedgerCounterIndex);
         fresh.attributes &= ~tpm::kWritten;
         s.nv().index_name = tpm::NameOf(fresh);
       }},
      {"LowerHalfOfTheValue", "heartbeat.counter_contents",
       [](Scene& s) { s.nv().offset = 4, s.nv().contents = Writer().U32(kStamp).Take(); }},
      {"ValueAtAnOffset", "heartbeat.counter_contents", [](Scene& s) { s.nv().offset = 1; }},
      {"LongerThanTheValue", "heartbeat.counter_contents", [](Scene& s) { s.nv().contents.push_back(0); }},
      {"NoValue", "heartbeat.counter_contents", [](Scene& s) { s.nv().contents.clear(); }},
      {"LedgerOfYesterday", "heartbeat.stamp", [](Scene& s) { s.report.ledger.stamp--; }},
      {"CounterThatWentOn", "heartbeat.stamp",
       [](Scene& s) { s.nv().contents = Writer().U64(kStamp + 1).Take(); }},
      {"BornLaterThanItsStamp", "heartbeat.birth", [](Scene& s) { s.report.ledger.birth = kStamp + 1; }},
      {"MeterOfALicenseWithoutOne", "heartbeat.meter_attest",
       [](Scene& s) { s.CountHard(3), s.expected.meter.reset(); }},
      {"MeterAttestedInSoftware", "heartbeat.meter_attest",
       [](Scene& s) { s.CountHard(3), s.meter_signer = &s.software; }},
      {"MeterByAnotherEk", "heartbeat.meter_attest",
       [](Scene& s) {
         s.CountHard(3), s.meter_lie = [](tpm::Attest& a) { a.qualified_signer.back() ^= 1; };
       }},
      {"MeterOfAnotherReport", "heartbeat.meter_attest",
       [](Scene& s) { s.CountHard(3), s.meter_lie = [](tpm::Attest& a) { a.extra_data[0] ^= 1; }; }},
      {"QuoteInPlaceOfTheMeter", "heartbeat.meter_attest",
       [](Scene& s) {
         s.CountHard(3), s.meter_lie = [](tpm::Attest& a) {
           a.attested = tpm::QuoteInfo{{{tpm::Alg::kSha256, kQuotedPcrMask}}, Bytes(32, 1)};
         };
       }},
      {"LedgersCounterInPlaceOfTheMeters", "heartbeat.meter_name",
       [](Scene& s) {
         s.CountHard(3), s.meter_lie = [](tpm::Attest& a) {
           std::get<tpm::NvCertifyInfo>(a.attested).index_name =
               tpm::NameOf(tpm::GatePublic(tpm::kLedgerCounterIndex));
         };
       }},
      {"LicensePinnedToAnotherMeter", "heartbeat.meter_name",
       [](Scene& s) { s.CountHard(3), s.expected.meter->pin.index ^= 1; }},
      {"LowerHalfOfTheMetersValue", "heartbeat.meter_contents",
       [](Scene& s) {
         s.CountHard(3), s.meter_lie = [](tpm::Attest& a) {
           auto& nv = std::get<tpm::NvCertifyInfo>(a.attested);
           nv.offset = 4, nv.contents = Writer().U32(8).Take();
         };
       }},
  };
  return lies;
}

TEST(HeartbeatAppraisalTest, AGoodReportPassesAndSaysWhatItShows) {
  Scene scene;
  auto result = AppraiseHeartbeat(scene.Made(), scene.expected);
  ASSERT_TRUE(result) << result.error().check << ": " << result.error().message;
  EXPECT_EQ(result->counter, static_cast<uint64_t>(kStamp));
  EXPECT_EQ(result->clock.clock_ms, 1000u);
  EXPECT_EQ(result->clock.reset_count, 2u);
}

TEST(HeartbeatAppraisalTest, TheTpmProvesHowManyUnitsOfAHardMeterWereUsedAtLeast) {
  Scene scene;
  EXPECT_EQ(scene.Notes(), std::vector<std::string>{}) << "without one";
  scene.CountHard(3);
  EXPECT_EQ(scene.Notes(), std::vector<std::string>{});
  scene.report.usage[0].units = 5;
  EXPECT_EQ(scene.Notes(), std::vector<std::string>{})
      << "the ledger counted before, or a write was cut short";
  scene.report.usage[0].units = 2;
  EXPECT_EQ(scene.Notes(), std::vector<std::string>{"heartbeat.meter_understated"});
  scene.report.usage[0].limit = "prints";
  EXPECT_EQ(scene.Notes(), std::vector<std::string>{"heartbeat.meter_understated"});
  scene.meter_at.reset();
  EXPECT_EQ(scene.Notes(), std::vector<std::string>{"heartbeat.meter_unproven"});
}

TEST(HeartbeatAppraisalTest, OfAHostWithoutATpmNothingIsAttested) {
  Scene scene;
  scene.report.by_tpm = false;
  scene.expected.assurance = AssuranceClass::kHost;
  auto result = AppraiseHeartbeat(scene.Made(), scene.expected);
  ASSERT_TRUE(result) << result.error().check;
  EXPECT_EQ(result->counter, 0u);
  scene.signer = &scene.software;
  EXPECT_EQ(scene.Check(), "heartbeat.signature");
}

TEST(HeartbeatAppraisalTest, TheCountersWordCannotBeLeftOut) {
  Scene scene;
  Heartbeat heartbeat = scene.Made();
  heartbeat.counter.reset();
  EXPECT_EQ(AppraiseHeartbeat(heartbeat, scene.expected).error().check, "heartbeat.class");
}

TEST(HeartbeatAppraisalTest, TheCountersWordOfAnotherReportIsSeen) {
  Scene scene;
  const Heartbeat other = scene.Made();
  scene.report.nonce = Bytes(kReportNonceSize, 8);
  Heartbeat heartbeat = scene.Made();
  heartbeat.counter = other.counter;
  EXPECT_EQ(AppraiseHeartbeat(heartbeat, scene.expected).error().check, "heartbeat.qualifying_data");
}

TEST(HeartbeatAppraisalTest, EachLieIsSeenByTheCheckOfItsName) {
  for (const Lie& lie : Lies()) {
    Scene scene;
    ASSERT_EQ(scene.Check(), "") << lie.name;
    Scene liar;
    lie.tell(liar);
    EXPECT_EQ(liar.Check(), lie.check) << lie.name;
  }
}

TEST(HeartbeatAppraisalTest, EachCheckHasALie) {
  std::set<std::string_view> told;
  for (const Lie& lie : Lies()) told.insert(lie.check);
  const auto names = HeartbeatCheckNames();
  EXPECT_EQ(told, std::set<std::string_view>(names.begin(), names.end()));
}

TEST(HeartbeatAppraisalTest, WhatIsNoAttestationIsMalformed) {
  Scene scene;
  Heartbeat heartbeat = scene.Made();
  heartbeat.counter->attest[0] ^= 1;  // the magic
  EXPECT_EQ(AppraiseHeartbeat(heartbeat, scene.expected).error().check, "tpm.attest.magic");
  heartbeat = scene.Made();
  heartbeat.counter->signature.pop_back();
  EXPECT_EQ(AppraiseHeartbeat(heartbeat, scene.expected).error().kind, ErrorKind::kMalformed);
}

TEST(HeartbeatAppraisalTest, NoFlippedBitPasses) {
  Scene scene;
  const Heartbeat good = scene.Made();
  for (size_t i = 0; i < 8 * good.counter->attest.size(); i++) {
    Heartbeat bad = good;
    bad.counter->attest[i / 8] ^= static_cast<uint8_t>(1 << i % 8);
    EXPECT_FALSE(AppraiseHeartbeat(bad, scene.expected)) << i;
  }
  for (size_t i = 0; i < 8 * good.counter->signature.size(); i++) {
    Heartbeat bad = good;
    bad.counter->signature[i / 8] ^= static_cast<uint8_t>(1 << i % 8);
    EXPECT_FALSE(AppraiseHeartbeat(bad, scene.expected)) << i;
  }
  for (size_t i = 0; i < 8 * good.report.compact.size(); i++) {
    Heartbeat bad = good;
    std::string compact = good.report.compact;
    compact[i / 8] = static_cast<char>(compact[i / 8] ^ (1 << i % 8));
    auto parsed = ParseHeartbeatReport(compact);
    if (!parsed) continue;
    bad.report = std::move(*parsed);
    EXPECT_FALSE(AppraiseHeartbeat(bad, scene.expected)) << i;
  }
}

}  // namespace
}  // namespace holdfast
