// Return with proof: a (software) TPM, the agent's code, and a vendor whose nonces are genuine or not.
#include "agent/return_license.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "agent/activation.h"
#include "agent/ledger/books.h"
#include "agent/licenses.h"
#include "agent/return_statement.h"
#include "protocol/return_nonce.h"
#include "tests/activation/test_vendor.h"
#include "tests/testing/swtpm.h"
#include "tests/testing/temp_dir.h"

namespace holdfast {
namespace {

using testing::TestVendor;

class ReturnTest : public ::testing::Test {
 protected:
  void SetUp() override { Activate(); }

  static Clock Now() {
    return [] { return testing::kPkiNow; };
  }
  Hardware hardware() { return {*tpm}; }
  Result<RequestOutcome> Request(const Secret& with, bool make_new = false) {
    return MakeRequest(
        with, {.make_new = make_new, .agent_version = "1"}, hardware(), state,
        [this] { return books.Counter(); }, Now());
  }
  void Activate(bool make_new = false) {
    auto request = Request(key, make_new);
    ASSERT_TRUE(request) << request.error().message;
    auto installed = Install(vendor.Answer(request->file), hardware(), state, vendor.pki.Anchors(), Now());
    ASSERT_TRUE(installed) << installed.error().message;
  }
  Result<ReturnOutcome> Return(const std::string& nonce = {}, bool dry_run = false) {
    return ReturnLicense({.nonce = nonce, .dry_run = dry_run, .agent_version = "1"}, hardware(), state,
                         vendor.pki.Anchors(), Now(), books);
  }
  std::string CheckOf(const Result<ReturnOutcome>& outcome) { return outcome ? "" : outcome.error().check; }
  LicenseState Status() {
    auto licenses = *LoadLicenses(state, vendor.pki.Anchors());
    ProveLicenses(licenses, hardware(), state);
    tpm->Release();
    return licenses.empty() ? LicenseState::kNone : Assess(licenses[0].view, testing::kPkiNow).state;
  }
  ReturnProof Proof(const ReturnOutcome& outcome) { return ReadReturnProofFile(outcome.file).value(); }
  uint64_t GateValue(const ReturnProof& proof) {
    const tpm::Attest attest = *tpm::ParseAttest(proof.gate->attest);
    return HexToNumber(std::get<tpm::NvCertifyInfo>(attest.attested).contents);
  }
  static uint64_t HexToNumber(const Bytes& octets) {
    uint64_t value = 0;
    for (uint8_t octet : octets) value = value << 8 | octet;
    return value;
  }

  // In place of the license that has no meter.
  void ActivateMetered() {
    auto request = Request(key, true);
    ASSERT_TRUE(request) << request.error().message;
    LicenseTerms terms = vendor.Terms();
    terms.grants.limits["renders"] = {.kind = LimitKind::kMeter, .max = 100};
    terms.returns.units = true;
    ASSERT_TRUE(
        Install(vendor.Answer(request->file, terms, {}), hardware(), state, vendor.pki.Anchors(), Now()));
  }
  MeterUsage Renders(int64_t units) { return {"renders", MeterPeriod::kNever, Time{}, units}; }
  bool UseRenders(int64_t units) {
    const LicenseId id{vendor.pki.root_key->public_key().SpkiSha256(), "editor", vendor.Terms().license};
    return books.Reserve({id, "renders", MeterPeriod::kNever, Time{}, units}).has_value();
  }

  LicenseMessage GoodNonce() {
    const auto license = (*LoadLicenses(state, vendor.pki.Anchors()))[0].view.verified;
    return {.vendor = license->terms.vendor,
            .product = license->terms.product,
            .license = license->terms.license,
            .serial = license->serial,
            .nonce = Bytes(kReturnNonceSize, 7),
            .time = testing::kPkiNow};
  }
  static std::string NonceFile(const LicenseMessage& nonce, const testing::TestPki& pki) {
    return TestVendor::Say(kReturnNonce, nonce, pki);
  }

  TestVendor vendor;
  testing::TempDir home;
  std::unique_ptr<testing::SwTpm> swtpm = testing::SwTpm::Start(home.path() / "tpm");
  StateDirectory state{home.path() / "state"};
  FileLock lock = *state.Lock();
  std::unique_ptr<Tpm> tpm = *Tpm::Open(swtpm->tcti());
  OwnedTime time{Now(), SystemUptime()};
  Books books{state, *tpm, time};
  const Secret key = vendor.NewProductKey();
};

TEST_F(ReturnTest, EndsTheLicenseAndProvesIt) {
  const InstalledLicense installed = *state.ReadLicense("editor");
  auto outcome = Return();
  ASSERT_TRUE(outcome) << outcome.error().check << ": " << outcome.error().message;
  EXPECT_EQ(outcome->product, "editor");
  EXPECT_TRUE(outcome->by_tpm);
  EXPECT_FALSE(outcome->repeated);
  EXPECT_EQ(Status(), LicenseState::kRetired);

  const ReturnProof proof = Proof(*outcome);
  const ReturnStatement& statement = proof.statement.statement;
  const LicenseFile file = *ParseLicenseFile(installed.license);
  EXPECT_EQ(statement.serial, file.license.fields().serial);
  EXPECT_EQ(statement.certificate, Sha256(file.license.der()));
  EXPECT_TRUE(VerifyJws(proof.statement.jws, file.license.public_key()));
  const auto& keys = std::get<KeySet>(installed.keys);
  EXPECT_EQ(statement.gate->base, keys.gate_base);
  EXPECT_EQ(GateValue(proof), keys.gate_base + 1);
  EXPECT_TRUE(Equal(tpm::ParseAttest(proof.gate->attest)->extra_data,
                    ReturnQualifyingData(proof.statement.compact, {})));
}

TEST_F(ReturnTest, ADryRunChangesNothing) {
  auto outcome = Return({}, true);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_TRUE(outcome->file.empty());
  EXPECT_FALSE(std::filesystem::exists(state.ReturnedPath("editor")));
  EXPECT_EQ(Status(), LicenseState::kActive);
}

TEST_F(ReturnTest, AskedAgainGivesTheSameFile) {
  const std::string first = Return()->file;
  auto again = Return();
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(again->file, first);
}

// Stopped after the gate moved, before the proof was written.
TEST_F(ReturnTest, StoppedBeforeTheProofWasWrittenIsCompleted) {
  const ReturnProof first = Proof(*Return());
  ReturnedLicense begun = *state.ReadReturned("editor");
  begun.proof.reset();
  ASSERT_TRUE(state.WriteReturned(begun));
  auto completed = Return();
  ASSERT_TRUE(completed) << completed.error().message;
  EXPECT_FALSE(completed->repeated);
  EXPECT_EQ(Proof(*completed).statement.compact, first.statement.compact);
  EXPECT_EQ(GateValue(Proof(*completed)), GateValue(first)) << "the gate must not move twice";
}

TEST_F(ReturnTest, ATpmThatIsGoneEndsNothing) {
  swtpm->Kill();
  EXPECT_EQ(Return().error().kind, ErrorKind::kUnavailable);
  EXPECT_FALSE(std::filesystem::exists(state.ReturnedPath("editor"))) << "nothing could be signed";
  swtpm->Reboot();
  EXPECT_EQ(Status(), LicenseState::kActive);
  EXPECT_TRUE(Return());
}

TEST_F(ReturnTest, AKeyThatWasRetiredOtherwiseCannotSignAndTheWayOutWorks) {
  const uint32_t gate = std::get<KeySet>(state.ReadLicense("editor")->keys).gate_index;
  tpm->Release();
  ASSERT_EQ(swtpm->Tools("tpm2_nvincrement " + std::to_string(gate)).status, 0);
  EXPECT_EQ(CheckOf(Return()), "return.retired");
  EXPECT_FALSE(std::filesystem::exists(state.ReturnedPath("editor")));
  Activate(true);
  EXPECT_EQ(CheckOf(Return()), "");
}

TEST_F(ReturnTest, NothingInstalledIsSaid) {
  ASSERT_TRUE(state.RemoveLicense("editor"));
  EXPECT_EQ(CheckOf(Return()), "return.nothing");
  EXPECT_EQ(CheckOf(ForgetReturn("", state)), "return.nothing");
}

TEST_F(ReturnTest, AnAlteredLicenseIsNotReturned) {
  InstalledLicense installed = *state.ReadLicense("editor");
  installed.license =
      FormatLicenseFile(TestVendor().LicenseFor(*LicenseKeyOf(installed.keys), vendor.Terms()));
  ASSERT_TRUE(state.WriteLicense(installed));
  EXPECT_EQ(CheckOf(Return()), "path.anchor");
}

TEST_F(ReturnTest, TheProductKeyCanBeUsedAgainWithoutNew) {
  ASSERT_TRUE(Return());
  Activate();
  EXPECT_EQ(Status(), LicenseState::kActive);
  auto second = Return();
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_FALSE(second->repeated);
  EXPECT_EQ(Status(), LicenseState::kRetired);
}

TEST_F(ReturnTest, TheProofOfAnotherLicenseIsNotOverwritten) {
  ASSERT_TRUE(Return());
  ReturnedLicense kept = *state.ReadReturned("editor");
  auto request = Request(vendor.NewProductKey(), true);
  ASSERT_TRUE(request);
  LicenseTerms terms = vendor.Terms();
  terms.license = "L-another";
  ASSERT_TRUE(
      Install(vendor.Answer(request->file, terms, {}), hardware(), state, vendor.pki.Anchors(), Now()));
  EXPECT_EQ(CheckOf(Return()), "return.kept");
  EXPECT_EQ(state.ReadReturned("editor")->statement.compact, kept.statement.compact);
  ASSERT_TRUE(ForgetReturn("editor", state));
  EXPECT_EQ(Status(), LicenseState::kActive) << "what is forgotten is not what is installed";
  EXPECT_TRUE(Return());
}

TEST_F(ReturnTest, AnUnfinishedReturnIsNotForgotten) {
  const ReturnProof proof = Proof(*Return());
  ReturnedLicense begun = *state.ReadReturned("editor");
  begun.proof.reset();
  ASSERT_TRUE(state.WriteReturned(begun));
  EXPECT_EQ(CheckOf(ForgetReturn("editor", state)), "return.unfinished");
  ASSERT_TRUE(Return());
  ASSERT_TRUE(ForgetReturn("editor", state));
  EXPECT_EQ(Status(), LicenseState::kNone);
}

TEST_F(ReturnTest, DropsTheOpenRequestThatDiesWithTheGate) {
  ASSERT_TRUE(Request(key, true));
  auto outcome = Return();
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->request_dropped);
  EXPECT_TRUE(state.PendingProducts()->empty());
  // One that was made since is not for the gate's old value.
  ASSERT_TRUE(Request(key));
  EXPECT_FALSE(Return()->request_dropped);
  EXPECT_EQ(state.PendingProducts()->size(), 1u);
}

TEST_F(ReturnTest, ANonceIsInTheProofAlsoAfterwards) {
  const std::string nonce = NonceFile(GoodNonce(), vendor.pki);
  const ReturnOutcome first = *Return();
  EXPECT_FALSE(first.fresh);
  auto fresh = Return(nonce);
  ASSERT_TRUE(fresh) << fresh.error().check << ": " << fresh.error().message;
  EXPECT_TRUE(fresh->fresh);
  const ReturnProof proof = Proof(*fresh);
  EXPECT_EQ(proof.nonce, GoodNonce().nonce);
  EXPECT_EQ(proof.statement.compact, Proof(first).statement.compact);
  EXPECT_EQ(GateValue(proof), GateValue(Proof(first)));
  EXPECT_EQ(Return()->file, fresh->file);
}

TEST_F(ReturnTest, ANonceThatIsNotForThisLicenseEndsNothing) {
  LicenseMessage other = GoodNonce();
  other.license = "L-another";
  EXPECT_EQ(CheckOf(Return(NonceFile(other, vendor.pki))), "return_nonce.license");
  other = GoodNonce();
  other.serial[3] ^= 1;
  EXPECT_EQ(CheckOf(Return(NonceFile(other, vendor.pki))), "return_nonce.license");
  other = GoodNonce();
  other.vendor = "Somebody";
  EXPECT_EQ(CheckOf(Return(NonceFile(other, vendor.pki))), "return_nonce.vendor");
  EXPECT_EQ(CheckOf(Return(NonceFile(GoodNonce(), TestVendor().pki))), "path.anchor");
  const LicenseMessage nonce = GoodNonce();
  const std::string input = JwsSigningInput(MessageType::kReturnNonce, SignatureAlgorithm::kEcdsaSha256, {},
                                            FormatMessage(kReturnNonce, nonce));
  const auto stranger = testing::SoftwareKey::Generate(KeyType::kEcP256);
  EXPECT_EQ(CheckOf(Return(ArmorMessage(kReturnNonce, FinishJws(input, stranger->Sign(AsBytes(input))), nonce,
                                        vendor.pki.message.der(), vendor.pki.issuing.der()))),
            "jws.signature");
  EXPECT_FALSE(std::filesystem::exists(state.ReturnedPath("editor")));
  EXPECT_EQ(Status(), LicenseState::kActive);
  EXPECT_EQ(CheckOf(Return(NonceFile(GoodNonce(), vendor.pki))), "");
}

// Root of the host, or who talks him into it, pins a root of his own that bears the vendor's name.
TEST_F(ReturnTest, ANonceOfAnotherRootOfTheVendorsNameEndsNothing) {
  const TestVendor own;
  TrustAnchors both = vendor.pki.Anchors();
  both.roots.push_back(own.pki.root);
  const LicenseMessage nonce = GoodNonce();
  const auto return_by = [&](const testing::TestPki& pki) {
    return CheckOf(ReturnLicense({.nonce = NonceFile(nonce, pki), .agent_version = "1"}, hardware(), state,
                                 both, Now(), books));
  };
  EXPECT_EQ(return_by(own.pki), "return_nonce.vendor");
  EXPECT_FALSE(std::filesystem::exists(state.ReturnedPath("editor")));
  EXPECT_EQ(Status(), LicenseState::kActive);
  EXPECT_EQ(return_by(vendor.pki), "") << "control";
  ASSERT_TRUE(state.RemoveLicense("editor"));
  EXPECT_EQ(return_by(own.pki), "return_nonce.vendor") << "the return remembers whose license it was";
  EXPECT_EQ(return_by(vendor.pki), "") << "control";
}

TEST_F(ReturnTest, StatesWhatTheLedgerCounted) {
  ActivateMetered();
  ASSERT_TRUE(UseRenders(30));
  const auto outcome = Return();
  ASSERT_TRUE(outcome) << outcome.error().check << ": " << outcome.error().message;
  EXPECT_EQ(outcome->used, std::vector<MeterUsage>{Renders(30)});
  ASSERT_TRUE(outcome->terms);
  EXPECT_TRUE(outcome->terms->returns.units);
  const auto& stated = Proof(*outcome).statement.statement.used;
  ASSERT_TRUE(stated);
  EXPECT_EQ(stated->usage, std::vector<MeterUsage>{Renders(30)});
  EXPECT_GE(stated->ledger.stamp, stated->ledger.birth);
}

TEST_F(ReturnTest, OfALicenseWithoutMetersStatesNothing) {
  EXPECT_FALSE(Proof(*Return()).statement.statement.used);
}

// Signed, and stopped before the gate moved: the license can still be used.
TEST_F(ReturnTest, StoppedBeforeTheGateMovedItStatesWhatWasUsedSince) {
  ActivateMetered();
  ASSERT_TRUE(UseRenders(30));
  const InstalledLicense installed = *state.ReadLicense("editor");
  LicenseToReturn begun = *StatementFor(installed, "1", vendor.pki.Anchors(), testing::kPkiNow);
  begun.statement.used = *UsageToState(begun, true, books);
  ASSERT_TRUE(state.WriteReturned(
      {"editor", installed.keys, *SignStatement(begun.statement, installed.keys, *tpm, state), {}}));
  tpm->Release();
  ASSERT_TRUE(UseRenders(90));
  const auto outcome = Return();
  ASSERT_TRUE(outcome) << outcome.error().check << ": " << outcome.error().message;
  EXPECT_EQ(Proof(*outcome).statement.statement.used->usage, std::vector<MeterUsage>{Renders(90)});
  EXPECT_EQ(Return()->file, outcome->file) << "what is proven stays";
}

// Else what was stated first would be the last word, whatever was used since.
TEST_F(ReturnTest, BegunAndNotStatedAnewNothingEnds) {
  ActivateMetered();
  ASSERT_TRUE(UseRenders(30));
  const InstalledLicense installed = *state.ReadLicense("editor");
  const LicenseToReturn begun = *StatementFor(installed, "1", vendor.pki.Anchors(), testing::kPkiNow);
  ASSERT_TRUE(state.WriteReturned(
      {"editor", installed.keys, *SignStatement(begun.statement, installed.keys, *tpm, state), {}}));
  ASSERT_TRUE(UseRenders(90));
  tpm->Release();
  ASSERT_EQ(swtpm->Tools("tpm2_changeauth -c owner secret").status, 0);
  EXPECT_EQ(CheckOf(Return()), "tpm.owner_auth");
  EXPECT_FALSE(state.ReadReturned("editor")->proof) << "the gate did not move";
  ASSERT_EQ(swtpm->Tools("tpm2_changeauth -c owner -p secret").status, 0);
  const auto outcome = Return();
  ASSERT_TRUE(outcome) << outcome.error().check << ": " << outcome.error().message;
  EXPECT_EQ(outcome->used, std::vector<MeterUsage>{Renders(90)});
}

TEST_F(ReturnTest, WithALedgerThatCannotBeWrittenNothingEnds) {
  ActivateMetered();
  ASSERT_TRUE(UseRenders(30));
  const Path ledger = state.LedgerPath(), kept = home.path() / "kept";
  std::filesystem::rename(ledger, kept);
  std::filesystem::create_directories(ledger / "in-the-way");
  EXPECT_FALSE(Return());
  EXPECT_FALSE(std::filesystem::exists(state.ReturnedPath("editor")));
  EXPECT_EQ(Status(), LicenseState::kActive);
  std::filesystem::remove_all(ledger);
  std::filesystem::rename(kept, ledger);
  EXPECT_EQ(CheckOf(Return()), "");
}

}  // namespace
}  // namespace holdfast
