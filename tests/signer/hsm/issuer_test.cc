#include "signer/hsm/issuer.h"

#include <signal.h>
#include <sys/resource.h>

#include <fstream>
#include <thread>

#include "protocol/jose/jws.h"
#include "protocol/product_key.h"
#include "signer/hsm/audit_repair.h"
#include "signer/hsm/line_keys.h"
#include "tests/signer/hsm/signer_fixture.h"
#include "tests/testing/shell.h"

namespace holdfast::hsm {
namespace {

std::string ReadText(const Path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
int Count(const std::string& text, const std::string& what) {
  int n = 0;
  for (size_t at = 0; (at = text.find(what, at)) != text.npos; at += what.size()) n++;
  return n;
}

class IssuerTest : public SignerTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    Hold(GetParam());
    Load();
  }
};

TEST_P(IssuerTest, IssuesALicenseThatVerifiesToTheRoot) {
  auto license = issuer().IssueLicense(GoodOrder());
  ASSERT_TRUE(license) << license.error().check << ": " << license.error().message;
  auto crl = issuer().IssueCrl(GoodCrl());
  ASSERT_TRUE(crl) << crl.error().check << ": " << crl.error().message;
  auto verified = Verify(*license, *crl);
  ASSERT_TRUE(verified) << verified.error().check << ": " << verified.error().message;
  EXPECT_EQ(verified->revocation, Revocation::kGood);
  EXPECT_EQ(verified->customer, "Rheinwerk GmbH");
}

TEST_P(IssuerTest, ARevokedLicenseIsOnTheNextList) {
  const LicenseOrder order = GoodOrder();
  auto license = issuer().IssueLicense(order);
  ASSERT_TRUE(license);
  ASSERT_TRUE(issuer().IssueCrl(GoodCrl(1)));
  CrlOrder next = GoodCrl(2);
  next.entries = {{order.serial, kTestNow, RevocationReason::kPrivilegeWithdrawn}};
  auto crl = issuer().IssueCrl(next);
  ASSERT_TRUE(crl) << crl.error().message;
  auto verified = Verify(*license, *crl);
  ASSERT_TRUE(verified);
  EXPECT_EQ(verified->revocation, Revocation::kRevoked);
  auto lost = issuer().IssueCrl(GoodCrl(3));
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().check, "crl.sequence");
}

TEST_P(IssuerTest, TwoListsCannotLoseARevocationByItsDate) {
  const LicenseOrder order = GoodOrder();
  ASSERT_TRUE(issuer().IssueLicense(order));
  CrlOrder list = GoodCrl(1);
  list.entries = {{order.serial, kTestNow, RevocationReason::kPrivilegeWithdrawn}};
  ASSERT_TRUE(issuer().IssueCrl(list));
  list.number = 2;
  list.entries[0].date = kTestNow - Seconds(11ll * 366 * 86400);
  EXPECT_FALSE(issuer().IssueCrl(list));
  EXPECT_FALSE(issuer().IssueCrl(GoodCrl(3)));
}

TEST_P(IssuerTest, SignsAProductKeyThatTheMessageCertificateVerifies) {
  auto jws = issuer().SignMessage(GoodMessage());
  ASSERT_TRUE(jws) << jws.error().message;
  auto parsed = ParseJws(*jws, MessageType::kProductKey);
  ASSERT_TRUE(parsed);
  auto message = ReadCertificate(paths_.Message("default", 1), CertificateProfile::kMessage);
  EXPECT_TRUE(VerifyJws(*parsed, message->public_key()));
  EXPECT_EQ(parsed->kid, HexEncode(message->subject_key_id()));
  EXPECT_TRUE(ParseProductKey(FormatProductKey("ACME", *jws)));
}

INSTANTIATE_TEST_SUITE_P(KeyTypes, IssuerTest, ::testing::Values("ec-p256", "rsa-3072"),
                         [](const auto& info) {
                           return info.param == std::string("ec-p256") ? "Ec" : "Rsa";
                         });

class EcIssuerTest : public SignerTest {
 protected:
  void SetUp() override {
    Hold();
    Load();
  }
  std::string Log() const { return ReadText(paths_.AuditLog()); }
  void SetPolicy(const std::function<void(IssuancePolicy&)>& change) {
    auto config = ReadSignerConfig(paths_.Config());
    change(config->policy);
    signer_.reset();
    const std::string text = FormatSignerConfig(*config, directory());
    ASSERT_TRUE(WriteFileAtomically(paths_.Config(), AsBytes(text), 0600));
  }
};

TEST_F(EcIssuerTest, OpensslVerifiesWhatIsIssued) {
  auto license = issuer().IssueLicense(GoodOrder());
  auto crl = issuer().IssueCrl(GoodCrl());
  ASSERT_TRUE(license && crl);
  std::ofstream(directory() / "l.der")
      .write(reinterpret_cast<const char*>(license->data()), std::ssize(*license));
  std::ofstream(directory() / "c.der").write(reinterpret_cast<const char*>(crl->data()), std::ssize(*crl));
  auto result = testing::Shell(
      "cd " + testing::Quoted(directory().string()) +
      " && openssl x509 -inform DER -in l.der -out l.pem && openssl crl -inform DER -in c.der -out "
      "c.pem && openssl verify -x509_strict -crl_check -attime " +
      std::to_string(kTestNow.time_since_epoch().count() + 60) +
      " -CAfile roots.pem -untrusted certificates/default-1.issuing.pem -CRLfile c.pem l.pem");
  EXPECT_EQ(result.status, 0) << result.output;
}

TEST_F(EcIssuerTest, RefusesALineThatDoesNotExist) {
  LicenseOrder order = GoodOrder();
  order.line = "other";
  auto license = issuer().IssueLicense(order);
  ASSERT_FALSE(license);
  EXPECT_EQ(license.error().check, "policy.line");
}

TEST_F(EcIssuerTest, WritesTheIntentBeforeAndTheCertificateAfter) {
  auto license = issuer().IssueLicense(GoodOrder());
  ASSERT_TRUE(license);
  const std::string log = Log();
  EXPECT_LT(log.find("\"event\":\"signing\""), log.find("\"event\":\"signed\""));
  EXPECT_EQ(Count(log, "\"event\":\"signing\""), 1);
  EXPECT_EQ(Count(log, "\"event\":\"signed\""), 1);
  EXPECT_NE(log.find("\"actor\":{\"uid\":" + std::to_string(::getuid())), log.npos);
  EXPECT_TRUE(VerifyAuditLog(paths_.AuditLog()));
}

TEST_F(EcIssuerTest, ARefusalIsRecordedAndSignsNothing) {
  LicenseOrder order = GoodOrder();
  order.not_after += Seconds(1);
  EXPECT_FALSE(issuer().IssueLicense(order));
  EXPECT_EQ(Count(Log(), "\"event\":\"refused\""), 1);
  EXPECT_EQ(Count(Log(), "\"event\":\"signing\""), 0);
}

TEST_F(EcIssuerTest, ARefusalOfSomethingHugeLeavesTheLogReadable) {
  LicenseOrder order = GoodOrder();
  order.line = "other";
  order.license_id = std::string(1 << 20, 'x');
  EXPECT_FALSE(issuer().IssueLicense(order));
  EXPECT_TRUE(VerifyAuditLog(paths_.AuditLog()));
}

TEST_F(EcIssuerTest, TheLogHoldsNoSeed) {
  ASSERT_TRUE(issuer().SignMessage(GoodMessage()));
  const std::string seed = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc";
  ASSERT_NE(std::string(AsText(GoodMessage().payload)).find(seed), std::string::npos);
  EXPECT_EQ(Log().find(seed), std::string::npos);
  EXPECT_EQ(Log().find("eyJ"), std::string::npos);
}

TEST_F(EcIssuerTest, OneSerialNamesOneLicense) {
  const LicenseOrder order = GoodOrder("lic-1");
  auto first = issuer().IssueLicense(order);
  ASSERT_TRUE(first);
  auto again = issuer().IssueLicense(order);
  ASSERT_TRUE(again) << "the same order again is harmless";
  auto a = Certificate::Parse(*first, CertificateProfile::kLicense),
       b = Certificate::Parse(*again, CertificateProfile::kLicense);
  EXPECT_TRUE(Equal(a->tbs(), b->tbs()));
  LicenseOrder other = GoodOrder("lic-2");
  other.serial = order.serial;
  auto refused = issuer().IssueLicense(other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().check, "policy.serial");
}

TEST_F(EcIssuerTest, OneSerialNamesOneLicenseAlsoAfterARestart) {
  const LicenseOrder order = GoodOrder("lic-1");
  ASSERT_TRUE(issuer().IssueLicense(order));
  Load();
  LicenseOrder other = GoodOrder("lic-2");
  other.serial = order.serial;
  auto refused = issuer().IssueLicense(other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().check, "policy.serial");
  EXPECT_TRUE(issuer().IssueLicense(order)) << "the same order again is harmless";
}

TEST_F(EcIssuerTest, WithoutItsAuditLogItDoesNotStart) {
  signer_.reset();
  std::filesystem::remove_all(paths_.AuditLog().parent_path());
  auto loaded = LoadSigner(paths_.Config(), clock_);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().check, "audit.missing");
  EXPECT_FALSE(loaded.error().advice.empty());
  EXPECT_FALSE(std::filesystem::exists(paths_.AuditLog()));
}

TEST_F(EcIssuerTest, WithoutTheRootsListItDoesNotStart) {
  signer_.reset();
  std::filesystem::remove(paths_.RootCrl());
  auto loaded = LoadSigner(paths_.Config(), clock_);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().check, "signer.root_crl");
}

TEST_F(EcIssuerTest, WithAnotherVendorsNameThanTheRootsItDoesNotStart) {
  signer_.reset();
  auto config = ReadSignerConfig(paths_.Config());
  ASSERT_TRUE(config);
  config->vendor = "Another Vendor";
  const std::string text = FormatSignerConfig(*config, paths_.directory);
  ASSERT_TRUE(WriteFileAtomically(paths_.Config(), AsBytes(text), 0600));
  auto loaded = LoadSigner(paths_.Config(), clock_);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().check, "config.vendor");
  EXPECT_FALSE(loaded.error().advice.empty());
}

TEST_F(EcIssuerTest, AfterTheClockWasAheadTheOperatorLetsItSignAgain) {
  const LicenseOrder order = GoodOrder();
  CrlOrder list = GoodCrl();
  now_ += Seconds(30 * 86400);
  list.this_update = now_;
  list.next_update = now_ + Seconds(30 * 86400);
  list.number = now_.time_since_epoch().count();
  list.entries = {{order.serial, now_, RevocationReason::kPrivilegeWithdrawn}};
  ASSERT_TRUE(issuer().IssueCrl(list));
  now_ = kTestNow;
  EXPECT_EQ(issuer().IssueLicense(order).error().check, "policy.clock");
  signer_.reset();
  ASSERT_TRUE(AcceptClock(paths_.AuditLog(), clock_));
  Load();
  auto license = issuer().IssueLicense(order);
  EXPECT_TRUE(license) << license.error().message;
  list.number++;
  list.this_update = now_;
  CrlOrder lost = list;
  lost.entries.clear();
  EXPECT_EQ(issuer().IssueCrl(lost).error().check, "crl.sequence") << "what was published stays";
  auto repaired = issuer().IssueCrl(list);
  EXPECT_TRUE(repaired) << repaired.error().check << ": " << repaired.error().message;
}

TEST_F(EcIssuerTest, AClockThatIsSetBackStopsSigning) {
  ASSERT_TRUE(issuer().IssueLicense(GoodOrder()));
  now_ -= Seconds(86400);
  LicenseOrder order = GoodOrder();
  auto license = issuer().IssueLicense(order);
  ASSERT_FALSE(license);
  EXPECT_EQ(license.error().check, "policy.clock");
  Load();
  auto after_restart = issuer().IssueLicense(order);
  ASSERT_FALSE(after_restart);
  EXPECT_EQ(after_restart.error().check, "policy.clock");
}

TEST_F(EcIssuerTest, TheRateSurvivesARestart) {
  SetPolicy([](IssuancePolicy& policy) { policy.licenses_per_minute = 2; });
  for (const bool good : {true, true, false}) {
    Load();
    auto license = issuer().IssueLicense(GoodOrder());
    EXPECT_EQ(license.has_value(), good);
    if (!good) {
      EXPECT_EQ(license.error().check, "policy.rate");
    }
  }
  now_ += Seconds(61);
  EXPECT_TRUE(issuer().IssueLicense(GoodOrder()));
}

TEST_F(EcIssuerTest, TheRateOfMessagesSurvivesARestartAndIsTheirOwn) {
  SetPolicy([](IssuancePolicy& policy) { policy.licenses_per_minute = policy.messages_per_minute = 1; });
  Load();
  ASSERT_TRUE(issuer().SignMessage(GoodMessage()));
  Load();
  auto message = issuer().SignMessage(GoodMessage());
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().check, "policy.rate");
  ASSERT_TRUE(issuer().IssueCrl(GoodCrl()));
  Load();
  EXPECT_TRUE(issuer().IssueLicense(GoodOrder())) << "neither a message nor a list is a license";
}

TEST_F(EcIssuerTest, AFloodOfRefusalsIsCountedInOneRecord) {
  LicenseOrder order = GoodOrder();
  order.line = "other";
  for (int i = 0; i < 100; i++) EXPECT_FALSE(issuer().IssueLicense(order));
  EXPECT_EQ(Count(Log(), "\"event\":\"refused\""), 60);
  signer_.reset();
  EXPECT_EQ(Count(Log(), "\"event\":\"suppressed\",\"refusals\":40,"), 1);
}

TEST_F(EcIssuerTest, ABatchGivesEachOrderItsOwnAnswer) {
  std::vector<LicenseOrder> orders;
  for (int i = 0; i < 100; i++) orders.push_back(GoodOrder("lic-" + std::to_string(i)));
  orders[40].line = "other";
  orders[41].terms_json = "{}";
  auto answers = issuer().IssueLicenses(orders, Issuer::Self());
  ASSERT_EQ(answers.size(), orders.size());
  for (size_t i = 0; i < answers.size(); i++) {
    if (i == 40 || i == 41) {
      EXPECT_FALSE(answers[i]);
      continue;
    }
    ASSERT_TRUE(answers[i]) << i << answers[i].error().message;
    EXPECT_EQ(Certificate::Parse(*answers[i], CertificateProfile::kLicense)->fields().subject.common_name,
              orders[i].license_id);
  }
  EXPECT_EQ(Count(Log(), "\"event\":\"signed\""), 98);
}

TEST_F(EcIssuerTest, OrdersFromManyThreadsAreAllAnswered) {
  std::atomic<int> good{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; t++)
      threads.emplace_back([&, t] {
        for (int i = 0; i < 10; i++)
          good += issuer()
                      .IssueLicense(GoodOrder("lic-" + std::to_string(t) + "-" + std::to_string(i)))
                      .has_value();
      });
  }
  EXPECT_EQ(good, 80);
  EXPECT_TRUE(VerifyAuditLog(paths_.AuditLog()));
}

TEST_F(EcIssuerTest, StatusNamesKeysRootAndAuditHead) {
  auto status = issuer().GetStatus();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->state, "ok") << status->detail;
  ASSERT_EQ(status->issuers.size(), 1u);
  EXPECT_TRUE(status->issuers[0].current);
  EXPECT_EQ(status->root_certificate, ReadRoot(paths_)->der());
  EXPECT_TRUE(Crl::Parse(status->root_crl));
  EXPECT_EQ(status->audit_head, HexEncode(issuer().audit().head().hash));
  EXPECT_TRUE(issuer().KeepAlive());
  EXPECT_LE(issuer().GetStatus()->last_good_signature_age.value(), Seconds(5));
}

TEST_F(EcIssuerTest, ASecondSignerInTheSameDirectoryIsRefused) {
  auto second = LoadSigner(paths_.Config(), clock_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().check, "signer.locked");
}

TEST_F(EcIssuerTest, CertificatesOfOtherKeysAreRefusedAtStart) {
  signer_.reset();
  const Path issuing = paths_.Issuing("default", 1);
  const std::string other = CertificateFile(testing::TestPki().issuing, "Issuing");
  ASSERT_TRUE(WriteFileAtomically(issuing, AsBytes(other), 0644));
  EXPECT_FALSE(LoadSigner(paths_.Config(), clock_));
}

// The same issuer with a key that the test controls.
class FaultyKeyTest : public EcIssuerTest {
 protected:
  void SetUp() override {
    EcIssuerTest::SetUp();
    signer_.reset();
    auto audit = AuditLog::Open(paths_.AuditLog(), clock_);
    ASSERT_TRUE(audit);
    auto root = ReadRoot(paths_);
    IssuerParts parts{.vendor = kTestVendor,
                      .paths = paths_,
                      .root_certificate = root->der(),
                      .workers = 2,
                      .patience = patience_,
                      .clock = clock_};
    const testing::TestPki pki;
    IssuerKey key{.public_key = pki.issuing.public_key(),
                  .sign_unverified = [this, real = pki.issuing_key](ByteView digest) -> Result<Bytes> {
                    calls_++;
                    while (hold_) std::this_thread::yield();
                    if (fail_) return Fail(ErrorKind::kUnavailable, "hsm.down", "gone");
                    auto signature = real->SignDigest(digest);
                    if (spoil_) (*signature)[9] ^= 1;
                    return signature;
                  },
                  .report_bad_signature = [this] { reported_++; },
                  .keep_alive = [] { return Status(); },
                  .health =
                      [this] {
                        KeyHealth health;
                        health.hangs = hangs_;
                        return health;
                      }};
    parts.lines.push_back({"default", 1, pki.issuing, pki.message, key, key});
    faulty_ = std::make_unique<Issuer>(std::move(parts), std::move(*audit));
  }
  SigningBatch::Patience patience_{60'000};
  std::atomic<int> calls_{0}, reported_{0};
  std::atomic<bool> hold_{false}, hangs_{false};
  bool spoil_ = false, fail_ = false;
  std::unique_ptr<Issuer> faulty_;
};

TEST_F(FaultyKeyTest, AWrongSignatureIsNotReleasedAndRecordedAsFailed) {
  spoil_ = true;
  auto license = faulty_->IssueLicense(GoodOrder());
  ASSERT_FALSE(license);
  EXPECT_EQ(license.error().check, "hsm.signature");
  EXPECT_EQ(reported_, 1);
  EXPECT_EQ(Count(Log(), "\"event\":\"failed\""), 1);
  EXPECT_EQ(Count(Log(), "\"event\":\"signed\""), 0);
  spoil_ = false;
  EXPECT_TRUE(faulty_->IssueLicense(GoodOrder()));
}

TEST_F(FaultyKeyTest, AFailedSignatureIsRecordedAsFailed) {
  fail_ = true;
  auto license = faulty_->IssueLicense(GoodOrder());
  ASSERT_FALSE(license);
  EXPECT_EQ(license.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(Count(Log(), "\"event\":\"failed\""), 1);
}

TEST_F(FaultyKeyTest, WithoutAuditThereIsNoSignature) {
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{Log().size() + 64, RLIM_INFINITY}, large{RLIM_INFINITY, RLIM_INFINITY};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  auto license = faulty_->IssueLicense(GoodOrder());
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &large), 0);
  ASSERT_FALSE(license);
  EXPECT_EQ(license.error().check, "audit.write");
  EXPECT_EQ(calls_, 0);
  EXPECT_TRUE(faulty_->IssueLicense(GoodOrder()));
}

TEST_F(FaultyKeyTest, ASignatureWhoseRecordCannotBeWrittenIsNotReleased) {
  ::signal(SIGXFSZ, SIG_IGN);
  // Room for the intent, not for the certificate.
  const rlimit small{Log().size() + 1200, RLIM_INFINITY}, large{RLIM_INFINITY, RLIM_INFINITY};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  auto license = faulty_->IssueLicense(GoodOrder());
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &large), 0);
  EXPECT_EQ(calls_, 1);
  ASSERT_FALSE(license);
  EXPECT_EQ(license.error().check, "audit.write");
}

TEST_F(FaultyKeyTest, WhatThePolicyRefusesNeverReachesTheToken) {
  LicenseOrder order = GoodOrder();
  order.customer = "";
  order.license_id = std::string(65, 'x');
  EXPECT_FALSE(faulty_->IssueLicense(order));
  CrlOrder list = GoodCrl(0);
  EXPECT_FALSE(faulty_->IssueCrl(list));
  EXPECT_FALSE(faulty_->SignMessage({.line = "default", .payload = {1, 2, 3}}));
  EXPECT_EQ(calls_, 0);
}

class SilentKeyTest : public FaultyKeyTest {
 protected:
  void SetUp() override {
    patience_ = SigningBatch::Patience(50);
    FaultyKeyTest::SetUp();
  }
  void TearDown() override { hold_ = false; }
};

TEST_F(SilentKeyTest, AnOrderDoesNotWaitForEverAndItsLateSignatureIsNotReleased) {
  hold_ = true;
  const LicenseOrder order = GoodOrder();
  auto license = faulty_->IssueLicense(order);
  ASSERT_FALSE(license);
  EXPECT_EQ(license.error().check, "hsm.down");
  EXPECT_EQ(license.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(Count(Log(), "\"event\":\"signed\""), 0);
  hold_ = false;
  faulty_.reset();
  EXPECT_EQ(Count(Log(), "\"event\":\"signed\""), 1) << "that it was signed is on record all the same";
}

TEST_F(SilentKeyTest, ABatchEndsToo) {
  hold_ = true;
  const std::vector<LicenseOrder> orders{GoodOrder("lic-1"), GoodOrder("lic-2"), GoodOrder("lic-3")};
  for (const auto& license : faulty_->IssueLicenses(orders, Issuer::Self())) {
    ASSERT_FALSE(license);
    EXPECT_EQ(license.error().check, "hsm.down");
  }
}

TEST_F(SilentKeyTest, WhileItHangsNothingIsBegun) {
  hangs_ = true;
  auto license = faulty_->IssueLicense(GoodOrder());
  ASSERT_FALSE(license);
  EXPECT_EQ(license.error().check, "hsm.down");
  EXPECT_EQ(calls_, 0);
  EXPECT_EQ(Count(Log(), "\"event\":\"signing\""), 0);
}

}  // namespace
}  // namespace holdfast::hsm
