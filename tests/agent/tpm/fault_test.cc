// A TPM that says "later", loses answers, or lies.
#include "protocol/crypto/random.h"
#include "tests/agent/tpm/fixture.h"
#include "tests/testing/fault_proxy.h"

namespace holdfast::testing {
namespace {

const std::string kCommands[] = {"0x131", "0x176", "0x151", "0x153", "0x157", "0x165",
                                 "0x14E", "0x169", "0x17A", "0x148", "0x184", "0x158",
                                 "0x17E", "0x149", "0x15D", "0x147", "0x12A", "0x134"};
// CreatePrimary, StartAuthSession, PolicySecret, Create, Load, FlushContext, NV_Read, NV_ReadPublic,
// GetCapability, Certify, NV_Certify, Quote, PCR_Read, PolicyNV, Sign, ActivateCredential, NV_DefineSpace,
// NV_Increment

class FaultTest : public TpmTest {
 protected:
  void SetUp() override {
    TpmTest::SetUp();
    keys_ = Keys();
    Counter();
    credential_ = Credential(keys_, secret_);
  }
  // tpm_ speaks through a proxy with these rules from now on.
  void Inject(const std::string& rules) {
    tpm_->Release();
    proxy_ = std::make_unique<FaultProxy>(*swtpm_, rules);
    tpm_ = Open(proxy_->tcti());
  }
  void Cure() {
    tpm_ = Open(swtpm_->tcti());
    proxy_.reset();
  }
  void ExpectAllWorks() {
    EXPECT_EQ(CheckOf(tpm_->CreateKeys(kGate)), "");
    EXPECT_EQ(CheckOf(tpm_->EkCertificates(keys_)), "");
    EXPECT_EQ(CheckOf(tpm_->Attest(keys_, Counter(), kQualifyingData)), "");
    EXPECT_EQ(CheckOf(tpm_->ActivateCredential(keys_, credential_)), "");
    EXPECT_EQ(CheckOf(tpm_->Sign(keys_, kDigest)), "");
  }

  const Bytes secret_ = RandomBytes(32);
  KeySet keys_;
  Bytes credential_;
  std::unique_ptr<FaultProxy> proxy_;
};

class LaterTest : public FaultTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(LaterTest, EveryCommandIsSentAgain) {
  std::string rules;
  for (const std::string& command : kCommands) rules += "cc=" + command + ":rc=" + GetParam() + ":n=6,";
  Inject(rules);
  ExpectAllWorks();
  EXPECT_GT(waits_, 0);
}

TEST_P(LaterTest, PatienceEndsWithAnErrorThatInvitesToTryAgain) {
  Inject(std::string("cc=0x15D:rc=") + GetParam());
  auto signature = tpm_->Sign(keys_, kDigest);
  ASSERT_FALSE(signature);
  EXPECT_EQ(signature.error().check, "tpm.command");
  EXPECT_EQ(signature.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(signature.error().advice, ::testing::HasSubstr("try again"));
  EXPECT_EQ(waits_, 11);
}

INSTANTIATE_TEST_SUITE_P(
    EachCode, LaterTest,
    ::testing::Values("0x922", "0x920"));  // RETRY, which ESAPI repeats itself; NV_RATE, which it does not

TEST_F(FaultTest, LockoutIsNeverRetried) {
  Inject("cc=0x15D:rc=0x921");
  const auto signature = tpm_->Sign(keys_, kDigest);
  EXPECT_EQ(CheckOf(signature), "tpm.lockout");
  EXPECT_THAT(signature.error().advice, ::testing::HasSubstr("clear the lockout"));
  EXPECT_EQ(waits_, 0);
}

TEST_F(FaultTest, FullSlotsAreTriedOnceMore) {
  Inject("cc=0x131:rc=0x902:n=1,cc=0x176:rc=0x903:n=1");
  EXPECT_EQ(CheckOf(tpm_->Sign(keys_, kDigest)), "");
  Inject("cc=0x131:rc=0x902");
  EXPECT_EQ(CheckOf(tpm_->Sign(keys_, kDigest)), "tpm.command");
  EXPECT_EQ(waits_, 0);
}

TEST_F(FaultTest, FailureModeIsNamed) {
  Inject("cc=*:rc=0x101");
  auto signature = tpm_->Sign(keys_, kDigest);
  EXPECT_EQ(CheckOf(signature), "tpm.command");
  EXPECT_THAT(signature.error().message, ::testing::HasSubstr("failure mode"));
}

TEST_F(FaultTest, MissingCommandIsNamed) {
  Inject("cc=0x147:rc=0x143");
  EXPECT_EQ(CheckOf(tpm_->ActivateCredential(keys_, credential_)), "tpm.unsupported");
}

TEST_F(FaultTest, NoNvSpaceIsNamed) {
  Inject("cc=0x12A:rc=0x14b");
  EXPECT_EQ(CheckOf(tpm_->CreateKeys(kGate + 1)), "tpm.nv_space");
}

// NV_DefineSpace: ATTRIBUTES, where the type of an index is not known; the counter is there already.
TEST_F(FaultTest, WithoutPinPassIndexesThereIsNoHardMeter) {
  constexpr uint32_t kMeterCounter = 0x01a84711;
  ASSERT_TRUE(*tpm_->PrepareMeter(kMeterCounter));
  Administer("tpm2_nvundefine -C owner 0x01b84711");
  Inject("cc=0x12A:rc=0x2c2");
  const auto prepared = tpm_->PrepareMeter(kMeterCounter);
  ASSERT_TRUE(prepared) << prepared.error().message;
  EXPECT_FALSE(*prepared);
  Cure();
  EXPECT_EQ(CheckOf(tpm_->AttestMeter(keys_, kMeterCounter, kQualifyingData)), "tpm.meter")
      << "nothing is left behind";
}

// NV_Increment: the second of a unit's two writes. The unit is used, and was not granted.
TEST_F(FaultTest, AUnitThatWasCountedByHalfIsUsed) {
  constexpr uint32_t kMeterCounter = 0x01a84711;
  const auto base = tpm_->PrepareMeter(kMeterCounter);
  ASSERT_TRUE(base && *base);
  const HardMeter meter{kMeterCounter, **base, 3};
  ASSERT_TRUE(tpm_->ChargeMeter(meter));
  Inject("cc=0x134:rc=0x101");
  EXPECT_EQ(CheckOf(tpm_->UseMeter(keys_, meter, 2)), "tpm.command");
  Cure();
  EXPECT_EQ(tpm_->MeterUsed(keys_, meter).value_or(-1), 1);
  EXPECT_FALSE(tpm_->UseMeter(keys_, meter, 3)->granted);
  EXPECT_TRUE(tpm_->UseMeter(keys_, meter, 2)->granted);
}

const std::string kNoSuchCurve = "cc=0x131:rc=0x2e6";  // CreatePrimary: CURVE, parameter 2

TEST_F(FaultTest, EkThatTheTpmCannotMakeGivesWayToTheNext) {
  Inject(kNoSuchCurve + ":n=1");
  EXPECT_EQ(Keys().ek, tpm::EkTemplate::kEccP384);
}

TEST_F(FaultTest, TpmThatCannotMakeAnyEkIsNamed) {
  Administer("for i in 0x01c00002 0x01c0000a 0x01c00016; do tpm2_nvundefine -C platform $i; done");
  Inject(kNoSuchCurve);
  EXPECT_EQ(CheckOf(tpm_->CreateKeys(kGate)), "tpm.no_ek");
}

TEST_F(FaultTest, LostConnectionIsMadeAnewByTheNextCall) {
  for (const std::string& command : kCommands) {
    Inject("cc=" + command + ":at=1:close");
    (void)tpm_->CreateKeys(kGate);
    (void)tpm_->Attest(keys_, Counter(), kQualifyingData);
    (void)tpm_->ActivateCredential(keys_, credential_);
    (void)tpm_->Sign(keys_, kDigest);
    ExpectAllWorks();
  }
}

TEST_F(FaultTest, LostAnswersLeaveNothingThatTheNextCallCannotClean) {
  for (const char* command : {"0x131", "0x157", "0x176"}) {  // CreatePrimary, Load, StartAuthSession
    for (int i = 0; i < 3; i++) {
      Inject(std::string("cc=") + command + ":at=1:closeafter");
      EXPECT_EQ(CheckOf(tpm_->Sign(keys_, kDigest)), "tpm.command");
    }
    Cure();
    ExpectAllWorks();
  }
}

TEST_F(FaultTest, LostAnswerToTheFirstIncrementCostsNoBase) {
  Inject("cc=0x134:at=1:closeafter");
  EXPECT_EQ(CheckOf(tpm_->CreateKeys(kGate + 1)), "tpm.command");
  Result<KeySet> keys = tpm_->CreateKeys(kGate + 1);
  ASSERT_TRUE(keys) << keys.error().message;
  EXPECT_EQ(keys->gate_base, keys_.gate_base);  // the first value of a counter in a fresh TPM
  EXPECT_TRUE(Signs(*tpm_, *keys));
}

TEST_F(FaultTest, LostAnswerToDefineConverges) {
  Inject("cc=0x12A:at=1:closeafter");
  EXPECT_EQ(CheckOf(tpm_->CreateKeys(kGate + 1)), "tpm.command");
  EXPECT_EQ(CheckOf(tpm_->CreateKeys(kGate + 1)), "");
}

TEST_F(FaultTest, AlteredSecretIsNoticed) {
  for (int bit = 0; bit < 600; bit += 97) {
    Inject("cc=0x147:flip=" + std::to_string(bit));
    auto opened = tpm_->ActivateCredential(keys_, credential_);
    EXPECT_EQ(CheckOf(opened), "tpm.answer") << "bit " << bit;
  }
}

TEST_F(FaultTest, AlteredSignatureIsNoticed) {
  for (int bit : {100, 222, 300, 400}) {  // in r and in s
    Inject("cc=0x15D:flip=" + std::to_string(bit));
    EXPECT_EQ(CheckOf(tpm_->Sign(keys_, kDigest)), "tpm.answer") << "bit " << bit;
  }
}

template <class Info>
bool IsSigned(const SignedAttest& made, const KeySet& keys, const Sha256Digest& data, Info* info) {
  const PublicKey ak = *tpm::KeyOf(*tpm::ParsePublic(keys.ak_public));
  auto attest = tpm::ParseAttest(made.attest);
  auto signature = tpm::ParseSignature(made.signature);
  if (!attest || !signature || !std::holds_alternative<Info>(attest->attested)) return false;
  *info = std::get<Info>(attest->attested);
  return Equal(attest->extra_data, data) &&
         ak.Verify(SignatureAlgorithm::kEcdsaSha256, made.attest, signature->raw, EcdsaForm::kRaw);
}

// As the vendor will judge it.
void ExpectAnswerable(const RequestEvidence& evidence, const KeySet& keys, uint64_t count,
                      const Sha256Digest& data) {
  tpm::CertifyInfo certify;
  EXPECT_TRUE(IsSigned(evidence.certify, keys, data, &certify));
  EXPECT_EQ(certify.name, tpm::NameOf(*tpm::ParsePublic(keys.license_key_public)));
  tpm::NvCertifyInfo gate;
  EXPECT_TRUE(IsSigned(evidence.gate, keys, data, &gate));
  EXPECT_EQ(gate.index_name, tpm::NameOf(tpm::GatePublic(keys.gate_index)));
  EXPECT_EQ(gate.contents, Writer().U64(keys.gate_base).bytes());
  tpm::NvCertifyInfo counter;
  EXPECT_TRUE(IsSigned(evidence.counter, keys, data, &counter));
  EXPECT_EQ(counter.index_name, tpm::NameOf(tpm::GatePublic(tpm::kLedgerCounterIndex)));
  EXPECT_EQ(counter.contents, Writer().U64(count).bytes());
  tpm::QuoteInfo quote;
  EXPECT_TRUE(IsSigned(evidence.quote, keys, data, &quote));
  Bytes pcrs;
  for (const auto& [index, value] : evidence.pcrs) Append(pcrs, value);
  EXPECT_TRUE(Equal(quote.digest, Sha256(pcrs)));
}

TEST_F(FaultTest, GateThatMovedWhileARequestWasMadeIsNamed) {
  Administer("tpm2_nvincrement 0x1912345 -C 0x1912345");
  EXPECT_EQ(CheckOf(tpm_->Attest(keys_, Counter(), kQualifyingData)), "tpm.gate");
}

// With a lie in any one answer a call fails or what it gives is right.
TEST_F(FaultTest, NoLieIsBelieved) {
  PublicKey key = *tpm::KeyOf(*tpm::ParsePublic(keys_.license_key_public));
  for (const std::string& command : kCommands) {
    for (int bit :
         {17, 222, 777, 1400}) {  // of Certify and its like: sizes, the attest, its clock, the signature
      SCOPED_TRACE(command + " bit " + std::to_string(bit));
      Inject("cc=" + command + ":flip=" + std::to_string(bit));
      if (auto made = tpm_->CreateKeys(kGate)) {
        auto json = ParseJson(FormatKeySet(*made), 16384);
        EXPECT_TRUE(json && ParseKeySet(*json));
        if (auto evidence = tpm_->Attest(*made, Counter(), kQualifyingData))
          ExpectAnswerable(*evidence, *made, first_count_, kQualifyingData);
      }
      if (auto evidence = tpm_->Attest(keys_, Counter(), kQualifyingData))
        ExpectAnswerable(*evidence, keys_, first_count_, kQualifyingData);
      if (auto opened = tpm_->ActivateCredential(keys_, credential_)) {
        EXPECT_TRUE(Equal(opened->Reveal(), secret_));
      }
      if (auto signature = tpm_->Sign(keys_, kDigest)) {
        EXPECT_TRUE(key.VerifyDigest(SignatureAlgorithm::kEcdsaSha256, kDigest, *signature, EcdsaForm::kRaw));
      }
    }
  }
  Cure();
  ExpectAllWorks();
}

}  // namespace
}  // namespace holdfast::testing
