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
