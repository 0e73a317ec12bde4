#include "signer/hsm/key_ceremony.h"

#include <fstream>

#include "protocol/base64.h"
#include "protocol/jose/jws.h"
#include "signer/hsm/line_keys.h"
#include "tests/signer/hsm/signer_fixture.h"
#include "tests/testing/shell.h"

namespace holdfast::hsm {
namespace {

using testing::SoftwareKey;

class CeremonyTest : public SignerTest {
 protected:
  std::string CheckOf(const Ceremony& ceremony) {
    auto transcript = HoldCeremony(ceremony);
    return transcript ? "" : transcript.error().check;
  }
  static Ceremony WithPlan(Ceremony ceremony, const std::function<void(CeremonyPlan&)>& change) {
    change(ceremony.plan);
    ceremony.plan_text = FormatCeremonyPlan(ceremony.plan, ceremony.directory);
    return ceremony;
  }
  static Approval ApproveAs(const std::string& name, SoftwareKey& key, const std::string& plan) {
    const std::string input = JwsSigningInput(MessageType::kApproval, SignatureAlgorithm::kEcdsaSha256, {},
                                              ApprovalPayload(AsBytes(plan), name));
    return {name, FinishJws(input, key.Sign(AsBytes(input)))};
  }
};

TEST_F(CeremonyTest, MakesWhatTheTranscriptNames) {
  auto transcript = HoldCeremony(MakeCeremony());
  ASSERT_TRUE(transcript) << transcript.error().message;
  EXPECT_EQ(transcript->keys.size(), 3u);
  for (const TranscriptFile& file : transcript->files) {
    auto content = ReadFile(directory() / file.name, 1 << 20);
    ASSERT_TRUE(content) << file.name;
    EXPECT_EQ(HexEncode(Sha256(*content)), file.sha256) << file.name;
  }
  EXPECT_TRUE(std::filesystem::exists(directory() / "transcripts" / "ceremony.txt"));
  EXPECT_FALSE(std::filesystem::exists(directory() / ".ceremony"));
  EXPECT_EQ(VerifyAuditLog(paths_.AuditLog())->head.sequence, 1);
}

TEST_F(CeremonyTest, IsHeldOnce) {
  Hold();
  const auto config = ReadFile(paths_.Config(), kMaxSignerConfig);
  EXPECT_EQ(CheckOf(MakeCeremony()), "ceremony.exists");
  EXPECT_EQ(*ReadFile(paths_.Config(), kMaxSignerConfig), *config);
}

TEST_F(CeremonyTest, AFailedCeremonyLeavesNothing) {
  Ceremony bad = WithPlan(MakeCeremony(), [](CeremonyPlan& plan) {
    plan.lines.push_back(
        {.line = "second", .issuing = {"main", "", "pkcs11:object=none"}, .message = plan.root});
  });
  EXPECT_EQ(CheckOf(bad), "hsm.key");
  for (const auto& entry : std::filesystem::directory_iterator(directory()))
    EXPECT_EQ(entry.path().filename(), "signer.lock");
  Hold();
}

TEST_F(CeremonyTest, WaitsForWhoeverWorksThere) {
  std::filesystem::create_directories(directory());
  {
    const auto other = LockSigner(paths_);
    ASSERT_TRUE(other);
    auto refused = HoldCeremony(MakeCeremony());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().check, "signer.locked");
    EXPECT_NE(refused.error().advice.find("Wait"), std::string::npos) << refused.error().advice;
  }
  Hold();
}

class InterruptedCeremonyTest : public CeremonyTest {
 protected:
  // As it was before the last moves.
  void SetUp() override {
    Hold();
    std::filesystem::create_directory(work_);
    std::filesystem::rename(paths_.Config(), work_ / "signer.conf");
    std::filesystem::rename(paths_.Roots(), work_ / "roots.pem");
    std::ofstream(work_ / "complete").close();
  }
  const Path work_ = directory() / ".ceremony";
};

TEST_F(InterruptedCeremonyTest, IsFinishedAndThatIsNoFailure) {
  auto finished = FinishCeremony(MakeCeremony());
  ASSERT_TRUE(finished) << finished.error().message;
  ASSERT_TRUE(*finished);
  EXPECT_NE((*finished)->find("Key ceremony"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(work_));
  Load();
  auto again = FinishCeremony(MakeCeremony());
  ASSERT_TRUE(again);
  EXPECT_FALSE(*again) << "there is nothing to finish";
}

TEST_F(InterruptedCeremonyTest, IsNotTakenForAnotherPlans) {
  auto finished = FinishCeremony(MakeCeremony("rsa-3072"));
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().check, "ceremony.other_plan");
  Load();
}

TEST_F(InterruptedCeremonyTest, IsNotWrittenOver) {
  EXPECT_EQ(CheckOf(MakeCeremony()), "ceremony.exists");
  EXPECT_TRUE(std::filesystem::exists(work_ / "signer.conf"));
}

TEST_F(CeremonyTest, HalfACeremonyIsDiscarded) {
  const Path work = directory() / ".ceremony";
  std::filesystem::create_directories(work);
  std::ofstream(work / "roots.pem") << "half";
  Hold();
  Load();
}

TEST_F(CeremonyTest, RootAndLinesMayHaveTheirOwnTokensAndKeyTypes) {
  const auto offline = testing::SoftToken::Create(token_.scratch.path(), "offline");
  Ceremony ceremony = WithPlan(MakeCeremony(), [&](CeremonyPlan& plan) {
    plan.tokens["offline"].config = CeremonyConfigOf(offline);
    plan.root = {"offline", "rsa-3072", ""};
  });
  auto transcript = HoldCeremony(ceremony);
  ASSERT_TRUE(transcript) << transcript.error().check << transcript.error().message;
  EXPECT_EQ(transcript->tokens.size(), 2u);
  Load();
  auto license = issuer().IssueLicense(GoodOrder());
  auto crl = issuer().IssueCrl(GoodCrl());
  ASSERT_TRUE(license && crl);
  EXPECT_TRUE(Verify(*license, *crl));
}

TEST_F(CeremonyTest, TokensOfOneModuleInTwoEnvironmentsAreRefusedBeforeAKeyIsMade) {
  const auto elsewhere = testing::SoftToken::Create();
  const Ceremony ceremony = WithPlan(MakeCeremony(), [&](CeremonyPlan& plan) {
    plan.tokens["root"].config = CeremonyConfigOf(elsewhere);
    plan.root = {"root", "ec-p256", ""};
  });
  EXPECT_EQ(CheckOf(ceremony), "hsm.config");
  for (const testing::TestToken* token : {static_cast<const testing::TestToken*>(&token_),
                                          static_cast<const testing::TestToken*>(&elsewhere)}) {
    auto objects = testing::Shell("env " + token->module_env[0] + " pkcs11-tool --module " + token->module +
                                  " --token-label holdfast --login --pin 1234 -O");
    EXPECT_EQ(objects.status, 0) << objects.output;
    EXPECT_EQ(objects.output.find("Key Object"), std::string::npos) << objects.output;
  }
}

TEST_F(CeremonyTest, OneTokenWithTwoPinFilesIsRefused) {
  const Ceremony ceremony = WithPlan(MakeCeremony(), [&](CeremonyPlan& plan) {
    plan.tokens["root"] = plan.tokens["main"];
    plan.tokens["root"].config.pin_file = "/another/pin";
    plan.root = {"root", "ec-p256", ""};
  });
  EXPECT_EQ(CheckOf(ceremony), "config.token");
}

TEST_F(CeremonyTest, RootAndLinesMayBeInDifferentModules) {
  std::string why_not;
  const auto tpm = testing::TpmToken::Start(&why_not);
  if (!tpm) GTEST_SKIP() << why_not;
  const Ceremony ceremony = WithPlan(MakeCeremony(), [&](CeremonyPlan& plan) {
    plan.tokens["tpm"].config = CeremonyConfigOf(*tpm);
    plan.root = {"tpm", "", "pkcs11:object=ec-p256"};
  });
  auto transcript = HoldCeremony(ceremony);
  ASSERT_TRUE(transcript) << transcript.error().check << transcript.error().message;
  Load();
  auto license = issuer().IssueLicense(GoodOrder());
  auto crl = issuer().IssueCrl(GoodCrl());
  ASSERT_TRUE(license && crl);
  EXPECT_TRUE(Verify(*license, *crl));
}

TEST_F(CeremonyTest, ExistingKeysAreUsedByTheirUri) {
  auto token = Token::Open(CeremonyConfigOf(token_));
  ASSERT_TRUE(token);
  for (const char* label : {"a", "b", "c"})
    ASSERT_TRUE((*token)->GenerateKey({.label = label, .id = Bytes{static_cast<uint8_t>(label[0])}}));
  Ceremony ceremony = WithPlan(MakeCeremony(), [](CeremonyPlan& plan) {
    plan.root = {"main", "", "pkcs11:object=a"};
    plan.lines[0].issuing = {"main", "", "pkcs11:object=b"};
    plan.lines[0].message = {"main", "", "pkcs11:object=c"};
  });
  auto transcript = HoldCeremony(ceremony);
  ASSERT_TRUE(transcript) << transcript.error().message;
  EXPECT_FALSE(transcript->keys[0].generated);
  token->reset();
  Load();
  EXPECT_TRUE(issuer().IssueLicense(GoodOrder()));
}

TEST_F(CeremonyTest, OneKeyForLicensesAndMessagesIsRefused) {
  auto token = Token::Open(CeremonyConfigOf(token_));
  ASSERT_TRUE(token && (*token)->GenerateKey({.label = "a", .id = Bytes{1}}));
  Ceremony ceremony = WithPlan(MakeCeremony(), [](CeremonyPlan& plan) {
    plan.lines[0].issuing = plan.lines[0].message = {"main", "", "pkcs11:object=a"};
  });
  EXPECT_EQ(CheckOf(ceremony), "plan.message");
}

TEST_F(CeremonyTest, WithoutItsQuorumNothingIsMade) {
  auto alice = SoftwareKey::Generate(KeyType::kEcP256), bob = SoftwareKey::Generate(KeyType::kEcP256);
  Ceremony ceremony = WithPlan(MakeCeremony(), [&](CeremonyPlan& plan) {
    plan.quorum = {2, {{"alice", alice->public_key()}, {"bob", bob->public_key()}}};
  });
  ceremony.approvals = {ApproveAs("alice", *alice, ceremony.plan_text)};
  EXPECT_EQ(CheckOf(ceremony), "approval.quorum");
  ceremony.approvals.push_back(ApproveAs("bob", *bob, ceremony.plan_text + " "));
  EXPECT_EQ(CheckOf(ceremony), "approval.plan");
  EXPECT_FALSE(std::filesystem::exists(paths_.Config()));
  ceremony.approvals.back() = ApproveAs("bob", *bob, ceremony.plan_text);
  auto transcript = HoldCeremony(ceremony);
  ASSERT_TRUE(transcript) << transcript.error().message;
  EXPECT_NE(FormatTranscriptText(*transcript).find("alice"), std::string::npos);
  // The quorum holds for later changes too.
  Change change{.config_file = paths_.Config(), .clock = clock_};
  change.plan = *ProposeChange({.operation = "rotate", .line = "default"}, paths_.Config(), now_);
  change.plan_text = FormatChangePlan(change.plan);
  auto refused = MakeChange(change);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().check, "approval.quorum");
  change.approvals = {ApproveAs("alice", *alice, change.plan_text), ApproveAs("bob", *bob, change.plan_text)};
  EXPECT_TRUE(MakeChange(change));
  auto again = MakeChange(change);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().check, "change.generation");
}

TEST_F(CeremonyTest, ADryRunMakesNothing) {
  auto text = DescribeCeremony(MakeCeremony());
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("line default"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(directory()));
}

class ChangeTest : public SignerTest {
 protected:
  void SetUp() override { Hold(); }
  Result<Transcript> Propose(const ChangeRequest& request) {
    signer_.reset();
    HOLDFAST_TRY(const ChangePlan plan, ProposeChange(request, paths_.Config(), now_));
    return Make(plan);
  }
  Result<Transcript> Make(const ChangePlan& plan) {
    return MakeChange(
        {.plan = plan, .plan_text = FormatChangePlan(plan), .config_file = paths_.Config(), .clock = clock_});
  }
  void Revoke(int generation) {
    now_ += Seconds(60);
    auto transcript = Propose({.operation = "root-crl", .revoke = {{"default", generation}}});
    ASSERT_TRUE(transcript) << transcript.error().check << ": " << transcript.error().message;
  }
  Bytes KeyId(int generation) {
    return ReadCertificate(paths_.Issuing("default", generation), CertificateProfile::kIssuing)
        ->subject_key_id();
  }
};

TEST_F(ChangeTest, ALicenseFromBeforeARotationStillVerifiesAndCanBeRevoked) {
  Load();
  const LicenseOrder order = GoodOrder();
  auto license = issuer().IssueLicense(order);
  ASSERT_TRUE(license);
  ASSERT_TRUE(issuer().IssueCrl(GoodCrl(1)));
  auto rotated = Propose({.operation = "rotate", .line = "default"});
  ASSERT_TRUE(rotated) << rotated.error().message;
  Load();
  auto status = issuer().GetStatus();
  ASSERT_EQ(status->issuers.size(), 2u);
  EXPECT_FALSE(status->issuers[0].current);
  EXPECT_TRUE(status->issuers[1].current);
  CrlOrder list = GoodCrl(2);
  list.issuer_key_id =
      ReadCertificate(paths_.Issuing("default", 1), CertificateProfile::kIssuing)->subject_key_id();
  auto good = issuer().IssueCrl(list);
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(Verify(*license, *good)->revocation, Revocation::kGood);
  list.number = 3;
  list.this_update += Seconds(1);
  list.entries = {{order.serial, kTestNow, RevocationReason::kPrivilegeWithdrawn}};
  auto revoked = issuer().IssueCrl(list);
  ASSERT_TRUE(revoked);
  EXPECT_EQ(Verify(*license, *revoked)->revocation, Revocation::kRevoked);
}

TEST_F(ChangeTest, NewLicensesComeFromTheNewGeneration) {
  ASSERT_TRUE(Propose({.operation = "rotate", .line = "default"}));
  Load();
  auto license = issuer().IssueLicense(GoodOrder());
  auto crl = issuer().IssueCrl(GoodCrl());
  ASSERT_TRUE(license && crl);
  EXPECT_TRUE(Verify(*license, *crl, 2));
  EXPECT_FALSE(Verify(*license, *crl, 1));
}

TEST_F(ChangeTest, ALineIsAddedOnceAndWorks) {
  ASSERT_TRUE(Propose({.operation = "add-line", .line = "pro", .key_type = "ec-p256"}));
  auto twice = Propose({.operation = "add-line", .line = "pro"});
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().check, "change.line");
  Load();
  LicenseOrder order = GoodOrder();
  order.line = "pro";
  EXPECT_TRUE(issuer().IssueLicense(order));
}

TEST_F(ChangeTest, ALineThatDoesNotExistCannotBeRotated) {
  auto transcript = Propose({.operation = "rotate", .line = "none"});
  ASSERT_FALSE(transcript);
  EXPECT_EQ(transcript.error().check, "change.line");
}

TEST_F(ChangeTest, WhileTheSignerRunsNothingChanges) {
  Load();
  const ChangePlan plan = *ProposeChange({.operation = "rotate", .line = "default"}, paths_.Config(), now_);
  auto refused = MakeChange(
      {.plan = plan, .plan_text = FormatChangePlan(plan), .config_file = paths_.Config(), .clock = clock_});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().check, "signer.locked");
}

TEST_F(ChangeTest, TheRootRevokesALostIssuingKey) {
  now_ += Seconds(60);
  auto transcript = Propose({.operation = "root-crl", .revoke = {{"default", 1}}});
  ASSERT_TRUE(transcript) << transcript.error().message;
  auto crl = Crl::Parse(*ReadFile(paths_.RootCrl(), kMaxCrlSize));
  ASSERT_TRUE(crl);
  EXPECT_EQ(crl->fields().number, 2);
  auto issuing = ReadCertificate(paths_.Issuing("default", 1), CertificateProfile::kIssuing);
  EXPECT_NE(crl->Find(issuing->fields().serial), nullptr);
  EXPECT_TRUE(crl->VerifySignature(ReadRoot(paths_)->public_key()));
}

TEST_F(ChangeTest, AGenerationThatThereIsNotIsNamedAndNotRevoked) {
  for (const RevokedGeneration& missing : {RevokedGeneration{"default", 2}, RevokedGeneration{"pro", 1}}) {
    auto refused = Propose({.operation = "root-crl", .revoke = {missing}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().check, "change.revoke");
    EXPECT_NE(refused.error().message.find(std::to_string(missing.generation) + " of a line " + missing.line),
              std::string::npos)
        << refused.error().message;
    EXPECT_NE(refused.error().advice.find("default:1"), std::string::npos) << refused.error().advice;
  }
}

TEST_F(ChangeTest, ALineThatIsNoIdentifierIsNotPartOfAPath) {
  now_ += Seconds(60);
  std::filesystem::create_directory(directory() / "certificates" / "x");
  auto refused = Propose({.operation = "root-crl", .revoke = {{"x/../default", 1}}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().check, "change.revoke.line");
}

TEST_F(ChangeTest, AGenerationThatIsNamedTwiceIsRevokedOnce) {
  now_ += Seconds(60);
  auto transcript = Propose({.operation = "root-crl", .revoke = {{"default", 1}, {"default", 1}}});
  ASSERT_TRUE(transcript) << transcript.error().check << ": " << transcript.error().message;
  EXPECT_EQ(Crl::Parse(*ReadFile(paths_.RootCrl(), kMaxCrlSize))->fields().entries.size(), 1u);
}

TEST_F(ChangeTest, ARevokedIssuingKeySignsItsListsAndNothingElse) {
  ASSERT_NO_FATAL_FAILURE(Revoke(1));
  Load();
  auto license = issuer().IssueLicense(GoodOrder());
  ASSERT_FALSE(license);
  EXPECT_EQ(license.error().check, "policy.revoked");
  EXPECT_NE(license.error().advice.find("rotate"), std::string::npos) << license.error().advice;
  EXPECT_EQ(issuer().SignMessage(GoodMessage()).error().check, "policy.revoked");
  EXPECT_FALSE(issuer().GetStatus()->issuers[0].current);
  CrlOrder list = GoodCrl();
  list.issuer_key_id = KeyId(1);
  auto crl = issuer().IssueCrl(list);
  EXPECT_TRUE(crl) << crl.error().message;
}

TEST_F(ChangeTest, AnOlderGenerationDoesNotSignAgainWhenTheNewestIsRevoked) {
  ASSERT_TRUE(Propose({.operation = "rotate", .line = "default"}));
  ASSERT_NO_FATAL_FAILURE(Revoke(2));
  Load();
  EXPECT_EQ(issuer().IssueLicense(GoodOrder()).error().check, "policy.revoked");
  EXPECT_EQ(issuer().SignMessage(GoodMessage()).error().check, "policy.revoked");
  const auto status = issuer().GetStatus();
  for (const IssuerInfo& info : status->issuers) EXPECT_FALSE(info.current);
  ASSERT_TRUE(Propose({.operation = "rotate", .line = "default"}));
  Load();
  auto license = issuer().IssueLicense(GoodOrder());
  ASSERT_TRUE(license) << license.error().message;
  EXPECT_EQ(Certificate::Parse(*license, CertificateProfile::kLicense)->fields().authority_key_id, KeyId(3));
}

TEST_F(ChangeTest, TheNewestGenerationSignsOnWhenAnOlderIsRevoked) {
  ASSERT_TRUE(Propose({.operation = "rotate", .line = "default"}));
  ASSERT_NO_FATAL_FAILURE(Revoke(1));
  Load();
  EXPECT_TRUE(issuer().IssueLicense(GoodOrder()));
}

TEST_F(ChangeTest, APlanIsForOneSignerAndForItsTimeOnly) {
  const ChangePlan good = *ProposeChange({.operation = "rotate", .line = "default"}, paths_.Config(), now_);
  ChangePlan other_root = good, other_vendor = good, late = good;
  other_root.root = std::string(64, '0');
  other_vendor.vendor = "Another";
  late.expires = now_;
  EXPECT_EQ(Make(other_root).error().check, "change.root");
  EXPECT_EQ(Make(other_vendor).error().check, "change.root");
  EXPECT_EQ(Make(late).error().check, "change.expired");
  EXPECT_TRUE(Make(good));
}

TEST_F(ChangeTest, WithoutTheAuditLogNothingIsMade) {
  std::filesystem::remove_all(paths_.AuditLog().parent_path());
  auto refused = Propose({.operation = "rotate", .line = "default"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().check, "audit.missing");
  EXPECT_FALSE(std::filesystem::exists(paths_.Issuing("default", 2)));
}

TEST_F(ChangeTest, AGenerationThatSignerConfCannotHoldIsNotMade) {
  auto config = ReadSignerConfig(paths_.Config());
  ASSERT_TRUE(config);
  const LineGeneration first = config->lines.front();
  config->lines.clear();
  for (int i = 0; i < 63; i++) {
    config->lines.push_back(first);
    config->lines.back().line = "old-" + std::to_string(i);
  }
  const auto write = [&] {
    return WriteFileAtomically(paths_.Config(), AsBytes(FormatSignerConfig(*config, directory())), 0600);
  };
  config->lines.push_back(first);
  ASSERT_TRUE(write());
  auto refused = Propose({.operation = "rotate", .line = "default"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().check, "change.generations");
  EXPECT_FALSE(refused.error().advice.empty());
  config->lines.erase(config->lines.begin());  // what the advice says
  ASSERT_TRUE(write());
  auto made = Propose({.operation = "rotate", .line = "default"});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(ReadSignerConfig(paths_.Config()));
}

TEST(CeremonyPlans, AreReadStrictly) {
  CeremonyPlan plan = MakeSimplePlan({.vendor = "Acme"});
  const std::string good = FormatCeremonyPlan(plan, "/");
  auto parsed = ParseCeremonyPlan(good, "/");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(FormatCeremonyPlan(*parsed, "/"), good);
  const auto without = [&](const std::string& what, const std::string& with) {
    std::string text = good;
    text.replace(text.find(what), what.size(), with);
    return ParseCeremonyPlan(text, "/").has_value();
  };
  EXPECT_FALSE(without("\"vendor\"", "\"seller\""));
  EXPECT_FALSE(without("ec-p256", "ec-p255"));
  EXPECT_FALSE(without("\"token\": \"main\"", "\"token\": \"mane\""));
  EXPECT_FALSE(without("7300d", "20d"));
  EXPECT_FALSE(without("7300d", "99999d"));
  EXPECT_FALSE(without("\"needed\": 0", "\"needed\": 1"));
  EXPECT_FALSE(without("\"1.0\"", "\"2.0\""));
  EXPECT_FALSE(without("\"default\"", "\"../x\""));
}

TEST(CeremonyPlans, TwoNamesForOneKeyAreRefused) {
  auto key = SoftwareKey::Generate(KeyType::kEcP256);
  CeremonyPlan plan = MakeSimplePlan({.vendor = "Acme"});
  plan.quorum = {2, {{"alice", key->public_key()}, {"alias", key->public_key()}}};
  auto parsed = ParseCeremonyPlan(FormatCeremonyPlan(plan, "/"), "/");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().check, "plan.quorum.operators");
}

TEST(SignerConfigs, ComeBackAsTheyWereAndAreReadStrictly) {
  SignerConfig config;
  config.vendor = "Acme";
  config.tokens["main"] = {
      .module = "/m.so", .module_env = {"A=B"}, .uri = "pkcs11:token=t", .pin_file = "/d/pin"};
  config.root_key = {"main", ""};
  config.lines = {{"default", 1, {"main", "pkcs11:id=%01"}, {"main", ""}}};
  config.allowed_uids = {33};
  config.hsm_deadline = Seconds(45);
  const std::string good = FormatSignerConfig(config, "/d");
  EXPECT_NE(good.find("\"pin_file\": \"pin\""), std::string::npos);
  auto parsed = ParseSignerConfig(good, "/d");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(FormatSignerConfig(*parsed, "/d"), good);
  EXPECT_EQ(parsed->tokens["main"].pin_file, "/d/pin");
  for (const auto& [what, with] :
       std::vector<std::pair<std::string, std::string>>{{"\"A=B\"", "\"AB\""},
                                                        {"\"generation\": 1", "\"generation\": 0"},
                                                        {"\"token\": \"main\"", "\"token\": \"x\""},
                                                        {"\"policy\"", "\"polices\""},
                                                        {"\"400d\"", "\"400\""},
                                                        {"33", "-1"},
                                                        {"\"45s\"", "\"0s\""}}) {
    std::string bad = good;
    bad.replace(bad.find(what), what.size(), with);
    EXPECT_FALSE(ParseSignerConfig(bad, "/d")) << with;
  }
  EXPECT_EQ(ParseSignerConfig(std::string(10 << 20, ' '), "/d").error().check, "json.size");
}

}  // namespace
}  // namespace holdfast::hsm
