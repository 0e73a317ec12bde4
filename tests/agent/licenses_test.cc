#include "agent/licenses.h"

#include <gtest/gtest.h>

#include "tests/agent/enforcement/views.h"

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

}  // namespace
}  // namespace holdfast
