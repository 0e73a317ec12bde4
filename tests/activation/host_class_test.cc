// One file out, one file in, on a host without a TPM: nothing listens at the TCTI. Against a vendor who sometimes lies.
#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <future>
#include <thread>

#include "agent/activation.h"
#include "agent/agent.h"
#include "protocol/armor.h"
#include "tests/activation/test_vendor.h"
#include "tests/testing/application.h"
#include "tests/testing/host_files.h"
#include "tests/testing/temp_dir.h"

namespace holdfast {
namespace {

using testing::Application;
using testing::HostFiles;
using testing::TestVendor;

constexpr char kNoTpm[] = "device:/dev/no-such-tpm";

Result<LedgerCounter> NoCounter() {
  return Fail(ErrorKind::kInternal, "test.counter", "a host without a TPM has no counter");
}

Clock Now() {
  return [] { return testing::kPkiNow; };
}

HostRequest Parsed(std::string_view file) {
  return std::get<HostRequest>(ReadAnyRequestFile(file).value());
}

class HostClass : public ::testing::Test {
 protected:
  Result<RequestOutcome> Request(const Secret& key, RequestOptions options) {
    return MakeRequest(key, options, {*tpm_, host_.root()}, state_, NoCounter, Now());
  }
  std::string RequestFile() {
    auto outcome = Request(key_, {.without_tpm = true});
    EXPECT_TRUE(outcome) << outcome.error().check << ": " << outcome.error().message;
    return outcome->file;
  }
  LicenseTerms TermsFor(const HostRequest& request) const {
    LicenseTerms terms = vendor_.Terms();
    terms.assurance = AssuranceClass::kHost;
    terms.fingerprint = request.content.fingerprint;
    return terms;
  }
  std::string Answer(const HostRequest& request, const LicenseTerms& terms) const {
    const PublicKey key = PublicKey::FromSpki(request.content.license_key).value();
    const std::string license = FormatLicenseFile(vendor_.LicenseFor(key, terms));
    return Sealed(request, request.content.license_key, license);
  }
  static std::string Sealed(const HostRequest& request, const Bytes& license_key,
                            const std::string& license) {
    const PublicKey agreement_key = PublicKey::FromSpki(request.content.agreement_key).value();
    return ArmorAnswer(SealJweToHost(request.request_hash, Sha256(license_key), agreement_key,
                                     FormatAnswerContent({license}))
                           .value(),
                       "");
  }
  std::string Answer(const HostRequest& request) const { return Answer(request, TermsFor(request)); }
  Result<InstallOutcome> Install(std::string_view file) {
    return holdfast::Install(file, {*tpm_, host_.root()}, state_, vendor_.pki.Anchors(), Now());
  }
  void Activate() {
    auto outcome = Install(Answer(Parsed(RequestFile())));
    ASSERT_TRUE(outcome) << outcome.error().check << ": " << outcome.error().message;
  }
  LicenseView ViewOn(const HostFiles& host, const StateDirectory& state) {
    auto licenses = *LoadLicenses(state, vendor_.pki.Anchors());
    ProveLicenses(licenses, {*tpm_, host.root()}, state);
    return licenses.at(0).view;
  }
  LicenseView View() { return ViewOn(host_, state_); }
  LicenseState State() { return Assess(View(), testing::kPkiNow).state; }
  std::string RefusalOf(std::string_view file) {
    auto outcome = Install(file);
    return outcome ? "installed" : outcome.error().check;
  }
  size_t KeyFiles() const {
    std::filesystem::directory_iterator files(state_.path() / "host-keys");
    return static_cast<size_t>(std::distance(begin(files), end(files)));
  }

  Path KeyFile() const {  // the only one
    return std::filesystem::directory_iterator(state_.path() / "host-keys")->path();
  }

  testing::TempDir home_;
  HostFiles host_{home_.path() / "root", "1234"};
  TestVendor vendor_;
  const Secret key_ = vendor_.NewProductKey();
  StateDirectory state_{home_.path() / "state"};
  std::optional<FileLock> lock_{*state_.Lock()};
  std::unique_ptr<Tpm> tpm_ = *Tpm::Open(kNoTpm);
};

TEST_F(HostClass, RequestAnswerInstallIsActive) {
  Activate();
  EXPECT_EQ(State(), LicenseState::kActive);
  EXPECT_TRUE(View().differ.empty());
  EXPECT_TRUE(state_.PendingProducts()->empty());
}
TEST_F(HostClass, IsNeverChosenByItself) {
  auto outcome = Request(key_, {});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().check, "tpm.open");
  EXPECT_NE(outcome.error().advice.find("--without-tpm"), std::string::npos);
  EXPECT_TRUE(state_.PendingProducts()->empty());
}
TEST_F(HostClass, RequestRepeatedIsTheSameOctets) {
  const std::string first = RequestFile();
  EXPECT_EQ(RequestFile(), first);
}
TEST_F(HostClass, AnOpenRequestOfOneClassIsNotGivenForTheOther) {
  RequestFile();
  EXPECT_EQ(Request(key_, {}).error().check, "request.open");
}
TEST_F(HostClass, AnOpenRequestWithoutItsPrivateKeysIsNotGivenAgain) {
  const std::string first = RequestFile();
  std::filesystem::remove(KeyFile());
  const auto again = Request(key_, {.without_tpm = true});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().check, "request.keys");
  EXPECT_NE(again.error().advice.find("--new"), std::string::npos);
  EXPECT_EQ(RefusalOf(Answer(Parsed(first))), "keys.private");
  const auto anew = Request(key_, {.make_new = true, .without_tpm = true});
  ASSERT_TRUE(anew) << anew.error().message;
  EXPECT_TRUE(Install(Answer(Parsed(anew->file))));
}
TEST_F(HostClass, AHostOfWhichTooLittleCanBeReadMakesNoRequest) {
  std::filesystem::remove_all(host_.root() / "run");
  EXPECT_EQ(Request(key_, {.without_tpm = true}).error().check, "host.fingerprint");
  EXPECT_TRUE(state_.PendingProducts()->empty());
}
TEST_F(HostClass, TheStateFilesHoldNoPrivateKey) {
  RequestFile();
  const PendingRequest pending = *state_.ReadPending("editor");
  const auto keys = state_.ReadHostKeys(std::get<HostKeys>(pending.keys));
  ASSERT_TRUE(keys) << keys.error().message;
  const std::string text = FormatPendingRequest(pending);
  EXPECT_EQ(text.find(HexEncode(keys->license_key.Scalar().Reveal())), std::string::npos);
}
TEST_F(HostClass, OnePartReplacedIsToleratedAndNamed) {
  Activate();
  host_.ReplaceNetworkCard();
  EXPECT_EQ(State(), LicenseState::kActive);
  EXPECT_EQ(View().differ, std::vector<std::string>{"nic"});
}
TEST_F(HostClass, TwoPartsReplacedAreWrongHardwareUntilTheyAreBack) {
  Activate();
  host_.ReplaceNetworkCard();
  host_.ReplaceMachineId();
  EXPECT_EQ(State(), LicenseState::kWrongHardware);
  EXPECT_EQ(View().differ, (std::vector<std::string>{"machine-id", "nic"}));
  const HostFiles restored(host_.root(), "1234");
  EXPECT_EQ(State(), LicenseState::kActive);
}
TEST_F(HostClass, ALoadedLicenseIsLookedAtAgain) {
  Activate();
  auto licenses = *LoadLicenses(state_, vendor_.pki.Anchors());
  const Hardware hardware{*tpm_, host_.root()};
  ASSERT_TRUE(ProveLicenses(licenses, hardware, state_));
  EXPECT_EQ(licenses[0].view.hardware, HardwareProof::kProven);
  const HostFiles another(host_.root(), "9999");
  EXPECT_FALSE(ProveLicenses(licenses, hardware, state_)) << "worth trying again soon";
  EXPECT_NE(licenses[0].view.fault.find("host.fingerprint"), std::string::npos);
  EXPECT_EQ(licenses[0].view.hardware, HardwareProof::kWrongHardware);
}
TEST_F(HostClass, StateCopiedToAnotherHostIsWrongHardware) {
  Activate();
  const HostFiles other(home_.path() / "other", "9999");
  const LicenseView view = ViewOn(other, state_);
  EXPECT_EQ(Assess(view, testing::kPkiNow).state, LicenseState::kWrongHardware);
  EXPECT_EQ(view.differ, (std::vector<std::string>{"machine-id", "nic", "root-disk"}));
}
TEST_F(HostClass, ALicenseWithoutItsPrivateKeysIsWrongHardware) {
  Activate();
  const Path file = KeyFile();
  EXPECT_TRUE(WriteFileAtomically(file, Bytes(65, 1), 0600));
  EXPECT_EQ(State(), LicenseState::kWrongHardware);
  EXPECT_NE(View().fault.find("private keys is missing or damaged: " + file.string()), std::string::npos)
      << View().fault;
  std::filesystem::remove(file);
  EXPECT_EQ(State(), LicenseState::kWrongHardware);
  EXPECT_NE(View().fault.find(file.string() + " does not exist (keys.private)"), std::string::npos)
      << View().fault;
}
TEST_F(HostClass, PrivateKeysThatOthersCanReadAreNotUsed) {
  Activate();
  std::filesystem::permissions(KeyFile(), std::filesystem::perms(0644));
  EXPECT_EQ(State(), LicenseState::kHardwareUnavailable);
  EXPECT_NE(View().fault.find("can be read by others (file.mode)"), std::string::npos) << View().fault;
}
TEST_F(HostClass, AnAnswerForAnotherHostsFingerprintIsRefused) {
  const HostRequest request = Parsed(RequestFile());
  LicenseTerms terms = TermsFor(request);
  terms.fingerprint = {{"machine-id", {Sha256Digest{1}}}, {"nic", {Sha256Digest{2}}}};
  EXPECT_EQ(RefusalOf(Answer(request, terms)), "install.hardware");
  EXPECT_TRUE(state_.InstalledProducts()->empty());
}
TEST_F(HostClass, ALicenseOfAnotherClassIsRefused) {
  const HostRequest request = Parsed(RequestFile());
  EXPECT_EQ(RefusalOf(Answer(request, vendor_.Terms())), "install.hardware");
}
TEST_F(HostClass, AnAnswerToAnotherRequestIsRefused) {
  HostRequest other = Parsed(RequestFile());
  other.request_hash[0] ^= 1;
  EXPECT_EQ(RefusalOf(Answer(other)), "answer.request");
  EXPECT_NE(Install(Answer(other)).error().message.find("than what is open here"), std::string::npos);
}
TEST_F(HostClass, AnAnswerWhenNoRequestIsOpenIsToldSo) {
  HostRequest other = Parsed(RequestFile());
  ASSERT_TRUE(Install(Answer(other)));
  other.request_hash[0] ^= 1;
  EXPECT_EQ(RefusalOf(Answer(other)), "answer.request");
  EXPECT_NE(Install(Answer(other)).error().message.find("none is open here"), std::string::npos);
}
TEST_F(HostClass, AnAnswerForAnotherLicenseKeyIsRefused) {
  const HostRequest request = Parsed(RequestFile());
  const EcPrivateKey other = EcPrivateKey::Generate().value();
  const std::string license = FormatLicenseFile(vendor_.LicenseFor(other.public_key(), TermsFor(request)));
  EXPECT_EQ(RefusalOf(Sealed(request, other.public_key().spki(), license)), "answer.hardware");
  EXPECT_EQ(RefusalOf(Sealed(request, request.content.license_key, license)), "answer.key");
}
TEST_F(HostClass, AnAnswerSealedToAnotherKeyIsRefused) {
  HostRequest request = Parsed(RequestFile());
  request.content.agreement_key = EcPrivateKey::Generate()->public_key().spki();
  EXPECT_EQ(RefusalOf(Answer(request)), "answer.altered");
}
TEST_F(HostClass, AnAnswerToATpmIsRefused) {
  const HostRequest request = Parsed(RequestFile());
  const AnswerHeader header{ToBytes(ByteView(request.request_hash)), Bytes(34, 1), Bytes(34, 2)};
  const std::string jwe =
      SealJwe(header, Bytes(9, 1), Secret(Bytes(32, 1)), FormatAnswerContent({"x"})).value();
  EXPECT_EQ(RefusalOf(ArmorAnswer(jwe, "")), "answer.hardware");
}
TEST_F(HostClass, InstallingTheSameAnswerAgainChangesNothing) {
  const std::string answer = Answer(Parsed(RequestFile()));
  ASSERT_TRUE(Install(answer));
  EXPECT_FALSE(Install(answer)->changed);
}
TEST_F(HostClass, ARenewalForTheSameKeyReplaces) {
  Activate();
  LicenseTerms terms = View().verified->terms;
  terms.valid_from += Seconds(86400);
  terms.grants.edition = "premium";
  ASSERT_TRUE(Install(FormatLicenseFile(vendor_.LicenseFor(View().verified->license_key, terms))));
  EXPECT_EQ(View().verified->terms.grants.edition, "premium");
}
TEST_F(HostClass, KeysThatNothingNamesAnyMoreAreRemoved) {
  Activate();
  EXPECT_EQ(KeyFiles(), 1u);
  ASSERT_TRUE(Request(key_, {.make_new = true, .without_tpm = true}));
  EXPECT_EQ(KeyFiles(), 2u) << "the installed license needs its own";
  const auto second = Request(key_, {.make_new = true, .without_tpm = true});
  EXPECT_EQ(KeyFiles(), 2u) << "those of the dropped request are gone";
  ASSERT_TRUE(Install(Answer(Parsed(second->file))));
  EXPECT_EQ(KeyFiles(), 1u) << "those of the replaced license are gone";
  EXPECT_EQ(State(), LicenseState::kActive);
}

// The agent compares its host with the license from time to time and says what came of it.
TEST_F(HostClass, TheRunningAgentNoticesThatItsHostIsAnother) {
  Activate();
  std::mutex mutex;
  std::condition_variable changed;
  std::string said;
  AgentObserver observer;
  observer.status = [&](const std::string& text) {
    const std::lock_guard lock(mutex);
    said = text;
    changed.notify_all();
  };
  const auto wait_for = [&](const std::string& word) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(60),
                            [&] { return said.find(word) != std::string::npos; });
  };
  api::ServerOptions options;
  options.socket.path = home_.path() / "agent.sock";
  auto agent = Agent::Start({state_, std::move(*lock_), vendor_.pki.Anchors(), *Tpm::Open(kNoTpm), Now(),
                             std::chrono::seconds(180), host_.root(), std::chrono::milliseconds(5)},
                            options, observer);
  ASSERT_TRUE(agent) << agent.error().message;
  std::thread thread([&] { (*agent)->Run(); });
  EXPECT_TRUE(wait_for("editor active"));
  const HostFiles another(host_.root(), "9999");
  EXPECT_TRUE(wait_for("editor wrong_hardware"));
  const HostFiles restored(host_.root(), "1234");
  EXPECT_TRUE(wait_for("editor active"));
  (*agent)->Stop();
  thread.join();
}

// The whole chain, with the running agent: nonce, session key, license key, license certificate, vendor's root.
class ChallengedAgent : public HostClass {
 protected:
  void SetUp() override {
    Activate();
    options_.socket.path = home_.path() / "agent.sock";
    options_.tick = std::chrono::milliseconds(10);
    AgentParts parts{state_,
                     std::move(*lock_),
                     vendor_.pki.Anchors(),
                     *Tpm::Open(kNoTpm),
                     [this] { return Time(Seconds(now_)); },
                     std::chrono::seconds(180),
                     host_.root()};
    parts.boot_id = kBootId;
    parts.session_interval = std::chrono::milliseconds(5);
    AgentObserver observer;
    observer.ready = [this] { ready_.set_value(); };
    auto agent = Agent::Start(std::move(parts), options_, observer);
    ASSERT_TRUE(agent) << agent.error().message;
    agent_ = std::move(*agent);
    thread_ = std::thread([this] { (void)agent_->Run(); });
    ready_.get_future().wait();
  }
  void TearDown() override {
    if (agent_) agent_->Stop();
    if (thread_.joinable()) thread_.join();
  }
  std::string ListThatRevokes() const {
    const Bytes serial = VerifiedNow().serial;
    return vendor_.List(9, {RevokedEntry{serial, testing::kPkiNow, RevocationReason::kPrivilegeWithdrawn}});
  }
  VerifiedLicense VerifiedNow() const {
    const LicenseFile file = ParseLicenseFile(state_.ReadLicense("editor")->license).value();
    return VerifyLicense(file, vendor_.pki.Anchors()).value();
  }
  // As an application does it that has the vendor's root in itself and runs under the kernel `boot_id`.
  Status Judge(const local::ChallengeAnswer& answer, const std::string& boot_id) const {
    HOLDFAST_TRY(const LicenseFile file, ParseLicenseFile(answer.file));
    HOLDFAST_TRY(const VerifiedLicense license, VerifyLicense(file, vendor_.pki.Anchors()));
    HOLDFAST_TRY(const auto session, local::ParseSessionStatement(answer.session));
    HOLDFAST_CHECK(VerifyJws(session.jws, license.license_key));
    return local::CheckSession(session.statement,
                               {license.terms.vendor, "editor", license.terms.license, license.serial,
                                Sha256(file.license.der()), boot_id, answer.time});
  }

  static constexpr const char* kBootId = "0f3a2b1c-4d5e-6f70-8192-a3b4c5d6e7f8";
  static constexpr const char* kOtherBootId = "1f3a2b1c-4d5e-6f70-8192-a3b4c5d6e7f8";
  const Json kEntitlements{{"op", "entitlements"}, {"product", "editor"}};
  api::ServerOptions options_;
  std::atomic<int64_t> now_{testing::kPkiNow.time_since_epoch().count()};
  std::promise<void> ready_;
  std::unique_ptr<Agent> agent_;
  std::thread thread_;
};

TEST_F(ChallengedAgent, LeadsToTheVendorsRoot) {
  Application application(options_.socket.path);
  const auto answer = application.Challenge("editor");
  ASSERT_TRUE(answer) << answer.error().check << ": " << answer.error().message;
  const Status judged = Judge(*answer, kBootId);
  EXPECT_TRUE(judged) << judged.error().check;
  EXPECT_EQ((*application.Ask(kEntitlements))["license"]["state"], "active");
  EXPECT_EQ(Judge(*answer, kOtherBootId).error().check, "session.other_host");
}

TEST_F(ChallengedAgent, AnotherVendorsAgentIsRefusedByTheRoot) {
  Application application(options_.socket.path);
  const auto answer = application.Challenge("editor");
  ASSERT_TRUE(answer);
  const TestVendor other;
  const LicenseFile file = ParseLicenseFile(answer->file).value();
  EXPECT_EQ(VerifyLicense(file, other.pki.Anchors()).error().check, "path.anchor");
}

TEST_F(ChallengedAgent, ARevocationThatIsInstalledReachesWatchersAndChallenges) {
  Application watcher(options_.socket.path), administrator(options_.socket.path);
  const auto watch = watcher.Ask({{"op", "watch"}});
  ASSERT_TRUE(watch);
  const auto installed = administrator.Ask({{"op", "install"}, {"file", ListThatRevokes()}});
  ASSERT_TRUE(installed);
  ASSERT_EQ((*installed)["ok"], true) << installed->dump();
  const auto event = watcher.Next();
  ASSERT_TRUE(event);
  EXPECT_GT((*event)["generation"], (*watch)["generation"]);
  Application application(options_.socket.path);
  const auto answer = application.Challenge("editor");
  ASSERT_TRUE(answer) << answer.error().check;
  EXPECT_TRUE(Judge(*answer, kBootId)) << "the agent vouches for what it says of a revoked license, too";
  EXPECT_EQ(VerifyLicense(*ParseLicenseFile(answer->file), vendor_.pki.Anchors())->revocation,
            Revocation::kRevoked);
  EXPECT_EQ((*application.Ask(kEntitlements))["otherwise"]["reasons"][0], "revoked");
}

TEST_F(ChallengedAgent, ASessionIsRenewedWhileItsConnectionsGoOn) {
  Application before(options_.socket.path);
  const auto first = before.Challenge("editor");
  ASSERT_TRUE(first);
  now_ += 7 * 3600;
  std::string session = first->session;
  while (session == first->session) {
    Application application(options_.socket.path);
    const auto answer = application.Challenge("editor");
    ASSERT_TRUE(answer) << answer.error().check;
    EXPECT_TRUE(Judge(*answer, kBootId));
    session = answer->session;
  }
  EXPECT_TRUE(before.Ask(kEntitlements));
}

}  // namespace
}  // namespace holdfast
