// The end of a license key: the gate moves once, and the AK says so, whatever was done to the index before.
#include "tests/agent/tpm/fixture.h"

namespace holdfast::testing {
namespace {

class RetireTest : public TpmTest {
 protected:
  void SetUp() override {
    TpmTest::SetUp();
    keys_ = Keys();
  }
  // The gate's value as it is attested.
  uint64_t Retired() {
    auto attest = tpm_->Retire(keys_, kQualifyingData);
    EXPECT_TRUE(attest) << attest.error().message;
    if (!attest) return 0;
    const PublicKey ak = *tpm::KeyOf(*tpm::ParsePublic(keys_.ak_public));
    EXPECT_TRUE(ak.Verify(SignatureAlgorithm::kEcdsaSha256, attest->attest,
                          tpm::ParseSignature(attest->signature)->raw, EcdsaForm::kRaw));
    const tpm::Attest parsed = *tpm::ParseAttest(attest->attest);
    EXPECT_TRUE(Equal(parsed.extra_data, kQualifyingData));
    const auto& nv = std::get<tpm::NvCertifyInfo>(parsed.attested);
    EXPECT_EQ(nv.index_name, tpm::NameOf(tpm::GatePublic(kGate)));
    Reader value(nv.contents);
    return value.U64();
  }
  KeySet keys_;
};

TEST_F(RetireTest, MovesTheGateByOneAndEndsTheKey) {
  ASSERT_TRUE(Signs(*tpm_, keys_));
  EXPECT_EQ(Retired(), keys_.gate_base + 1);
  EXPECT_EQ(CheckOf(tpm_->Sign(keys_, kDigest)), "tpm.gate");
}

TEST_F(RetireTest, AgainAttestsTheSameValue) {
  const uint64_t first = Retired();
  EXPECT_EQ(Retired(), first);
}

TEST_F(RetireTest, AfterARestartAttestsTheSameValue) {
  const uint64_t first = Retired();
  tpm_->Release();
  swtpm_->Reboot();
  tpm_ = Open(swtpm_->tcti());
  EXPECT_EQ(Retired(), first);
}

TEST_F(RetireTest, EndsEveryKeyUnderTheGateAndNoKeyMadeLater) {
  const KeySet sibling = Keys();
  ASSERT_EQ(sibling.gate_base, keys_.gate_base);
  Retired();
  EXPECT_FALSE(Signs(*tpm_, sibling));
  const KeySet later = Keys();
  EXPECT_TRUE(Signs(*tpm_, later));
  // The old proof is asked for again: that must not end what was made since.
  Retired();
  EXPECT_TRUE(Signs(*tpm_, later));
}

TEST_F(RetireTest, AGateThatWasDeletedIsMadeAnewAboveItsBase) {
  Administer("tpm2_nvundefine -C owner " + std::to_string(kGate));
  EXPECT_GT(Retired(), keys_.gate_base);
  EXPECT_FALSE(Signs(*tpm_, keys_));
}

TEST_F(RetireTest, AGateThatWasMovedAlreadyIsNotMovedAgain) {
  Administer("tpm2_nvincrement " + std::to_string(kGate));
  EXPECT_EQ(Retired(), keys_.gate_base + 1);
}

TEST_F(RetireTest, WithAnAkThatIsNotOfThisTpmTheGateStays) {
  auto other = SwTpm::Start(dir_.path() / "other", {.identity = "other"});
  auto other_tpm = Open(other->tcti());
  const KeySet foreign = *other_tpm->CreateKeys(kGate);
  KeySet mixed = keys_;
  mixed.ak_public = foreign.ak_public, mixed.ak_private = foreign.ak_private;
  EXPECT_EQ(CheckOf(tpm_->Retire(mixed, kQualifyingData)), "tpm.cleared");
  EXPECT_TRUE(Signs(*tpm_, keys_));
}

}  // namespace
}  // namespace holdfast::testing
