#include "tests/signer/server/licensing/licensing_fixture.h"
#include "tests/testing/activate_credential.h"

namespace holdfast {
namespace {

class AnswerTest : public LicensingTest {
 protected:
  void SetUp() override {
    LicensingTest::SetUp();
    Trust(tpm_);
  }
  SoftwareTpm tpm_;
};

TEST_F(AnswerTest, IsSealedToTheTpmAndTheKeyThatAsked) {
  const ProductKey key = Sell();
  const std::string file = RequestFor(tpm_, key);
  const auto answered = Answer(file);
  ASSERT_TRUE(answered) << answered.error().check << ": " << answered.error().message;
  const auto jwe = ReadAnswerFile(answered->file);
  ASSERT_TRUE(jwe) << jwe.error().message;
  const auto request = ReadRequestFile(file);
  const auto& header = std::get<AnswerHeader>(jwe->header);
  EXPECT_EQ(header.request_hash, ToBytes(ByteView(request->request_hash)));
  EXPECT_EQ(header.ek_name, answered->activation.ek_name);
  EXPECT_EQ(header.license_key_name, answered->activation.license_key_name);
  EXPECT_EQ(answered->assurance, AssuranceClass::kHwTpm);
  EXPECT_FALSE(answered->repeated);
}

TEST_F(AnswerTest, CarriesTheTermsOfThePlanFromTheDayOfTheSale) {
  const ProductKey key = Sell();
  const Time sold = now_;
  now_ += Seconds{14 * 86400};
  const auto answered = Answer(RequestFor(tpm_, key));
  ASSERT_TRUE(answered) << answered.error().message;
  const auto certificate = Certificate::Parse(answered->activation.certificate, CertificateProfile::kLicense);
  ASSERT_TRUE(certificate);
  const auto terms = ParseTerms(certificate->fields().terms_json);
  ASSERT_TRUE(terms);
  EXPECT_EQ(terms->license, license_);
  EXPECT_EQ(terms->plan, "standard");
  EXPECT_EQ(terms->valid_from, sold);
  EXPECT_EQ(terms->expires, sold + Seconds{365 * 86400});
  EXPECT_EQ(certificate->fields().not_after, *terms->expires + terms->expiry_grace);
  EXPECT_EQ(certificate->fields().subject, (DistinguishedName{"Rheinwerk GmbH", license_}));
  EXPECT_EQ(certificate->public_key().spki(), tpm_.license_key.public_key().spki());
}

// As the TPM attested it: a ledger that begins later is another one (decisions/0091).
TEST_F(AnswerTest, PinsTheLicenseToTheLedgerOfTheHostThatAsked) {
  testing::RequestOptions options = OptionsFor(Sell());
  options.counter = 1234;
  const std::string jws = BuildRequest(tpm_, options);
  const auto answered = Answer(ArmorRequest(jws, ParseRequest(jws)->content));
  ASSERT_TRUE(answered) << answered.error().message;
  const auto certificate = Certificate::Parse(answered->activation.certificate, CertificateProfile::kLicense);
  EXPECT_EQ(ParseTerms(certificate->fields().terms_json)->ledger, (LedgerPin{0x01a00000, 1234}));
}

// The second request is the only way to another pin, and it is another activation.
TEST_F(AnswerTest, ToANewRequestOfTheSameHostPinsItAnew) {
  testing::RequestOptions options = OptionsFor(Sell());
  const auto pin = [&](uint64_t counter) {
    options.counter = counter;
    const std::string jws = BuildRequest(tpm_, options);
    const auto answered = Answer(ArmorRequest(jws, ParseRequest(jws)->content));
    return answered ? ParseTerms(answered->activation.terms)->ledger : std::nullopt;
  };
  EXPECT_EQ(pin(7), (LedgerPin{0x01a00000, 7}));
  EXPECT_EQ(pin(9), (LedgerPin{0x01a00000, 9}));
}

TEST_F(AnswerTest, ToTheSameRequestIsTheSameLicenseAndOneActivation) {
  const std::string file = RequestFor(tpm_, Sell());
  const auto first = Answer(file);
  ASSERT_TRUE(first) << first.error().message;
  now_ += Seconds{86400 * 3};
  const auto second = Answer(file);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(first->activation.certificate, second->activation.certificate);
  EXPECT_TRUE(second->repeated);
  EXPECT_NE(first->file, second->file) << "every answer has a content key of its own";
  EXPECT_EQ(ActivationsUsed(), 1);
  EXPECT_EQ(signer_.licenses_signed(), 1);
}

// A signature may be another one of the same content, also without the key (r, n - s).
TEST_F(AnswerTest, IsTheSameWhenTheRequestIsSignedAgain) {
  const std::string jws = BuildRequest(tpm_, OptionsFor(Sell()));
  const std::string input = ParseJws(jws, MessageType::kRequest)->signing_input;
  const std::string resigned = FinishJws(input, tpm_.license_key.SignSha256(AsBytes(input)));
  ASSERT_NE(jws, resigned);
  const RequestContent content = ParseRequest(jws)->content;
  ASSERT_TRUE(Answer(ArmorRequest(jws, content)));
  const auto again = Answer(ArmorRequest(resigned, content));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(signer_.licenses_signed(), 1);
}

TEST_F(AnswerTest, OpensInTheTpmThatAskedAndHoldsAVerifiableLicense) {
  const std::string file = RequestFor(tpm_, Sell());
  const auto answered = Answer(file);
  ASSERT_TRUE(answered) << answered.error().message;
  const auto jwe = ReadAnswerFile(answered->file);
  const tpm::Name name = testing::AkName(ReadRequestFile(file).value());
  const auto key = testing::ActivateCredential(tpm_, name, jwe->encrypted_key);
  ASSERT_TRUE(key);
  const auto plaintext = OpenJwe(*jwe, *key);
  ASSERT_TRUE(plaintext);
  const auto license = ParseLicenseFile(ParseAnswerContent(plaintext->Reveal())->license);
  ASSERT_TRUE(license);
  const auto verified = VerifyLicense(*license, pki_.Anchors());
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(verified->terms.license, license_);
  EXPECT_EQ(verified->revocation, Revocation::kGood);
  EXPECT_EQ(verified->serial, answered->activation.serial);
  EXPECT_FALSE(testing::ActivateCredential(SoftwareTpm(), name, jwe->encrypted_key));
  EXPECT_FALSE(testing::ActivateCredential(tpm_, std::get<AnswerHeader>(jwe->header).license_key_name,
                                           jwe->encrypted_key))
      << "the license key alone must not open it";
}

TEST_F(AnswerTest, ToAnotherHostBeyondTheLimitIsDenied) {
  const ProductKey key = Sell(1);
  SoftwareTpm other = SiblingOf(tpm_);
  ASSERT_TRUE(Answer(RequestFor(tpm_, key)));
  const auto denied = Answer(RequestFor(other, key));
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().check, "store.activations");
  EXPECT_EQ(denied.error().kind, ErrorKind::kDenied);
  EXPECT_EQ(signer_.licenses_signed(), 1);
}

TEST_F(AnswerTest, NotesAnActivationOfOtherHardwareWithTheSameHostName) {
  const ProductKey key = Sell(3);
  SoftwareTpm replaced = SiblingOf(tpm_);
  EXPECT_TRUE(Answer(RequestFor(tpm_, key))->notes.empty());
  const std::string request = RequestFor(replaced, key);
  const auto second = Answer(request);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->notes, std::vector<std::string>{"host.same_name"});
  EXPECT_EQ(second->license.activations, 2);
  EXPECT_EQ(Answer(request)->notes, second->notes) << "and again with the same request";
}

TEST_F(AnswerTest, NotesNothingOfAHostWithAnotherName) {
  const ProductKey key = Sell(2);
  SoftwareTpm other = SiblingOf(tpm_);
  ASSERT_TRUE(Answer(RequestFor(tpm_, key)));
  testing::RequestOptions options = OptionsFor(key);
  options.host = "render-02";
  EXPECT_TRUE(Answer(FileOf(other, options))->notes.empty());
}

TEST_F(AnswerTest, NotesARepairThatNothingHadToEndFor) {
  testing::RequestOptions options = OptionsFor(Sell(1));
  options.lies.content = [](RequestContent& content) { content.repair = RequestedRepair{}; };
  const auto answered = Answer(FileOf(tpm_, options));
  ASSERT_TRUE(answered) << answered.error().message;
  EXPECT_FALSE(answered->repaired);
  EXPECT_EQ(answered->notes, std::vector<std::string>{"repair.unused"});
}

TEST_F(AnswerTest, ToANewRequestOfTheSameHostSupersedesTheOldLicense) {
  const ProductKey key = Sell(1);
  const std::string old_request = RequestFor(tpm_, key);
  const auto first = Answer(old_request);
  ASSERT_TRUE(first);
  NewLicenseKey(tpm_);
  const auto second = Answer(RequestFor(tpm_, key));
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(ActivationsUsed(), 1);
  const Crl list = CurrentList();
  ASSERT_NE(list.Find(first->activation.serial), nullptr);
  EXPECT_EQ(list.Find(first->activation.serial)->reason, RevocationReason::kSuperseded);
  EXPECT_EQ(list.Find(second->activation.serial), nullptr);
  EXPECT_EQ(CheckOf(old_request), "store.superseded");
}

TEST_F(AnswerTest, IsRefusedWhileSuspendedAndGivenAfterwards) {
  const std::string file = RequestFor(tpm_, Sell());
  ASSERT_TRUE(licensing_->SetStatus("test", license_, LicenseStatus::kSuspended));
  const auto denied = Answer(file);
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().check, "store.status");
  EXPECT_EQ(denied.error().kind, ErrorKind::kDenied);
  ASSERT_TRUE(licensing_->SetStatus("test", license_, LicenseStatus::kActive));
  EXPECT_EQ(CheckOf(file), "");
}

TEST_F(AnswerTest, IsRefusedAfterRevocationAlsoWhenItWasGivenBefore) {
  const std::string file = RequestFor(tpm_, Sell());
  ASSERT_TRUE(Answer(file));
  ASSERT_TRUE(licensing_->SetStatus("test", license_, LicenseStatus::kRevoked));
  EXPECT_EQ(CheckOf(file), "store.status");
}

TEST_F(AnswerTest, IsRefusedForAnotherVendor) {
  auto options = OptionsFor(Sell());
  options.vendor = "Other Vendor";
  EXPECT_EQ(CheckOf(FileOf(tpm_, options)), "licensing.vendor");
}

TEST_F(AnswerTest, IsRefusedForAnUnknownProductKey) {
  auto options = OptionsFor(Sell());
  options.product_key_id = "AAAAAAAAAAAAAAAAAAAAAA";
  EXPECT_EQ(CheckOf(FileOf(tpm_, options)), "licensing.product_key");
}

TEST_F(AnswerTest, IsRefusedToWhoKnowsTheKeysIdButNotItsSeed) {
  auto options = OptionsFor(Sell());
  options.seed = Bytes(32, 1);
  EXPECT_FALSE(Answer(FileOf(tpm_, options)));
  EXPECT_EQ(ActivationsUsed(), 0);
}

TEST_F(AnswerTest, IsRefusedForAnotherProductThanWasSold) {
  auto options = OptionsFor(Sell());
  options.product = "other";
  EXPECT_FALSE(Answer(FileOf(tpm_, options)));
}

TEST_F(AnswerTest, IsRefusedToTpmsOfManufacturersThatAreNotTrusted) {
  SoftwareTpm stranger;
  EXPECT_EQ(CheckOf(RequestFor(stranger, Sell())), "ek.path");
}

TEST_F(AnswerTest, IsGivenToAPinnedKeyWithoutCertificate) {
  SoftwareTpm pinned;
  settings_.ek_policy.pinned.push_back({pinned.ek.public_key().SpkiSha256(), EkRootClass::kDiscrete});
  Open();
  auto options = OptionsFor(Sell());
  options.lies.content = [](RequestContent& content) { content.ek_certificates.clear(); };
  EXPECT_EQ(CheckOf(FileOf(pinned, options)), "");
}

TEST_F(AnswerTest, IsRefusedToVirtualTpmsWhenThePlanWantsHardware) {
  SoftwareTpm cloud;
  Trust(cloud, EkRootClass::kCloudVtpm);
  EXPECT_EQ(CheckOf(RequestFor(cloud, Sell(1, "professional"))), "ek.assurance");
  EXPECT_EQ(CheckOf(RequestFor(cloud, Sell(1, "standard"))), "");
}

TEST_F(AnswerTest, IsRefusedWhenTheTpmContradictsWhatWasSeenOfIt) {
  const ProductKey key = Sell(1);
  SoftwareTpm copy = tpm_;
  ASSERT_TRUE(Answer(RequestFor(tpm_, key)));
  NewLicenseKey(copy);
  EXPECT_EQ(CheckOf(RequestFor(copy, key)), "ledger.fork");
}

// Orders go to `signer`; something happens before its status is told.
class Interrupted : public SigningService {
 public:
  Interrupted(SigningService& signer, std::function<void()> interruption)
      : signer_(signer), interruption_(std::move(interruption)) {}
  Result<Bytes> IssueLicense(const LicenseOrder& order) override { return signer_.IssueLicense(order); }
  Result<Bytes> IssueCrl(const CrlOrder& order) override { return signer_.IssueCrl(order); }
  Result<std::string> SignMessage(const MessageOrder& order) override { return signer_.SignMessage(order); }
  Result<SignerStatus> GetStatus() override {
    interruption_();
    return signer_.GetStatus();
  }

 private:
  SigningService& signer_;
  std::function<void()> interruption_;
};

TEST_F(AnswerTest, IsRefusedToACopyThatIsAnsweredByAnotherProcessAtTheSameTime) {
  const ProductKey key = Sell(1);
  SoftwareTpm copy = tpm_;
  NewLicenseKey(copy);
  const std::string original = RequestFor(tpm_, key), copied = RequestFor(copy, key);
  const auto other_store = std::move(SqliteStore::Open(directory_.path() / "store.db").value());
  Licensing other(*other_store, signer_, settings_, Now());
  Interrupted signer(signer_, [&] { ASSERT_TRUE(other.Answer("other", original)); });
  Licensing slow(*store_, signer, settings_, Now());
  const auto refused = slow.Answer("slow", copied);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().check, "ledger.fork");
  EXPECT_EQ(store_->ListActivations(license_)->size(), 1u);
}

TEST_F(AnswerTest, IsGivenToAnotherHostADayAfterTheSignerRefusedTheFirst) {
  const ProductKey key = Sell(1);
  SoftwareTpm other = SiblingOf(tpm_);
  const std::string scrapped = RequestFor(tpm_, key), replacement = RequestFor(other, key);
  signer_.RefuseLicenses();
  EXPECT_EQ(CheckOf(scrapped), "policy.test");
  signer_.RefuseLicenses(false);
  EXPECT_EQ(CheckOf(replacement), "store.activations") << "the first host may still come";
  now_ += Seconds{86400 + 1};
  EXPECT_EQ(CheckOf(replacement), "");
  EXPECT_EQ(CheckOf(scrapped), "store.activations");
  EXPECT_EQ(ActivationsUsed(), 1);
}

TEST_F(AnswerTest, OfARevokedIssuingKeyIsGivenAnewAfterRotationAndCountedOnce) {
  const ProductKey key = Sell(1);
  const std::string file = RequestFor(tpm_, key);
  const auto before = Answer(file);
  ASSERT_TRUE(before) << before.error().message;
  signer_.RevokeIssuer(0);
  EXPECT_EQ(CheckOf(file), "licensing.issuer_revoked");
  SoftwareTpm other = SiblingOf(tpm_);
  EXPECT_EQ(CheckOf(RequestFor(other, key)), "licensing.issuer_revoked");
  signer_.Rotate();
  const auto after = Answer(file);
  ASSERT_TRUE(after) << after.error().check << ": " << after.error().message;
  EXPECT_NE(after->activation.issuer_key_id, before->activation.issuer_key_id);
  EXPECT_FALSE(after->repeated);
  EXPECT_EQ(ActivationsUsed(), 1);
  EXPECT_TRUE(Answer(file)->repeated);
}

TEST_F(AnswerTest, IsDeniedWhenTheLicenseHasExpired) {
  const std::string file = RequestFor(tpm_, Sell());
  now_ += Seconds{(365 + 7) * 86400};
  const auto denied = Answer(file);
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().check, "licensing.expired");
  EXPECT_NE(denied.error().advice.find("license renew " + license_), std::string::npos)
      << denied.error().advice;
  EXPECT_EQ(denied.error().kind, ErrorKind::kDenied);
}

TEST_F(AnswerTest, OfAPerpetualLicenseIsInACertificateOfTenYears) {
  const auto answered = Answer(RequestFor(tpm_, Sell(1, "professional")));
  ASSERT_TRUE(answered) << answered.error().message;
  EXPECT_FALSE(ParseTerms(answered->activation.terms)->expires);
  EXPECT_EQ(answered->activation.not_after, now_ + Seconds{3650 * 86400});
}

TEST_F(AnswerTest, IsSignedByTheNewKeyAfterRotationAndOldOnesStay) {
  const ProductKey key = Sell(2);
  const std::string before = RequestFor(tpm_, key);
  const auto old_answer = Answer(before);
  ASSERT_TRUE(old_answer);
  signer_.Rotate();
  SoftwareTpm other = SiblingOf(tpm_);
  const auto new_answer = Answer(RequestFor(other, key));
  ASSERT_TRUE(new_answer) << new_answer.error().message;
  EXPECT_NE(new_answer->activation.issuer_key_id, old_answer->activation.issuer_key_id);
  const auto again = Answer(before);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->activation.certificate, old_answer->activation.certificate);
}

TEST_F(AnswerTest, DoesNotLeaveWhenItDoesNotLeadToThePinnedRoot) {
  const ProductKey key = Sell();
  settings_.roots = testing::TestPki().Anchors();
  Open();
  EXPECT_EQ(CheckOf(RequestFor(tpm_, key)), "path.anchor");
}

TEST_F(AnswerTest, IsNeverGivenToAFileOfAnotherKind) {
  EXPECT_FALSE(Answer(""));
  EXPECT_FALSE(Answer("hello"));
  EXPECT_EQ(CheckOf(Answer(RequestFor(tpm_, Sell()))->file), "request.kind");
}

}  // namespace
}  // namespace holdfast
