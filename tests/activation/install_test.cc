// One file out, one file in, against a real (software) TPM, with a vendor who sometimes lies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "agent/activation.h"
#include "agent/content_keys.h"
#include "agent/ledger/books.h"
#include "agent/licenses.h"
#include "protocol/armor.h"
#include "protocol/tpm/structures.h"
#include "tests/activation/test_vendor.h"
#include "tests/testing/swtpm.h"

namespace holdfast {
namespace {

using testing::TestVendor;

std::map<std::string, std::string> Snapshot(const Path& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    files[entry.path().filename()] = {std::istreambuf_iterator<char>(in), {}};
  }
  return files;
}

// A machine: a TPM and a state directory.
struct Machine {
  explicit Machine(const std::string& identity)
      : swtpm(testing::SwTpm::Start(home.path() / "tpm", {.identity = identity})),
        state(home.path() / "state"),
        lock(*state.Lock()),
        tpm(*Tpm::Open(swtpm->tcti())),
        books(state, *tpm, time) {}

  Result<RequestOutcome> Request(const Secret& key, bool make_new = false) {
    return MakeRequest(
        key, {.make_new = make_new, .host_facts = {{"hostname", "h"}}, .agent_version = "1"}, {*tpm}, state,
        [this] { return books.Counter(); }, Now());
  }
  Result<InstallOutcome> Install(std::string_view file, const TestVendor& vendor) {
    return holdfast::Install(file, {*tpm}, state, vendor.pki.Anchors(), Now());
  }
  Standing Status(const TestVendor& vendor) {
    licenses = *LoadLicenses(state, vendor.pki.Anchors());
    ProveLicenses(licenses, {*tpm}, state);
    tpm->Release();
    return licenses.empty() ? Standing{} : Assess(licenses[0].view, testing::kPkiNow);
  }
  static Clock Now() {
    return [] { return testing::kPkiNow; };
  }

  testing::TempDir home;
  std::unique_ptr<testing::SwTpm> swtpm;
  StateDirectory state;
  FileLock lock;
  std::unique_ptr<Tpm> tpm;
  OwnedTime time{Now(), SystemUptime()};
  Books books;
  std::vector<LoadedLicense> licenses;
};

class InstallTest : public ::testing::Test {
 protected:
  std::string MakeRequestFile() {
    auto outcome = machine.Request(key);
    EXPECT_TRUE(outcome) << outcome.error().check << ": " << outcome.error().message;
    return outcome->file;
  }

  void Activate() {
    auto outcome = machine.Install(vendor.Answer(MakeRequestFile()), vendor);
    ASSERT_TRUE(outcome) << outcome.error().check << ": " << outcome.error().message;
  }

  void ExpectRefused(std::string_view file, std::string_view check) {
    const auto before = Snapshot(machine.state.path());
    auto outcome = machine.Install(file, vendor);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().check, check) << outcome.error().message;
    EXPECT_FALSE(outcome.error().message.empty());
    EXPECT_EQ(Snapshot(machine.state.path()), before);
  }

  std::string InstalledFile() { return machine.state.ReadLicense("editor")->license; }

  TestVendor vendor;
  Machine machine{"a"};
  const Secret key = vendor.NewProductKey();
};

TEST_F(InstallTest, RequestAnswerInstallIsActive) {
  const std::string request = MakeRequestFile();
  EXPECT_EQ(machine.Status(vendor).state, LicenseState::kNone);
  auto outcome = machine.Install(vendor.Answer(request), vendor);
  ASSERT_TRUE(outcome) << outcome.error().check << ": " << outcome.error().message;
  EXPECT_TRUE(outcome->changed);
  EXPECT_EQ(machine.Status(vendor).state, LicenseState::kActive);
  EXPECT_TRUE(machine.state.PendingProducts()->empty());
}

// One signature of the TPM proves the hardware and vouches for the agent.
TEST_F(InstallTest, TheLicenseKeyInTheTpmVouchesForASession) {
  Activate();
  auto loaded = *LoadLicenses(machine.state, vendor.pki.Anchors());
  const SessionOccasion occasion{"0f3a2b1c-4d5e-6f70-8192-a3b4c5d6e7f8", testing::kPkiNow};
  ASSERT_TRUE(ProveLicenses(loaded, {*machine.tpm}, machine.state, occasion));
  machine.tpm->Release();
  ASSERT_NE(loaded[0].proof.session, nullptr);
  const auto session = local::ParseSessionStatement(loaded[0].proof.session->compact);
  ASSERT_TRUE(session) << session.error().check;
  const LicenseFile file = ParseLicenseFile(loaded[0].proof.file).value();
  const VerifiedLicense license = VerifyLicense(file, vendor.pki.Anchors()).value();
  EXPECT_TRUE(VerifyJws(session->jws, license.license_key));
  EXPECT_EQ(session->statement.certificate, Sha256(file.license.der()));
}

TEST_F(InstallTest, RequestRepeatedIsTheSameOctets) {
  const std::string first = MakeRequestFile();
  auto again = machine.Request(key);
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(again->file, first);
}

TEST_F(InstallTest, NewRequestIsAnotherAndTheOldAnswerIsRefused) {
  const std::string old_answer = vendor.Answer(MakeRequestFile());
  auto fresh = machine.Request(key, true);
  ASSERT_TRUE(fresh);
  EXPECT_FALSE(fresh->repeated);
  ExpectRefused(old_answer, "answer.request");
  EXPECT_TRUE(machine.Install(vendor.Answer(fresh->file), vendor));
}

TEST_F(InstallTest, RequestWithAnotherKeyIsAConflictUntilNew) {
  const std::string first = MakeRequestFile();
  const Secret other = vendor.NewProductKey();
  EXPECT_EQ(machine.Request(other).error().check, "request.open");
  EXPECT_EQ(machine.Request(key)->file, first);
  EXPECT_TRUE(machine.Request(other, true));
}

TEST_F(InstallTest, ProductKeyInUseIsAConflictUntilNew) {
  Activate();
  EXPECT_EQ(machine.Request(key).error().check, "request.active");
  EXPECT_TRUE(machine.Request(key, true));
  EXPECT_EQ(machine.Status(vendor).state, LicenseState::kActive);
}

TEST_F(InstallTest, SameAnswerAgainChangesNothing) {
  const std::string answer = vendor.Answer(MakeRequestFile());
  ASSERT_TRUE(machine.Install(answer, vendor));
  const auto before = Snapshot(machine.state.path());
  auto again = machine.Install(answer, vendor);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_FALSE(again->changed);
  EXPECT_EQ(Snapshot(machine.state.path()), before);
}

TEST_F(InstallTest, AnswerAgainAfterACrashBeforeTheRequestWasRemoved) {
  const std::string request = MakeRequestFile();
  const PendingRequest pending = *machine.state.ReadPending("editor");
  ASSERT_TRUE(machine.Install(vendor.Answer(request), vendor));
  ASSERT_TRUE(machine.state.WritePending(pending));
  EXPECT_TRUE(machine.Install(vendor.Answer(request), vendor));
  EXPECT_TRUE(machine.state.PendingProducts()->empty());
}

TEST_F(InstallTest, RequestThatCannotBeRemovedDoesNotUndoTheInstallation) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can take a directory away from its user";
  const std::string answer = vendor.Answer(MakeRequestFile());
  std::filesystem::permissions(machine.home.path(), std::filesystem::perms(0711));
  constexpr uid_t kUser = 54321;  // of the state directory: everything in it is done with that user's rights
  for (const auto& entry : std::filesystem::recursive_directory_iterator(machine.state.path()))
    ASSERT_EQ(::chown(entry.path().c_str(), kUser, kUser), 0);
  ASSERT_EQ(::chown(machine.state.path().c_str(), kUser, kUser), 0);
  ASSERT_EQ(::chown((machine.state.path() / "pending").c_str(), 0, 0), 0);
  std::filesystem::permissions(machine.state.path() / "pending", std::filesystem::perms(0755));
  ASSERT_FALSE(machine.state.RemovePending("editor"));
  auto outcome = machine.Install(answer, vendor);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(machine.Status(vendor).state, LicenseState::kActive);
}

TEST_F(InstallTest, AnswerForAnotherRequest) {
  TestVendor::Lie lie;
  lie.request_hash = Bytes(32, 7);
  ExpectRefused(vendor.Answer(MakeRequestFile(), vendor.Terms(), lie), "answer.request");
}

TEST_F(InstallTest, AnswerWithoutAnyRequestHere) {
  Machine other("b");
  const std::string answer = vendor.Answer(other.Request(vendor.NewProductKey())->file);
  ExpectRefused(answer, "answer.request");
}

TEST_F(InstallTest, AnswerForAnotherMachine) {
  MakeRequestFile();
  Machine other("b");
  ExpectRefused(vendor.Answer(other.Request(vendor.NewProductKey())->file), "answer.hardware");
}

TEST_F(InstallTest, HeaderNamingAnotherTpmOrKey) {
  const std::string request = MakeRequestFile();
  TestVendor::Lie ek, license_key;
  ek.ek_name = Bytes(34, 1);
  license_key.license_key_name = Bytes(34, 1);
  ExpectRefused(vendor.Answer(request, vendor.Terms(), ek), "answer.hardware");
  ExpectRefused(vendor.Answer(request, vendor.Terms(), license_key), "answer.hardware");
}

TEST_F(InstallTest, CredentialForAnotherObject) {
  TestVendor::Lie lie;
  lie.credential_name = Bytes(34, 0);
  (*lie.credential_name)[1] = 0x0b;
  ExpectRefused(vendor.Answer(MakeRequestFile(), vendor.Terms(), lie), "answer.hardware");
}

// The AK opens the answer whether or not the license key still works.
TEST_F(InstallTest, LicenseKeyWhoseGateMovedWhileTheAnswerWasOnItsWay) {
  const std::string answer = vendor.Answer(MakeRequestFile());
  const uint32_t gate = std::get<KeySet>(machine.state.ReadPending("editor")->keys).gate_index;
  machine.tpm->Release();
  const auto moved = machine.swtpm->Tools("tpm2_nvincrement " + std::to_string(gate));
  ASSERT_EQ(moved.status, 0) << moved.output;
  ExpectRefused(answer, "install.hardware");
}

TEST_F(InstallTest, CredentialForTheLicenseKey) {
  const std::string request = MakeRequestFile();
  TestVendor::Lie lie;
  lie.credential_name = tpm::NameOf(
      *tpm::ParsePublic(std::get<KeySet>(machine.state.ReadPending("editor")->keys).license_key_public));
  ExpectRefused(vendor.Answer(request, vendor.Terms(), lie), "answer.hardware");
}

TEST_F(InstallTest, AlteredContent) {
  TestVendor::Lie lie;
  lie.damage_content = true;
  ExpectRefused(vendor.Answer(MakeRequestFile(), vendor.Terms(), lie), "answer.altered");
}

TEST_F(InstallTest, LicenseOfAnotherVendorInside) {
  TestVendor foreign;
  const std::string request = MakeRequestFile();
  ExpectRefused(foreign.Answer(request), "path.anchor");
}

TEST_F(InstallTest, LicenseForAnotherKeyInside) {
  TestVendor::Lie lie;
  lie.license = FormatLicenseFile(vendor.LicenseFor(vendor.pki.license_key->public_key(), vendor.Terms()));
  ExpectRefused(vendor.Answer(MakeRequestFile(), vendor.Terms(), lie), "answer.key");
}

TEST_F(InstallTest, LicenseForAnotherProductInside) {
  LicenseTerms terms = vendor.Terms();
  terms.product = "other";
  ExpectRefused(vendor.Answer(MakeRequestFile(), terms, {}), "answer.product");
}

TEST_F(InstallTest, NoLicenseInside) {
  TestVendor::Lie lie;
  lie.license = "hello";
  ExpectRefused(vendor.Answer(MakeRequestFile(), vendor.Terms(), lie), "armor.empty");
}

TEST_F(InstallTest, EveryOtherKindOfFile) {
  const std::string request = MakeRequestFile();
  ExpectRefused(request, "install.kind");
  ExpectRefused(key.RevealText(), "install.kind");
  ExpectRefused("{}", "install.kind");
  ExpectRefused("", "install.kind");
  ExpectRefused(std::string(10'000'000, 'x'), "file.size");
  ExpectRefused(FormatLicenseFile(vendor.pki.MakeLicenseFile(vendor.Terms())), "install.key");
  ExpectRefused(vendor.List(2, {}), "install.issuer");
}

TEST_F(InstallTest, EveryFlippedBitOfTheAnswerIsRefused) {
  const std::string answer = vendor.Answer(MakeRequestFile());
  const size_t begin = answer.find("-----BEGIN");
  // One bit in every 97 characters: each costs the TPM a command where it is reached.
  for (size_t i = begin; i < answer.size(); i += 97) {
    std::string bad = answer;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    if (bad[i] == '\r' || answer[i] == '\n') continue;
    ASSERT_FALSE(machine.Install(bad, vendor)) << i;
  }
  EXPECT_TRUE(machine.state.InstalledProducts()->empty());
}

TEST_F(InstallTest, ListRevokesAndTheOlderOneDoesNotComeBack) {
  Activate();
  const auto license = machine.licenses = *LoadLicenses(machine.state, vendor.pki.Anchors());
  const Bytes serial = license[0].view.verified->serial;
  const std::string revoking = vendor.List(
      5, {{.serial = serial, .date = testing::kPkiNow, .reason = RevocationReason::kCertificateHold}});
  auto outcome = machine.Install(revoking, vendor);
  ASSERT_TRUE(outcome) << outcome.error().check;
  EXPECT_EQ(outcome->kind, InstalledKind::kRevocationList);
  EXPECT_EQ(machine.Status(vendor).state, LicenseState::kSuspended);
  ExpectRefused(vendor.List(4, {}), "install.older");
  EXPECT_FALSE(machine.Install(revoking, vendor)->changed);
  ASSERT_TRUE(machine.Install(vendor.List(6, {}), vendor));
  EXPECT_EQ(machine.Status(vendor).state, LicenseState::kActive);
}

TEST_F(InstallTest, AnswerInstalledAgainDoesNotBringTheOldListBack) {
  const std::string answer = vendor.Answer(MakeRequestFile());
  ASSERT_TRUE(machine.Install(answer, vendor));
  const Bytes serial = (*LoadLicenses(machine.state, vendor.pki.Anchors()))[0].view.verified->serial;
  ASSERT_TRUE(machine.Install(vendor.List(5, {{.serial = serial, .date = testing::kPkiNow}}), vendor));
  auto again = machine.Install(answer, vendor);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->changed);
  EXPECT_EQ(machine.Status(vendor).state, LicenseState::kRevoked);
}

// The answer to a second request, kept aside until the list has come, must not undo it.
TEST_F(InstallTest, AnswerToAnOpenRequestKeepsTheNewerListThatIsInstalled) {
  Activate();
  const std::string request = machine.Request(key, true)->file;
  const LicenseFile license = vendor.License(*ReadRequestFile(request), vendor.Terms());
  TestVendor::Lie no_lie;
  no_lie.license = FormatLicenseFile(license);
  const std::string kept = vendor.Answer(request, vendor.Terms(), no_lie);
  const RevokedEntry entry{.serial = license.license.fields().serial, .date = testing::kPkiNow};
  ASSERT_TRUE(machine.Install(vendor.List(5, {entry}), vendor));
  auto outcome = machine.Install(kept, vendor);
  ASSERT_TRUE(outcome) << outcome.error().check << ": " << outcome.error().message;
  EXPECT_EQ(machine.Status(vendor).state, LicenseState::kRevoked);
  EXPECT_EQ(machine.licenses[0].view.verified->crl_number, 5);
}

TEST_F(InstallTest, AnswerInPlaceOfADamagedLicenseKeepsTheListBesideIt) {
  const std::string answer = vendor.Answer(MakeRequestFile());
  ASSERT_TRUE(machine.Install(answer, vendor));
  ASSERT_TRUE(machine.Install(vendor.List(5, {}), vendor));
  InstalledLicense installed = *machine.state.ReadLicense("editor");
  char& in_the_signature = installed.license[installed.license.find("\n-----END") - 12];
  in_the_signature = in_the_signature == 'A' ? 'B' : 'A';
  ASSERT_TRUE(machine.state.WriteLicense(installed));
  ASSERT_EQ(machine.Status(vendor).state, LicenseState::kTampered);
  ASSERT_TRUE(machine.Install(answer, vendor));
  EXPECT_EQ(machine.Status(vendor).state, LicenseState::kActive);
  EXPECT_EQ(machine.licenses[0].view.verified->crl_number, 5);
}

TEST_F(InstallTest, ListOfAnotherVendor) {
  Activate();
  ExpectRefused(TestVendor().List(9, {}), "install.issuer");
}

TEST_F(InstallTest, ListWithAForgedSignature) {
  Activate();
  CrlFields fields = vendor.pki.ShardCrlFields();
  fields.number = 9;
  const auto stranger = testing::SoftwareKey::Generate(KeyType::kEcP256);
  ExpectRefused(Armor(kLabelCrl, testing::SignCrl(fields, *stranger)), "crl.signature");
}

TEST_F(InstallTest, RenewalForTheSameKeyReplacesAndAnOlderOneIsRefused) {
  Activate();
  const std::string first = InstalledFile();
  const PublicKey license_key =
      (*LoadLicenses(machine.state, vendor.pki.Anchors()))[0].view.verified->license_key;
  LicenseTerms terms = vendor.Terms();
  terms.valid_from += Seconds(86400);
  terms.grants.edition = "premium";
  const std::string renewed = FormatLicenseFile(vendor.LicenseFor(license_key, terms));
  auto outcome = machine.Install(renewed, vendor);
  ASSERT_TRUE(outcome) << outcome.error().check << ": " << outcome.error().message;
  EXPECT_EQ(machine.Status(vendor).grants->edition, "premium");
  ExpectRefused(first, "install.older");
  EXPECT_FALSE(machine.Install(renewed, vendor)->changed);
}

TEST_F(InstallTest, StateCopiedToAnotherMachineIsWrongHardware) {
  Activate();
  Machine other("b");
  std::filesystem::copy(
      machine.state.path() / "licenses", other.state.path() / "licenses",
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(other.Status(vendor).state, LicenseState::kWrongHardware);
}

TEST_F(InstallTest, TpmThatIsGoneIsUnavailableNotWrong) {
  Activate();
  machine.swtpm->Kill();
  EXPECT_EQ(machine.Status(vendor).state, LicenseState::kHardwareUnavailable);
  machine.swtpm->Reboot();
  EXPECT_EQ(machine.Status(vendor).state, LicenseState::kActive);
}

TEST_F(InstallTest, AlteredInstalledFileIsTampered) {
  Activate();
  InstalledLicense installed = *machine.state.ReadLicense("editor");
  const size_t at = installed.license.find('\n') + 200;
  installed.license[at] = installed.license[at] == 'A' ? 'B' : 'A';
  ASSERT_TRUE(machine.state.WriteLicense(installed));
  EXPECT_EQ(machine.Status(vendor).state, LicenseState::kTampered);
  EXPECT_FALSE(machine.licenses[0].view.fault.empty());
}

TEST_F(InstallTest, StateFileUnderAnotherProductsNameIsTampered) {
  Activate();
  std::filesystem::rename(machine.state.LicensePath("editor"), machine.state.LicensePath("other"));
  EXPECT_EQ(machine.state.ReadLicense("other").error().check, "state.product");
  EXPECT_EQ(machine.Status(vendor).state, LicenseState::kTampered);
}

TEST_F(InstallTest, RetiredByTheGate) {
  Activate();
  const uint32_t gate = std::get<KeySet>(machine.state.ReadLicense("editor")->keys).gate_index;
  machine.tpm->Release();
  const auto done = machine.swtpm->Tools("tpm2_nvincrement " + std::to_string(gate));
  ASSERT_EQ(done.status, 0) << done.output;
  EXPECT_EQ(machine.Status(vendor).state, LicenseState::kRetired);
}

class ContentKeysTest : public InstallTest {
 protected:
  ContentKeysTest() {
    terms.grants.keys = {"content"};
    terms.fallback = Grants{.edition = "lite", .features = {}, .limits = {}, .keys = {"basic"}};
  }
  std::string Answer(const std::optional<SealedContentKeys>& keys = {}) {
    TestVendor::Lie lie;
    lie.content_keys = keys;
    return vendor.Answer(request, terms, lie);
  }
  std::string CheckOf(const std::string& name) {
    const auto opened = OpenInstalledKey("editor", name, machine.state, *machine.tpm);
    machine.tpm->Release();
    if (!opened) return opened.error().check;
    EXPECT_TRUE(opened->Equals(TestVendor::ContentKey()));
    return "opened";
  }
  LicenseTerms terms = vendor.Terms();
  const std::string request = MakeRequestFile();
};

TEST_F(ContentKeysTest, ComeWithTheAnswerAndAreOpenedByTheTpm) {
  auto outcome = machine.Install(Answer(), vendor);
  ASSERT_TRUE(outcome) << outcome.error().check << ": " << outcome.error().message;
  EXPECT_EQ(CheckOf("content"), "opened");
  EXPECT_EQ(CheckOf("basic"), "opened") << "what applies now is for Decide";
  EXPECT_EQ(CheckOf("other"), "key.missing");
  EXPECT_EQ(OpenInstalledKey("studio", "content", machine.state, *machine.tpm).error().check, "file.missing");
}

TEST_F(ContentKeysTest, OtherThanTheLicenseNamesAreRefused) {
  const SealedContentKey key = TestVendor::SealKey(*ReadRequestFile(request));
  ExpectRefused(Answer(SealedContentKeys()), "answer.content_keys");
  ExpectRefused(Answer(SealedContentKeys{{"content", key}}), "answer.content_keys");
  ExpectRefused(Answer(SealedContentKeys{{"basic", key}, {"content", key}, {"more", key}}),
                "answer.content_keys");
  terms.grants.keys = terms.fallback->keys = {};
  ExpectRefused(Answer(SealedContentKeys{{"content", key}}), "answer.content_keys");
}

TEST_F(ContentKeysTest, SealedForAnotherTpmAreRefused) {
  Machine other("b");
  const SealedContentKey key =
      TestVendor::SealKey(*ReadRequestFile(other.Request(vendor.NewProductKey())->file));
  other.tpm->Release();
  ExpectRefused(Answer(SealedContentKeys{{"basic", key}, {"content", key}}), "answer.content_keys");
}

TEST_F(ContentKeysTest, AreInstalledOnceAndMadeGoodByTheAnswer) {
  const std::string answer = Answer();
  ASSERT_TRUE(machine.Install(answer, vendor)->changed);
  EXPECT_FALSE(machine.Install(answer, vendor)->changed);
  InstalledLicense installed = *machine.state.ReadLicense("editor");
  installed.content_keys.at("content").duplicate[50] ^= 1;
  installed.content_keys.erase("basic");
  ASSERT_TRUE(machine.state.WriteLicense(installed));
  EXPECT_EQ(CheckOf("content"), "tpm.content_key");
  EXPECT_EQ(CheckOf("basic"), "key.missing");
  EXPECT_TRUE(machine.Install(answer, vendor)->changed);
  EXPECT_EQ(CheckOf("content"), "opened");
  EXPECT_EQ(CheckOf("basic"), "opened");
}

TEST_F(ContentKeysTest, StayWhenAListIsInstalled) {
  ASSERT_TRUE(machine.Install(Answer(), vendor));
  ASSERT_TRUE(machine.Install(vendor.List(6, {}), vendor)->changed);
  EXPECT_EQ(CheckOf("content"), "opened");
}

TEST_F(ContentKeysTest, AreNotOpenedAfterTheGateHasMoved) {
  ASSERT_TRUE(machine.Install(Answer(), vendor));
  const uint32_t gate = std::get<KeySet>(machine.state.ReadLicense("editor")->keys).gate_index;
  machine.tpm->Release();
  ASSERT_EQ(machine.swtpm->Tools("tpm2_nvincrement " + std::to_string(gate)).status, 0);
  EXPECT_EQ(CheckOf("content"), "tpm.gate");
}

TEST_F(ContentKeysTest, TpmThatIsGoneIsUnavailable) {
  const std::string answer = Answer();
  ASSERT_TRUE(machine.Install(answer, vendor));
  machine.swtpm->Kill();
  EXPECT_EQ(CheckOf("content"), "tpm.open");
}

TEST(MakeRequest, BadProductKeysMakeNothing) {
  Machine machine("a");
  for (const char* text : {"", "hello", "NLS-a.b.c-AAAAAAAA"}) {
    EXPECT_FALSE(machine.Request(Secret(ToBytes(std::string_view(text))))) << text;
  }
  EXPECT_TRUE(machine.state.PendingProducts()->empty());
}

}  // namespace
}  // namespace holdfast
