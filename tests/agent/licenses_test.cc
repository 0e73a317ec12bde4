#include "agent/licenses.h"

#include <gtest/gtest.h>

#include "tests/agent/enforcement/views.h"
#include "tests/agent/no_tpm.h"
#include "tests/testing/temp_dir.h"

namespace holdfast {
namespace {

PublicKey Key(uint8_t which) {
  return *PublicKey::FromEd25519(Bytes(32, which));
}

LoadedLicense Loaded(uint8_t key, HardwareProof proof) {
  LoadedLicense license;
  license.view = GoodView();
  license.view.verified->license_key = Key(key);
  license.view.hardware = proof;
  return license;
}

HardwareProof After(const LoadedLicense& before, const LoadedLicense& loaded) {
  std::vector<LoadedLicense> licenses{loaded};
  KeepProofs({before}, licenses);
  return licenses[0].view.hardware;
}

TEST(KeepProofs, AProofStaysForTheSameKey) {
  EXPECT_EQ(After(Loaded(1, HardwareProof::kProven), Loaded(1, HardwareProof::kUnavailable)),
            HardwareProof::kProven);
  EXPECT_EQ(After(Loaded(1, HardwareProof::kRetired), Loaded(1, HardwareProof::kUnavailable)),
            HardwareProof::kRetired);
}

TEST(KeepProofs, AnotherKeyIsNotProvenByIt) {
  EXPECT_EQ(After(Loaded(1, HardwareProof::kProven), Loaded(2, HardwareProof::kUnavailable)),
            HardwareProof::kUnavailable);
}

TEST(KeepProofs, WhatDoesNotVerifyNeitherGivesNorGetsOne) {
  LoadedLicense tampered = Loaded(1, HardwareProof::kProven);
  tampered.view.verified.reset();
  EXPECT_EQ(After(tampered, Loaded(1, HardwareProof::kUnavailable)), HardwareProof::kUnavailable);
  tampered.view.hardware = HardwareProof::kUnavailable;
  EXPECT_EQ(After(Loaded(1, HardwareProof::kProven), tampered), HardwareProof::kUnavailable);
}

TEST(KeepProofs, WhatCannotBeReadNowStaysWhatItWasAndSaysWhy) {
  LoadedLicense unreadable;
  unreadable.view.product = "nls";
  unreadable.view.fault = "no";
  unreadable.unreadable = true;
  std::vector<LoadedLicense> licenses{unreadable};
  KeepProofs({Loaded(1, HardwareProof::kProven)}, licenses);
  EXPECT_TRUE(licenses[0].view.verified);
  EXPECT_EQ(licenses[0].view.hardware, HardwareProof::kProven);
  EXPECT_EQ(licenses[0].view.fault, "no");
  licenses = {unreadable};
  KeepProofs({}, licenses);
  EXPECT_FALSE(licenses[0].view.verified);
}

// A directory in a file's place cannot be read as one: neither can what a disk has lost.
TEST(LoadLicenses, OneFileThatCannotBeReadIsNothingToTheOthers) {
  const testing::TempDir home;
  const StateDirectory state(home.path() / "state");
  ASSERT_TRUE(state.Lock());
  for (const char* product : {"a", "b"}) std::filesystem::create_directory(state.LicensePath(product));
  const auto licenses = LoadLicenses(state, {});
  ASSERT_TRUE(licenses);
  ASSERT_EQ(licenses->size(), 2U);
  for (const LoadedLicense& license : *licenses) {
    EXPECT_FALSE(license.view.verified);
    EXPECT_NE(license.view.fault.find("(file."), std::string::npos) << license.view.fault;
  }
}

// Or the agent would go on with what it proved before the license was returned.
TEST(KeepProofs, NoProofOutlivesAReturn) {
  const std::vector<LoadedLicense> before{Loaded(1, HardwareProof::kProven)};
  std::vector<LoadedLicense> licenses{Loaded(1, HardwareProof::kUnavailable)};
  KeepProofs(before, licenses);
  EXPECT_EQ(licenses[0].view.hardware, HardwareProof::kProven);
  licenses = {Loaded(1, HardwareProof::kUnavailable)};
  licenses[0].returned = true;
  KeepProofs(before, licenses);
  EXPECT_EQ(licenses[0].view.hardware, HardwareProof::kUnavailable);
  licenses[0].view.verified.reset();
  licenses[0].unreadable = true;  // nor does what stays because its file cannot be read
  KeepProofs(before, licenses);
  EXPECT_EQ(licenses[0].view.hardware, HardwareProof::kUnavailable);
}

class SilentTpm : public testing::NoTpm {
 public:
  Result<Bytes> Sign(const KeySet&, const Sha256Digest&) override {
    if (silent) return NoAnswer();
    return tl::unexpected(
        Error{ErrorKind::kRefused, "tpm.gate", "the gate counter has moved", "request a new activation"});
  }
  bool silent = true;
};

TEST(ProveLicenses, WhatStandsInTheWayIsSaid) {
  SilentTpm tpm;
  const testing::TempDir home;
  const StateDirectory state(home.path() / "state");
  std::vector<LoadedLicense> licenses{Loaded(1, HardwareProof::kUnavailable)};
  EXPECT_FALSE(ProveLicenses(licenses, {tpm}, state));
  EXPECT_EQ(licenses[0].view.fault, "there is no TPM (tpm.open)");
  tpm.silent = false;
  EXPECT_TRUE(ProveLicenses(licenses, {tpm}, state));
  EXPECT_EQ(licenses[0].view.hardware, HardwareProof::kRetired);
  EXPECT_EQ(licenses[0].view.fault, "the gate counter has moved (tpm.gate); request a new activation");
}

// Signs with a key in software.
class SigningTpm : public testing::NoTpm {
 public:
  Result<Bytes> Sign(const KeySet&, const Sha256Digest& digest) override {
    signatures++;
    if (!answers) return NoAnswer();
    return key.Sign(digest);
  }
  const EcPrivateKey key = EcPrivateKey::Generate().value();
  bool answers = true;
  int signatures = 0;
};

class SessionsTest : public ::testing::Test {
 protected:
  SessionsTest() {
    VerifiedLicense& license = *licenses_[0].view.verified;
    license.license_key = tpm_.key.public_key();
    license.terms.vendor = "Northlight";
    license.terms.license = "L-1";
    license.serial = {1};
    licenses_[0].certificate = Sha256(Bytes{1});
    licenses_[0].proof.file = "file";
  }
  bool Prove() { return ProveLicenses(licenses_, {tpm_}, state_, SessionOccasion{boot_id_, now_}); }
  bool Renew() { return RenewSessions(licenses_, {tpm_}, state_, {boot_id_, now_}); }
  const LicenseSession* Session() const { return licenses_[0].proof.session.get(); }

  const testing::TempDir home_;
  const StateDirectory state_{home_.path() / "state"};
  SigningTpm tpm_;
  std::vector<LoadedLicense> licenses_{Loaded(1, HardwareProof::kUnavailable)};
  std::string boot_id_ = "0f3a2b1c-4d5e-6f70-8192-a3b4c5d6e7f8";
  Time now_ = kMidway;
};

TEST_F(SessionsTest, OneSignatureProvesTheHardwareAndBeginsASession) {
  EXPECT_TRUE(Prove());
  EXPECT_EQ(tpm_.signatures, 1);
  EXPECT_EQ(licenses_[0].view.hardware, HardwareProof::kProven);
  ASSERT_NE(Session(), nullptr);
  const auto read = local::ParseSessionStatement(Session()->compact);
  ASSERT_TRUE(read) << read.error().check;
  EXPECT_TRUE(VerifyJws(read->jws, tpm_.key.public_key()));
  EXPECT_EQ(read->statement.certificate, Sha256(Bytes{1}));
  EXPECT_FALSE(Renew()) << "it is good for hours";
  EXPECT_EQ(tpm_.signatures, 1);
  EXPECT_EQ(ProofsOf(licenses_).at("nls").session, licenses_[0].proof.session);
}

TEST_F(SessionsTest, WithoutABootIdTheHardwareIsProvenAsBefore) {
  boot_id_.clear();
  EXPECT_TRUE(Prove());
  EXPECT_EQ(licenses_[0].view.hardware, HardwareProof::kProven);
  EXPECT_EQ(Session(), nullptr);
  EXPECT_FALSE(Renew());
}

TEST_F(SessionsTest, AnotherKeysSignatureBeginsNone) {
  licenses_[0].view.verified->license_key = EcPrivateKey::Generate()->public_key();
  Prove();
  EXPECT_EQ(licenses_[0].view.hardware, HardwareProof::kWrongHardware);
  EXPECT_EQ(Session(), nullptr);
  EXPECT_TRUE(ProofsOf(licenses_).empty());
}

TEST_F(SessionsTest, IsRenewedInTimeWithANewKey) {
  Prove();
  const Bytes first = Session()->statement.session_key;
  now_ += kSessionRenewal;
  EXPECT_TRUE(Renew());
  EXPECT_EQ(tpm_.signatures, 2);
  EXPECT_NE(Session()->statement.session_key, first);
  EXPECT_EQ(Session()->statement.begins, now_);
}

// A TPM that goes away takes nothing from running work; the session that there is goes on to its end.
TEST_F(SessionsTest, ATpmThatDoesNotAnswerLeavesTheProofAndTheOldSession) {
  Prove();
  const LicenseSession* old = Session();
  tpm_.answers = false;
  now_ += kSessionRenewal;
  EXPECT_TRUE(Renew()) << "that it fails is news";
  EXPECT_FALSE(Renew());
  EXPECT_EQ(licenses_[0].view.hardware, HardwareProof::kProven);
  EXPECT_EQ(Session(), old);
  EXPECT_EQ(licenses_[0].proof.fault, "there is no TPM (tpm.open)");
  tpm_.answers = true;
  EXPECT_TRUE(Renew());
  EXPECT_EQ(licenses_[0].proof.fault, "");
}

TEST_F(SessionsTest, StaysForTheSameCertificateOnly) {
  Prove();
  std::vector<LoadedLicense> same{licenses_}, renewed{licenses_};
  same[0].proof.session.reset();
  same[0].proof.file = "with a newer list";
  renewed[0].proof.session.reset();
  renewed[0].certificate = Sha256(Bytes{2});
  KeepProofs(licenses_, same);
  EXPECT_EQ(same[0].proof.session, licenses_[0].proof.session);
  EXPECT_EQ(same[0].proof.file, "with a newer list");
  KeepProofs(licenses_, renewed);
  EXPECT_EQ(renewed[0].view.hardware, HardwareProof::kProven);
  EXPECT_EQ(renewed[0].proof.session, nullptr);
  licenses_ = renewed;
  EXPECT_TRUE(Renew());
  EXPECT_EQ(Session()->statement.certificate, Sha256(Bytes{2}));
}

TEST_F(SessionsTest, DoesNotOutliveAReturn) {
  Prove();
  std::vector<LoadedLicense> returned{licenses_};
  returned[0].proof.session.reset();
  returned[0].returned = true;
  returned[0].view.hardware = HardwareProof::kUnavailable;
  KeepProofs(licenses_, returned);
  EXPECT_EQ(returned[0].proof.session, nullptr);
  returned = licenses_;
  returned[0].returned = returned[0].unreadable = true;
  KeepProofs(licenses_, returned);
  EXPECT_EQ(returned[0].proof.session, nullptr);
}

class ClearedTpm : public testing::NoTpm {
 public:
  Result<Bytes> Sign(const KeySet&, const Sha256Digest&) override {
    return tl::unexpected(Error{ErrorKind::kRefused, "tpm.cleared", "not a key of this TPM", ""});
  }
};

// Or a repair would bring back for a while what was given back and credited.
TEST(ProveLicenses, AReturnedLicenseIsRetiredAlsoAfterItsTpmWasCleared) {
  ClearedTpm tpm;
  const testing::TempDir home;
  const StateDirectory state(home.path() / "state");
  std::vector<LoadedLicense> licenses{Loaded(1, HardwareProof::kUnavailable)};
  ProveLicenses(licenses, {tpm}, state);
  EXPECT_EQ(licenses[0].view.hardware, HardwareProof::kWrongHardware) << "control";
  licenses[0].returned = true;
  ProveLicenses(licenses, {tpm}, state);
  EXPECT_EQ(licenses[0].view.hardware, HardwareProof::kRetired);
}

}  // namespace
}  // namespace holdfast
