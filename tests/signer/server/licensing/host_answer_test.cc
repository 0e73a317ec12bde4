// Requests of hosts without a TPM, answered: what counts as one host, and what is in the answer.
#include "tests/signer/server/licensing/licensing_fixture.h"
#include "tests/testing/host_request.h"

namespace holdfast {
namespace {

using testing::SoftwareHost;

class HostAnswer : public LicensingTest {
 protected:
  void SetUp() override {
    LicensingTest::SetUp();
    Json product = Json::parse(ExampleProduct());
    product["plans"]["standard"]["assurance"] = {"hw-tpm", "host"};
    ASSERT_TRUE(licensing_->AddProduct("test", "acme-cad", product.dump()));
  }
  static std::string RequestFor(const SoftwareHost& host, const ProductKey& key) {
    const std::string jws = BuildHostRequest(host, OptionsFor(key));
    return ArmorRequest(jws, std::get<HostRequest>(ParseAnyRequest(jws).value()).content);
  }
  // The same host with keys of a new request.
  static SoftwareHost Again(const SoftwareHost& host) {
    SoftwareHost again;
    again.components = host.components;
    return again;
  }
  static SoftwareHost Other() {
    SoftwareHost other;
    other.components["machine-id"] = other.components["nic"] = other.components["root-disk"] = {"other"};
    return other;
  }
  SoftwareHost host_;
};

TEST_F(HostAnswer, HoldsALicenseForTheHostThatItsKeyOpens) {
  const ProductKey key = Sell();
  const std::string request = RequestFor(host_, key);
  auto answered = Answer(request);
  ASSERT_TRUE(answered) << answered.error().check << ": " << answered.error().message;
  EXPECT_EQ(answered->assurance, AssuranceClass::kHost);
  const Jwe jwe = ReadAnswerFile(answered->file).value();
  const auto& header = std::get<HostAnswerHeader>(jwe.header);
  EXPECT_TRUE(Equal(RequestHashOf(jwe), SignedPart(*ReadAnyRequestFile(request)).request_hash));
  EXPECT_TRUE(Equal(header.license_key_hash, host_.license_key.public_key().SpkiSha256()));
  const Secret content_key = AgreeOnContentKey(header, host_.agreement_key).value();
  const auto content = ParseAnswerContent(OpenJwe(jwe, content_key)->Reveal());
  const VerifiedLicense license = VerifyLicense(*ParseLicenseFile(content->license), pki_.Anchors()).value();
  EXPECT_EQ(license.license_key.spki(), host_.license_key.public_key().spki());
  EXPECT_EQ(license.terms.assurance, AssuranceClass::kHost);
  EXPECT_EQ(license.terms.fingerprint,
            MakeFingerprint(key.claims.vendor, key.claims.product, host_.components));
}
TEST_F(HostAnswer, IsRefusedWhereThePlanDoesNotListHost) {
  EXPECT_EQ(CheckOf(RequestFor(host_, Sell(1, "demo"))), "host.assurance");
  EXPECT_EQ(ActivationsUsed(), 0);
}
TEST_F(HostAnswer, TheSameRequestTwiceIsOneActivation) {
  const std::string request = RequestFor(host_, Sell());
  const auto first = Answer(request), second = Answer(request);
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(first->repeated);
  EXPECT_TRUE(second->repeated);
  EXPECT_EQ(first->activation.certificate, second->activation.certificate);
  EXPECT_EQ(ActivationsUsed(), 1);
}
TEST_F(HostAnswer, ANewRequestOfTheSameHostSupersedes) {
  const ProductKey key = Sell();
  const std::string old = RequestFor(host_, key);
  const auto first = Answer(old);
  ASSERT_TRUE(first && Answer(RequestFor(Again(host_), key)));
  EXPECT_EQ(ActivationsUsed(), 1);
  EXPECT_NE(CurrentList().Find(first->activation.serial), nullptr);
  EXPECT_EQ(CheckOf(old), "store.superseded");
}
TEST_F(HostAnswer, AHostWithOnePartReplacedIsTheSame) {
  const ProductKey key = Sell();
  ASSERT_TRUE(Answer(RequestFor(host_, key)));
  SoftwareHost repaired = Again(host_);
  repaired.components["nic"] = {"525400999999"};
  const auto answered = Answer(RequestFor(repaired, key));
  ASSERT_TRUE(answered);
  EXPECT_EQ(answered->notes, std::vector<std::string>{"host.changed"});
  EXPECT_EQ(ActivationsUsed(), 1);
}
TEST_F(HostAnswer, PartsThatWereReplacedDoNotMakeAnotherMachineTheHost) {
  const ProductKey key = Sell(2);
  SoftwareHost host = Again(host_);
  ASSERT_TRUE(Answer(RequestFor(host, key)));
  for (const char* part : {"machine-id", "nic", "root-disk"}) {
    host = Again(host);
    host.components[part] = {"525400999999"};
    ASSERT_TRUE(Answer(RequestFor(host, key))) << part;
  }
  ASSERT_EQ(ActivationsUsed(), 1);
  ASSERT_TRUE(Answer(RequestFor(Again(host_), key)));
  EXPECT_EQ(ActivationsUsed(), 2);
}
TEST_F(HostAnswer, IsRefusedForPartsOfSeveralHostsPutTogether) {
  SoftwareHost several = Again(host_);
  several.components["machine-id"].push_back("another");
  EXPECT_EQ(CheckOf(RequestFor(several, Sell())), "host.fingerprint");
  EXPECT_EQ(ActivationsUsed(), 0);
}
TEST_F(HostAnswer, AnotherHostExceedsTheActivations) {
  const ProductKey key = Sell(1);
  ASSERT_TRUE(Answer(RequestFor(host_, key)));
  EXPECT_EQ(CheckOf(RequestFor(Other(), key)), "store.activations");
}
TEST_F(HostAnswer, AHostWithTwoPartsReplacedComesBackByARelease) {
  const ProductKey key = Sell(1);
  const std::string old_request = RequestFor(host_, key);
  const auto old = Answer(old_request);
  ASSERT_TRUE(old);
  SoftwareHost repaired = Again(host_);
  repaired.components["nic"] = repaired.components["root-disk"] = {"new"};
  const std::string request = RequestFor(repaired, key);
  EXPECT_EQ(CheckOf(request), "store.activations");
  ASSERT_TRUE(store_->ReleaseActivation({now_, "test"}, license_, old->activation.id));
  ASSERT_TRUE(Answer(request));
  EXPECT_EQ(ActivationsUsed(), 1);
  const Crl list = CurrentList();
  ASSERT_NE(list.Find(old->activation.serial), nullptr);
  EXPECT_EQ(list.Find(old->activation.serial)->reason, RevocationReason::kPrivilegeWithdrawn);
  EXPECT_EQ(CheckOf(old_request), "store.activations") << "its place is taken";
}
TEST_F(HostAnswer, ATpmThatIsGivenUpMakesRoomForTheHostWithoutIt) {
  const ProductKey key = Sell(1);
  SoftwareTpm tpm;
  Trust(tpm);
  const auto with_tpm = Answer(LicensingTest::RequestFor(tpm, key));
  ASSERT_TRUE(with_tpm);
  EXPECT_EQ(CheckOf(RequestFor(host_, key)), "store.activations");
  ASSERT_TRUE(store_->ReleaseActivation({now_, "test"}, license_, with_tpm->activation.id));
  EXPECT_TRUE(Answer(RequestFor(host_, key)));
}
TEST_F(HostAnswer, AHostAndATpmAreTwoActivations) {
  const ProductKey key = Sell(2);
  SoftwareTpm tpm;
  Trust(tpm);
  ASSERT_TRUE(Answer(RequestFor(host_, key)) && Answer(LicensingTest::RequestFor(tpm, key)));
  EXPECT_EQ(ActivationsUsed(), 2);
}
TEST_F(HostAnswer, LeavesNoSightingInTheLedger) {
  ASSERT_TRUE(Answer(RequestFor(host_, Sell())));
  EXPECT_TRUE(store_->ListSightings(license_)->empty());
}
TEST_F(HostAnswer, ATamperedRequestCountsNothing) {
  const ProductKey key = Sell();
  const std::string jws =
      BuildHostRequest(host_, OptionsFor(key), {.possession = [](Bytes& p) { p[5] ^= 1; }});
  EXPECT_EQ(CheckOf(ArmorRequest(jws, HostRequestContent())), "request.possession");
  EXPECT_EQ(ActivationsUsed(), 0);
}

}  // namespace
}  // namespace holdfast
