// What administrators and other programs do to a TPM, and what the agent says about it.
#include "tests/agent/tpm/fixture.h"

namespace holdfast::testing {
namespace {

const std::string kGateText = "0x1912345";
const std::string kDefineGate =
    "tpm2_nvdefine " + kGateText + " -C owner -a 'nt=counter|ownerread|authread|authwrite|no_da'; ";
const std::string kSrk =
    "tpm2_createprimary -Q -C owner -G ecc -c srk.ctx -a "
    "'restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda'; ";

class AdministratorTest : public TpmTest {
 protected:
  std::string SignCheck(const KeySet& keys) { return CheckOf(tpm_->Sign(keys, kDigest)); }
  std::string AttestCheck(const KeySet& keys) {
    return CheckOf(tpm_->Attest(keys, Counter(), kQualifyingData));
  }
};

// --- The TPM is not the one of the license
// ---------------------------------------------------------------------

TEST_F(AdministratorTest, ClearKillsTheKeys) {
  KeySet keys = Keys();
  Bytes credential = Credential(keys, Bytes(32, 7));
  Administer("tpm2_clear -c lockout");
  EXPECT_EQ(SignCheck(keys), "tpm.cleared");
  EXPECT_EQ(AttestCheck(keys), "tpm.cleared");
  EXPECT_EQ(CheckOf(tpm_->ActivateCredential(keys, credential)), "tpm.cleared");
}

TEST_F(AdministratorTest, AfterClearTheMachineActivatesAnew) {
  KeySet keys = Keys();
  Administer("tpm2_clear -c lockout");
  KeySet renewed = Keys();
  EXPECT_EQ(renewed.ek_public, keys.ek_public);
  EXPECT_GT(renewed.gate_base, keys.gate_base);
  EXPECT_TRUE(Signs(*tpm_, renewed));
}

TEST_F(AdministratorTest, AnotherTpmRefusesTheKeys) {
  KeySet keys = Keys();
  Bytes credential = Credential(keys, Bytes(32, 7));
  auto other = SwTpm::Start(dir_.path() / "other", {.identity = "b"});
  tpm_ = Open(other->tcti());
  EXPECT_EQ(SignCheck(keys), "tpm.cleared");
  EXPECT_EQ(AttestCheck(keys), "tpm.cleared");
  EXPECT_EQ(CheckOf(tpm_->ActivateCredential(keys, credential)), "tpm.cleared");
}

TEST_F(AdministratorTest, AnotherTpmsCredentialDoesNotOpen) {
  auto other = SwTpm::Start(dir_.path() / "other", {.identity = "b"});
  KeySet mine = Keys(), others = *Open(other->tcti())->CreateKeys(kGate);
  Bytes for_other = Credential(others, Bytes(32, 7), mine.ak_public);
  auto opened = tpm_->ActivateCredential(mine, for_other);
  EXPECT_EQ(CheckOf(opened), "tpm.credential");
  EXPECT_EQ(opened.error().kind, ErrorKind::kRefused);
}

TEST_F(AdministratorTest, CredentialForTheLicenseKeyDoesNotOpenWithTheAk) {
  KeySet keys = Keys();
  Bytes for_key = Credential(keys, Bytes(32, 7), keys.license_key_public);
  EXPECT_EQ(CheckOf(tpm_->ActivateCredential(keys, for_key)), "tpm.credential");
}

TEST_F(AdministratorTest, CredentialForTheAkOfAnEarlierRequestDoesNotOpen) {
  KeySet earlier = Keys(), keys = Keys();
  Bytes for_earlier = Credential(keys, Bytes(32, 7), earlier.ak_public);
  EXPECT_EQ(CheckOf(tpm_->ActivateCredential(keys, for_earlier)), "tpm.credential");
  EXPECT_TRUE(tpm_->ActivateCredential(earlier, for_earlier));
}

TEST_F(AdministratorTest, EverySingleBitOfACredentialMatters) {
  KeySet keys = Keys();
  const Bytes credential = Credential(keys, Bytes(32, 7));
  for (size_t i = 0; i < credential.size(); i++) {
    Bytes flipped = credential;
    flipped[i] ^= static_cast<uint8_t>(1 << i % 8);
    EXPECT_EQ(CheckOf(tpm_->ActivateCredential(keys, flipped)), "tpm.credential") << "octet " << i;
  }
}

TEST_F(AdministratorTest, CredentialOfAnyOtherLengthIsRefused) {
  KeySet keys = Keys();
  const Bytes credential = Credential(keys, Bytes(32, 7));
  for (size_t size = 0; size < credential.size(); size++)
    EXPECT_EQ(CheckOf(tpm_->ActivateCredential(keys, ByteView(credential).first(size))), "tpm.credential")
        << size;
  Bytes longer = credential;
  longer.push_back(0);
  EXPECT_EQ(CheckOf(tpm_->ActivateCredential(keys, longer)), "tpm.credential");
  EXPECT_EQ(CheckOf(tpm_->ActivateCredential(keys, Bytes(70000, 0xff))), "tpm.credential");
}

// --- The gate
// --------------------------------------------------------------------------------------------------

TEST_F(AdministratorTest, IncrementedGateRetiresTheKey) {
  KeySet keys = Keys();
  Administer("tpm2_nvincrement " + kGateText + " -C " + kGateText);
  EXPECT_EQ(SignCheck(keys), "tpm.gate");
}

TEST_F(AdministratorTest, GateMadeAnewStaysShut) {
  KeySet keys = Keys();
  Administer("tpm2_nvundefine -C owner " + kGateText);
  EXPECT_EQ(SignCheck(keys), "tpm.gate");
  EXPECT_EQ(AttestCheck(keys), "tpm.gate");
  Administer(kDefineGate);
  EXPECT_EQ(SignCheck(keys), "tpm.gate");
  for (int i = 0; i < 3; i++) {
    Administer("tpm2_nvincrement " + kGateText + " -C " + kGateText);
    EXPECT_EQ(SignCheck(keys), "tpm.gate");
  }
}

TEST_F(AdministratorTest, OrdinaryIndexWithTheSameContentsIsNoGate) {
  KeySet keys = Keys();
  WriteFile(swtpm_->dir() / "base", Writer().U64(keys.gate_base).bytes());
  Administer("tpm2_nvundefine -C owner " + kGateText + "; tpm2_nvdefine " + kGateText +
             " -C owner -s 8 -a 'ownerread|authread|authwrite|no_da'; tpm2_nvwrite " + kGateText + " -C " +
             kGateText + " -i base");
  EXPECT_EQ(SignCheck(keys), "tpm.gate");
}

TEST_F(AdministratorTest, GateMadeAnewWithAPasswordIsShut) {
  KeySet keys = Keys();
  Administer("tpm2_nvundefine -C owner " + kGateText + "; tpm2_nvdefine " + kGateText +
             " -C owner -a 'nt=counter|ownerread|authread|authwrite|no_da' -p secret; tpm2_nvincrement " +
             kGateText + " -C " + kGateText + " -P secret");
  EXPECT_EQ(SignCheck(keys), "tpm.gate");
}

TEST_F(AdministratorTest, SecondActivationKeepsTheGateAndTheFirstKey) {
  KeySet first = Keys(), second = Keys();
  EXPECT_EQ(second.gate_base, first.gate_base);
  EXPECT_NE(second.license_key_public, first.license_key_public);
  EXPECT_TRUE(Signs(*tpm_, first));
  EXPECT_TRUE(Signs(*tpm_, second));
}

TEST_F(AdministratorTest, GateDefinedButNeverWrittenIsUsed) {
  Administer(kDefineGate);
  EXPECT_TRUE(Signs(*tpm_, Keys()));
}

TEST_F(AdministratorTest, AnotherProgramsIndexIsLeftAlone) {
  Administer("tpm2_nvdefine " + kGateText + " -C owner -s 8");
  EXPECT_EQ(CheckOf(tpm_->CreateKeys(kGate)), "tpm.nv_conflict");
  Administer("tpm2_nvreadpublic " + kGateText);
}

// --- The ledger's counter
// -------------------------------------------------------------------------------------

TEST_F(AdministratorTest, CounterThatIsNotTheLedgersIsNotAttested) {
  KeySet keys = Keys();
  EXPECT_EQ(AttestCheck(keys), "");
  Administer("tpm2_nvundefine -C owner 0x1a00000");
  EXPECT_EQ(AttestCheck(keys), "tpm.counter");
  const std::string define = "tpm2_nvdefine 0x1a00000 -C owner -p other -a ";
  Administer(define + "'nt=counter|ownerread|authread|authwrite|no_da'");
  EXPECT_EQ(AttestCheck(keys), "tpm.counter");  // never written
  Administer("tpm2_nvincrement 0x1a00000 -C 0x1a00000 -P other");
  EXPECT_EQ(AttestCheck(keys), "tpm.counter");  // another authValue
  Administer("tpm2_nvundefine -C owner 0x1a00000; " + define + "'ownerread|authread|authwrite|no_da' -s 8");
  EXPECT_EQ(AttestCheck(keys), "tpm.counter");  // no counter
}

// --- Passwords, hierarchies, lockout
// ---------------------------------------------------------------------------

TEST_F(AdministratorTest, OwnerPasswordIsNamed) {
  KeySet keys = Keys();
  Administer("tpm2_changeauth -c owner secret");
  EXPECT_EQ(CheckOf(tpm_->CreateKeys(kGate)), "tpm.owner_auth");
  auto signature = tpm_->Sign(keys, kDigest);
  EXPECT_EQ(CheckOf(signature), "tpm.owner_auth");
  EXPECT_THAT(signature.error().advice, ::testing::HasSubstr("0x81000001"));
  Administer("tpm2_changeauth -c owner -p secret");
  EXPECT_EQ(SignCheck(keys), "");
}

TEST_F(AdministratorTest, OwnerPasswordDoesNotMatterWithAPersistentSrk) {
  Administer(kSrk + "tpm2_evictcontrol -C owner -c srk.ctx 0x81000001");
  KeySet keys = Keys();
  Administer("tpm2_changeauth -c owner secret");
  EXPECT_EQ(SignCheck(keys), "");
}

TEST_F(AdministratorTest, EndorsementPasswordIsNamed) {
  KeySet keys = Keys();
  Bytes credential = Credential(keys, Bytes(32, 7));
  Administer("tpm2_changeauth -c endorsement secret");
  EXPECT_EQ(CheckOf(tpm_->CreateKeys(kGate)), "tpm.endorsement_auth");
  EXPECT_EQ(AttestCheck(keys), "tpm.endorsement_auth");
  EXPECT_EQ(CheckOf(tpm_->ActivateCredential(keys, credential)), "tpm.endorsement_auth");
  EXPECT_EQ(SignCheck(keys), "");
}

TEST_F(AdministratorTest, DisabledHierarchyIsNamed) {
  KeySet keys = Keys();
  Administer("tpm2_hierarchycontrol -C platform shEnable clear");
  EXPECT_EQ(SignCheck(keys), "tpm.hierarchy");
}

TEST_F(AdministratorTest, LockoutDoesNotMatter) {
  KeySet keys = Keys();
  Bytes credential = Credential(keys, Bytes(32, 7));
  Administer(
      "tpm2_createprimary -Q -C owner -p secret -c da.ctx; "
      "for i in 1 2 3 4; do ! tpm2_create -Q -C da.ctx -P wrong -u x.pub -r x.priv; tpm2_flushcontext -t; "
      "done; "
      "tpm2_getcap properties-variable | grep 'inLockout: *1'");
  EXPECT_TRUE(Signs(*tpm_, keys));
  EXPECT_EQ(AttestCheck(keys), "");
  EXPECT_TRUE(tpm_->ActivateCredential(keys, credential));
  EXPECT_TRUE(tpm_->CreateKeys(kGate));
}

// --- Other programs' objects
// -----------------------------------------------------------------------------------

TEST_F(AdministratorTest, PersistentSrkIsUsedWhereItIsTheTcgOne) {
  Administer(kSrk +
             "tpm2_evictcontrol -C owner -c srk.ctx 0x81000001; tpm2_readpublic -Q -c 0x81000001 -o srk.pub");
  Bytes persistent = ReadFile(swtpm_->dir() / "srk.pub");
  KeySet keys = Keys();
  EXPECT_EQ(Writer().Sized16(keys.srk_public).bytes(), persistent);
}

TEST_F(AdministratorTest, AnotherKeyAtTheSrksHandleIsIgnored) {
  Administer(
      "tpm2_createprimary -Q -C owner -G rsa -c other.ctx; tpm2_evictcontrol -C owner -c other.ctx "
      "0x81000001; "
      "tpm2_flushcontext -t");
  KeySet keys = Keys();
  EXPECT_TRUE(tpm::MatchesSrk(*tpm::ParsePublic(keys.srk_public)));
  EXPECT_TRUE(Signs(*tpm_, keys));
}

TEST_F(AdministratorTest, KeysSurviveAnSrkThatBecomesPersistentLater) {
  KeySet keys = Keys();
  Administer(kSrk + "tpm2_evictcontrol -C owner -c srk.ctx 0x81000001");
  EXPECT_EQ(SignCheck(keys), "");
}

// tpm2-tools leave every object they load in a TPM without resource manager.
TEST_F(AdministratorTest, SlotsFilledByAnEarlierProcessOfOursAreFreed) {
  KeySet keys = Keys();
  Administer("for i in 1 2 3; do tpm2_createek -Q -G ecc -c ek.ctx -u ek.pub; done");
  EXPECT_EQ(SignCheck(keys), "");
}

TEST_F(AdministratorTest, SlotsFilledByOthersAreNamedAndLeftAlone) {
  KeySet keys = Keys();
  Administer("for i in 1 2 3; do tpm2_createprimary -Q -C owner -g sha384 -c other.ctx; done");
  auto signature = tpm_->Sign(keys, kDigest);
  EXPECT_EQ(CheckOf(signature), "tpm.command");
  EXPECT_EQ(signature.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(signature.error().advice, ::testing::HasSubstr("tpm2_flushcontext"));
  tpm_->Release();
  EXPECT_EQ(swtpm_->Tools("tpm2_getcap handles-transient | wc -l").output, "3\n");
}

TEST_F(AdministratorTest, NoTpmIsSaidWithAdvice) {
  tpm_->Release();
  swtpm_->Kill();
  auto properties = tpm_->Properties();
  EXPECT_EQ(CheckOf(properties), "tpm.open");
  EXPECT_EQ(properties.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(properties.error().message, ::testing::HasSubstr(swtpm_->tcti()));
  EXPECT_THAT(properties.error().advice, ::testing::HasSubstr("group tss"));
  swtpm_->Reboot();
  EXPECT_TRUE(tpm_->Properties());
}

TEST_F(AdministratorTest, WrongTctiIsSaid) {
  EXPECT_EQ(CheckOf((*Tpm::Open("no-such-tcti"))->Properties()), "tpm.open");
  EXPECT_EQ(CheckOf((*Tpm::Open("device:/nonexistent/tpmrm0"))->Properties()), "tpm.open");
}

TEST_F(AdministratorTest, TwoProcessesShareTheTpmInTurns) {
  KeySet keys = Keys();
  auto other = Open(swtpm_->tcti());
  tpm_->Release();
  EXPECT_TRUE(Signs(*other, keys));
  other->Release();
  EXPECT_TRUE(Signs(*tpm_, keys));
}

TEST_F(AdministratorTest, PropertiesNameTheTpm) {
  auto properties = tpm_->Properties();
  ASSERT_TRUE(properties) << properties.error().message;
  EXPECT_EQ(properties->at("manufacturer"), "IBM");
  EXPECT_EQ(properties->at("vendor"), "SW   TPM");
  EXPECT_EQ(properties->at("specification"), "1.64");
  EXPECT_FALSE(properties->at("firmware").empty());
}

}  // namespace
}  // namespace holdfast::testing
