// Content keys: where they rest, and what goes into an answer. That a TPM opens them is in tests/activation/content_key_test.cc.
#include "signer/server/licensing/content_keys.h"

#include "signer/server/licensing/license_changes.h"
#include "tests/signer/server/licensing/licensing_fixture.h"
#include "tests/testing/activate_credential.h"

namespace holdfast {
namespace {

class ContentKeysAtRest : public ::testing::Test {
 protected:
  static int ModeOf(const Path& path) {
    return static_cast<int>(std::filesystem::status(path).permissions());
  }
  testing::TempDir home_;
  const Path directory_ = home_.path() / "content-keys";
  const ContentKeys keys_{directory_};
  const Secret key_{Bytes(32, 7)};
};

TEST_F(ContentKeysAtRest, AreFilesThatNobodyElseCanRead) {
  ASSERT_TRUE(keys_.Add({"cad", "content"}, key_));
  EXPECT_EQ(ModeOf(directory_), 0700);
  EXPECT_EQ(ModeOf(directory_ / "cad"), 0700);
  EXPECT_EQ(ModeOf(directory_ / "cad" / "content"), 0600);
  EXPECT_TRUE(keys_.Read({"cad", "content"})->Equals(key_));
  std::filesystem::permissions(directory_ / "cad" / "content", std::filesystem::perms(0640));
  EXPECT_EQ(keys_.Read({"cad", "content"}).error().check, "file.mode");
}

TEST_F(ContentKeysAtRest, AreNeverReplaced) {
  ASSERT_TRUE(keys_.Add({"cad", "content"}, key_));
  EXPECT_EQ(keys_.Add({"cad", "content"}, Secret(Bytes(32, 8))).error().check, "content_key.exists");
  EXPECT_EQ(keys_.Add({"cad", "content"}, key_).error().check, "content_key.exists");
  EXPECT_TRUE(keys_.Read({"cad", "content"})->Equals(key_));
  EXPECT_TRUE(keys_.Add({"cam", "content"}, Secret(Bytes(32, 8))));
}

TEST_F(ContentKeysAtRest, HaveExactly32Octets) {
  EXPECT_EQ(keys_.Add({"cad", "content"}, Secret(Bytes(31, 1))).error().check, "content_key.size");
  EXPECT_EQ(keys_.Add({"cad", "content"}, Secret(Bytes(33, 1))).error().check, "content_key.size");
  ASSERT_TRUE(keys_.Add({"cad", "content"}, key_));
  std::filesystem::resize_file(directory_ / "cad" / "content", 31);
  EXPECT_EQ(keys_.Read({"cad", "content"}).error().check, "content_key.size");
  std::filesystem::resize_file(directory_ / "cad" / "content", 33);
  EXPECT_EQ(keys_.Read({"cad", "content"}).error().check, "file.size");
}

TEST_F(ContentKeysAtRest, AreListedInOrderAndWhatIsNoNameIsNot) {
  EXPECT_TRUE(keys_.List()->empty()) << "where there is no directory there is none";
  EXPECT_EQ(keys_.Read({"cad", "content"}).error().check, "content_key.missing");
  for (const ContentKeyId& id : {ContentKeyId{"cam", "b"}, {"cad", "z"}, {"cad", "a"}})
    ASSERT_TRUE(keys_.Add(id, key_));
  std::ofstream(directory_ / "cad" / ".a.0123.tmp") << "x";
  std::ofstream(directory_ / "README") << "x";
  std::string names;
  const std::vector<ContentKeyId> listed = keys_.List().value();
  for (const ContentKeyId& id : listed) names += id.product + "/" + id.name + " ";
  EXPECT_EQ(names, "cad/a cad/z cam/b ");
}

class AnswerWithKeys : public LicensingTest {
 protected:
  void SetUp() override {
    LicensingTest::SetUp();
    settings_.content_keys = keys_;
    Trust(tpm_);
    Json product = Json::parse(ExampleProduct());
    product["plans"]["standard"]["keys"] = Json::array({"content"});
    product["plans"]["standard"]["fallback"]["keys"] = Json::array({"basic"});
    ASSERT_TRUE(licensing_->AddProduct("test", "acme-cad", product.dump()));
  }
  AnswerContent Opened(const std::string& request, const std::string& answer) {
    const Jwe jwe = ReadAnswerFile(answer).value();
    const tpm::Name ak = testing::AkName(ReadRequestFile(request).value());
    const auto key = testing::ActivateCredential(tpm_, ak, jwe.encrypted_key);
    return ParseAnswerContent(OpenJwe(jwe, *key)->Reveal()).value();
  }
  SoftwareTpm tpm_;
  const ContentKeys keys_{directory_.path() / "content-keys"};
};

TEST_F(AnswerWithKeys, BringsThoseOfAllEditionsUnderTheGateOfTheLicenseKey) {
  for (const char* name : {"basic", "content"})
    ASSERT_TRUE(keys_.Add({"acme-cad", name}, Secret(Bytes(32, 7))));
  const std::string request = RequestFor(tpm_, Sell());
  const auto answered = Answer(request);
  ASSERT_TRUE(answered) << answered.error().check << ": " << answered.error().message;
  const auto area = tpm::ParsePublic(ReadRequestFile(request)->content.license_key_public);
  const auto first = Opened(request, answered->file).content_keys;
  ASSERT_EQ(first.size(), 2u);
  for (const char* name : {"basic", "content"})
    EXPECT_TRUE(tpm::MatchesContentKey(first.at(name).public_area, area->auth_policy)) << name;
  EXPECT_NE(first.at("basic").public_area, first.at("content").public_area) << "equal keys do not look equal";
  const auto again = Answer(request);
  ASSERT_TRUE(again && again->repeated);
  EXPECT_NE(Opened(request, again->file).content_keys.at("basic").seed, first.at("basic").seed);
  EXPECT_EQ(ParseTerms(answered->activation.terms)->grants.keys, std::set<std::string>{"content"});
}

TEST_F(AnswerWithKeys, IsNotMadeWhileAKeyIsMissingAndCostsNothing) {
  const std::string request = RequestFor(tpm_, Sell());
  EXPECT_EQ(CheckOf(request), "content_key.missing");
  EXPECT_EQ(ActivationsUsed(), 0);
  ASSERT_TRUE(keys_.Add({"acme-cad", "content"}, Secret(Bytes(32, 7))));
  EXPECT_EQ(CheckOf(request), "content_key.missing") << "that of the fallback edition";
  ASSERT_TRUE(keys_.Add({"acme-cad", "basic"}, Secret(Bytes(32, 8))));
  EXPECT_EQ(CheckOf(request), "");
  EXPECT_EQ(ActivationsUsed(), 1);
}

// The host installs keys and certificate together, so they are of one plan.
TEST_F(AnswerWithKeys, GoesByTheCertificateAfterAChangeOfPlan) {
  for (const char* name : {"basic", "content"})
    ASSERT_TRUE(keys_.Add({"acme-cad", name}, Secret(Bytes(32, 7))));
  const std::string request = RequestFor(tpm_, Sell());
  ASSERT_TRUE(Answer(request));
  ASSERT_TRUE(ChangeLicensePlan(*store_, {now_, "test"}, license_, "professional", false));
  const auto again = Answer(request);
  ASSERT_TRUE(again) << again.error().check << ": " << again.error().message;
  const AnswerContent content = Opened(request, again->file);
  const auto license = VerifyLicense(*ParseLicenseFile(content.license), pki_.Anchors());
  ASSERT_TRUE(license) << license.error().message;
  std::set<std::string> brought;
  for (const auto& [name, key] : content.content_keys) brought.insert(name);
  EXPECT_EQ(brought, AllKeys(license->terms.grants, license->terms.fallback));
}

TEST_F(AnswerWithKeys, APlanWithoutKeysBringsNone) {
  const std::string request = RequestFor(tpm_, Sell(1, "professional"));
  const auto answered = Answer(request);
  ASSERT_TRUE(answered) << answered.error().message;
  EXPECT_TRUE(Opened(request, answered->file).content_keys.empty());
}

}  // namespace
}  // namespace holdfast
