// Returns at the vendor's: what is credited, what is not, and that it converges whatever fails.
#include "signer/server/licensing/returns.h"

#include "protocol/return_nonce.h"
#include "tests/signer/server/licensing/faults.h"
#include "tests/signer/server/licensing/licensing_fixture.h"
#include "tests/testing/return_proof.h"

namespace holdfast {
namespace {

using testing::SoftwareTpm;

class ReturnTest : public LicensingTest {
 protected:
  void SetUp() override {
    LicensingTest::SetUp();
    Trust(tpm_);
  }
  ActivationRecord Activate(SoftwareTpm& tpm, const ProductKey& key) {
    auto answered = Answer(RequestFor(tpm, key));
    EXPECT_TRUE(answered) << answered.error().check << ": " << answered.error().message;
    return answered->activation;
  }
  // What the host of `tpm` makes when it returns what was issued for `activation`.
  std::string ProofOf(const SoftwareTpm& tpm, const ActivationRecord& activation, const Bytes& nonce = {},
                      const testing::ReturnLies& lies = {}) {
    testing::RequestOptions options;
    options.vendor = settings_.vendor;
    options.product = "acme-cad";
    const auto license = Certificate::Parse(activation.certificate, CertificateProfile::kLicense).value();
    return ArmorReturnProof(BuildReturn(tpm, options, license, nonce, now_, lies));
  }
  Result<AcceptedReturn> Accept(const std::string& file, const AcceptOptions& options = {}) {
    return AcceptReturn(*store_, settings_.vendor, {now_, "test"}, file, options);
  }
  std::string AcceptCheck(const std::string& file) {
    auto accepted = Accept(file);
    return accepted ? "" : accepted.error().check;
  }
  Result<std::string> NonceFor(const ActivationRecord& activation) {
    return MakeReturnNonce(*store_, signer_, *signer_.GetStatus(), settings_.vendor, {now_, "test"},
                           activation);
  }
  SoftwareTpm tpm_;
};

TEST_F(ReturnTest, FreesThePlaceAndTellsTheList) {
  const ProductKey key = Sell();
  const ActivationRecord activation = Activate(tpm_, key);
  auto accepted = Accept(ProofOf(tpm_, activation));
  ASSERT_TRUE(accepted) << accepted.error().check << ": " << accepted.error().message;
  EXPECT_TRUE(accepted->proven);
  EXPECT_FALSE(accepted->newer_than);
  EXPECT_FALSE(accepted->repeated);
  EXPECT_EQ(accepted->ended, std::vector<std::string>{activation.id});
  EXPECT_EQ(ActivationsUsed(), 0);
  const Crl list = CurrentList();
  const auto entry = list.Find(activation.serial);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->reason, RevocationReason::kCessationOfOperation);
  SoftwareTpm other = SiblingOf(tpm_);
  EXPECT_TRUE(Answer(RequestFor(other, key)));
}

TEST_F(ReturnTest, CountsOnce) {
  const ActivationRecord activation = Activate(tpm_, Sell());
  const std::string proof = ProofOf(tpm_, activation);
  ASSERT_TRUE(Accept(proof));
  now_ += Seconds{86400};
  const auto again = Accept(proof);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(again->accepted, now_ - Seconds{86400});
  EXPECT_TRUE(store_->VerifyAudit());
}

TEST_F(ReturnTest, OfASuspendedLicenseIsCredited) {
  const ActivationRecord activation = Activate(tpm_, Sell());
  ASSERT_TRUE(licensing_->SetStatus("test", license_, LicenseStatus::kSuspended));
  EXPECT_EQ(AcceptCheck(ProofOf(tpm_, activation)), "");
}

// A forged AK beside a genuine EK is answered, and the answer supersedes the genuine license; but nobody can open it
// (decisions/0024). Were its return credited, the genuine host would go on, and another one be activated.
TEST_F(ReturnTest, OfALicenseThatNobodyOpenedIsRefused) {
  const ProductKey key = Sell();
  const ActivationRecord genuine = Activate(tpm_, key);
  SoftwareTpm forged = tpm_;
  forged.ak = testing::TpmKey::Generate(KeyType::kEcP256);
  NewLicenseKey(forged);
  const ActivationRecord never_opened = Activate(forged, key);
  EXPECT_EQ(AcceptCheck(ProofOf(forged, never_opened, {}, {Sha256(genuine.certificate)})),
            "return.certificate");
  EXPECT_EQ(AcceptCheck(ProofOf(forged, never_opened, {}, {Sha256Digest{}})), "return.certificate");
  EXPECT_EQ(ActivationsUsed(), 1);
  EXPECT_EQ(AcceptCheck(ProofOf(forged, never_opened)), "") << "control: the certificate is what is missing";
}

TEST_F(ReturnTest, OfASupersededLicenseEndsItsSuccessorUnderTheSameGate) {
  const ProductKey key = Sell();
  const ActivationRecord first = Activate(tpm_, key);
  SoftwareTpm again = tpm_;
  NewLicenseKey(again);
  const ActivationRecord second = Activate(again, key);
  auto accepted = Accept(ProofOf(tpm_, first));
  ASSERT_TRUE(accepted) << accepted.error().message;
  EXPECT_EQ(accepted->ended, std::vector<std::string>{second.id});
  EXPECT_EQ(ActivationsUsed(), 0);
}

TEST_F(ReturnTest, OfWhatWasNeverIssuedHereIsNamed) {
  const ActivationRecord activation = Activate(tpm_, Sell());
  auto other = SqliteStore::Create(directory_.path() / "other.db").value();
  EXPECT_EQ(
      AcceptReturn(*other, settings_.vendor, {now_, "test"}, ProofOf(tpm_, activation), {}).error().check,
      "return.activation");
}

TEST_F(ReturnTest, OfAnotherVendorsLicenseNamesThatVendor) {
  const ActivationRecord activation = Activate(tpm_, Sell());
  auto other = SqliteStore::Create(directory_.path() / "other.db").value();
  const auto refused = AcceptReturn(*other, "Another Vendor", {now_, "test"}, ProofOf(tpm_, activation), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().check, "return.vendor");
  EXPECT_NE(refused.error().message.find(settings_.vendor), std::string::npos) << refused.error().message;
}

TEST_F(ReturnTest, RequestsFromBeforeItShowThemselves) {
  const ProductKey key = Sell();
  const ActivationRecord activation = Activate(tpm_, key);
  ASSERT_TRUE(Accept(ProofOf(tpm_, activation)));
  SoftwareTpm set_back = tpm_;
  NewLicenseKey(set_back);
  EXPECT_EQ(CheckOf(RequestFor(set_back, key)), "ledger.gate");
  testing::RequestOptions options = OptionsFor(key);
  options.gate_base += 1;  // control: a request for the gate as it is now
  EXPECT_EQ(CheckOf(FileOf(set_back, options)), "");
}

TEST_F(ReturnTest, TheNonceIsSignedAndAskedFor) {
  const ActivationRecord activation = Activate(tpm_, Sell());
  const auto file = NonceFor(activation);
  ASSERT_TRUE(file) << file.error().check << ": " << file.error().message;
  const SignedMessage nonce = ReadSignedMessageFile(kReturnNonce, *file).value();
  EXPECT_EQ(nonce.content.serial, activation.serial);
  EXPECT_EQ(ReadSignedMessageFile(kReturnNonce, *NonceFor(activation))->content.nonce, nonce.content.nonce);
  EXPECT_EQ(AcceptCheck(ProofOf(tpm_, activation)), "return.nonce_match");
  EXPECT_EQ(AcceptCheck(ProofOf(tpm_, activation, Bytes(kReturnNonceSize, 1))), "return.nonce_match");
  const Time asked = now_;
  now_ += Seconds{3600};
  auto accepted = Accept(ProofOf(tpm_, activation, nonce.content.nonce));
  ASSERT_TRUE(accepted) << accepted.error().message;
  EXPECT_EQ(accepted->newer_than, asked);
  EXPECT_NE(ReadSignedMessageFile(kReturnNonce, *NonceFor(activation))->content.nonce, nonce.content.nonce);
}

TEST_F(ReturnTest, NothingIsAskedOfWhatCannotProve) {
  ActivationRecord activation = Activate(tpm_, Sell());
  activation.ak_public.clear();
  EXPECT_EQ(NonceFor(activation).error().check, "return_nonce.activation");
  activation.certificate.clear();
  EXPECT_EQ(NonceFor(activation).error().check, "return_nonce.activation");
}

TEST_F(ReturnTest, ThatFailedAnywhereConverges) {
  int points = 0;
  for (;; ++points) {
    SoftwareTpm tpm;
    Trust(tpm);
    const ActivationRecord activation = Activate(tpm, Sell());
    const std::string proof = ProofOf(tpm, activation);
    testing::FaultPoints faults;
    testing::FaultyStore faulty(*store_, faults);
    faults.FailAt(points);
    const auto crashed = AcceptReturn(faulty, settings_.vendor, {now_, "test"}, proof, {});
    if (!faults.hit()) break;
    ASSERT_FALSE(crashed) << points;
    ASSERT_TRUE(Accept(proof)) << points;
    EXPECT_EQ(ActivationsUsed(), 0) << points;
    EXPECT_EQ(store_->ListReturns(license_)->size(), 1u) << points;
  }
  EXPECT_GT(points, 10);
  EXPECT_TRUE(store_->VerifyAudit());
}

}  // namespace
}  // namespace holdfast
