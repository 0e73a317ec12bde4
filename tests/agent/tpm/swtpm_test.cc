// The fixture itself: what the other tests lean on.
#include "tests/testing/swtpm.h"

#include <gtest/gtest.h>

#include "tests/testing/temp_dir.h"

namespace holdfast::testing {
namespace {

TEST(SwTpmTest, SurvivesRebootOnTheSamePort) {
  TempDir dir;
  auto tpm = SwTpm::Start(dir.path());
  std::string tcti = tpm->tcti();
  ASSERT_EQ(tpm->Tools("tpm2_nvdefine 0x1800001 -C owner -s 4").status, 0);
  tpm->Reboot();
  EXPECT_EQ(tpm->tcti(), tcti);
  EXPECT_EQ(tpm->Tools("tpm2_nvreadpublic 0x1800001").status, 0);
}

TEST(SwTpmTest, TwoIdentitiesAreTwoMachines) {
  TempDir dir;
  auto a = SwTpm::Start(dir.path() / "a");
  auto b = SwTpm::Start(dir.path() / "b", {.identity = "b"});
  auto read = [](const SwTpm& tpm) {
    return tpm.Tools("tpm2_createek -G ecc -c ek.ctx; tpm2_readpublic -c ek.ctx").output;
  };
  EXPECT_NE(read(*a), read(*b));
}

TEST(SwTpmTest, KillLeavesNothingToTalkTo) {
  TempDir dir;
  auto tpm = SwTpm::Start(dir.path());
  tpm->Kill();
  EXPECT_NE(tpm->Tools("tpm2_readclock").status, 0);
  tpm->PowerCut();
  EXPECT_EQ(tpm->Tools("tpm2_readclock").status, 0);
}

}  // namespace
}  // namespace holdfast::testing
