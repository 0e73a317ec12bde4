#include "signer/server/verifier/ledger.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

constexpr EkSighting kBefore{{1}, 0x01912345, 5, 100'000, 7, 2};

EkSighting Later() {
  EkSighting later = kBefore;
  later.content_hash = {2};
  later.clock_ms += 60'000;
  return later;
}

std::string FailedCheck(const EkSighting& now) {
  auto notes = CheckLedger({&kBefore, 1}, now);
  return notes ? "" : notes.error().check;
}

std::vector<std::string> Notes(std::vector<EkSighting> before, const EkSighting& now) {
  std::vector<std::string> names;
  const std::vector<AppraisalNote> notes = CheckLedger(before, now).value();
  for (const AppraisalNote& note : notes) names.push_back(note.name);
  return names;
}

TEST(Ledger, AnUnknownEkHasNothingAgainstIt) {
  EXPECT_TRUE(CheckLedger({}, kBefore).value().empty());
}

TEST(Ledger, TheSameRequestAgainPasses) {
  EkSighting later = Later();
  EXPECT_TRUE(Notes({kBefore, later}, kBefore).empty());
}

TEST(Ledger, ALaterRequestPassesWithoutNotes) {
  EXPECT_TRUE(Notes({kBefore}, Later()).empty());
}

TEST(Ledger, AHigherGateIsANewActivation) {
  EkSighting now = Later();
  now.gate_base = 6;
  EXPECT_TRUE(Notes({kBefore}, now).empty());
}

TEST(Ledger, OtherContentAtTheSameInstantIsAFork) {
  EkSighting now = Later();
  now.clock_ms = kBefore.clock_ms;
  EXPECT_EQ(FailedCheck(now), "ledger.fork");
}

TEST(Ledger, TheSameClockInAnotherBootIsNoFork) {
  EkSighting now = Later();
  now.clock_ms = kBefore.clock_ms;
  now.restart_count++;
  EXPECT_EQ(FailedCheck(now), "");
}

TEST(Ledger, AGateThatStoodHigherBeforeIsRefused) {
  EkSighting now = Later();
  now.gate_base = 4;
  EXPECT_EQ(FailedCheck(now), "ledger.gate");
}

TEST(Ledger, TheGateOfAnotherProductCountsForItself) {
  EkSighting now = Later();
  now.gate_index++;
  now.gate_base = 1;
  EXPECT_EQ(FailedCheck(now), "");
}

TEST(Ledger, FewerResetsAreNotedOnce) {
  EkSighting now = Later(), other = kBefore;
  other.content_hash = {3};
  other.clock_ms++;
  now.reset_count = 0;
  EXPECT_EQ(Notes({kBefore, other}, now), std::vector<std::string>{"ledger.reset_count"});
}

TEST(Ledger, ThatHardwareWasClearedIsTheEndOfItsEarlierKeys) {
  EkSighting now = Later();
  now.reset_count = 0;
  now.gate_base = kBefore.gate_base + 1;
  EXPECT_EQ(Notes({kBefore}, now), std::vector<std::string>{"ledger.reset_count"})
      << "a virtual TPM may be set back";
  now.hardware = true;
  EXPECT_EQ(Notes({kBefore}, now), std::vector<std::string>{"ledger.cleared"});
  now.gate_base = kBefore.gate_base;
  EXPECT_EQ(Notes({kBefore}, now), std::vector<std::string>{"ledger.reset_count"})
      << "it may be the earlier of the two";
}

TEST(Ledger, AnEarlierClockInTheSameBootIsNoted) {
  EkSighting now = Later();
  now.clock_ms = kBefore.clock_ms - 1;
  EXPECT_EQ(Notes({kBefore}, now), std::vector<std::string>{"ledger.clock"});
}

// The clock is cleared or repeats a little after a power cut: another boot.
TEST(Ledger, AnEarlierClockInALaterBootIsNothing) {
  EkSighting now = Later();
  now.clock_ms = kBefore.clock_ms - 1;
  now.reset_count++;
  EXPECT_TRUE(Notes({kBefore}, now).empty());
}

}  // namespace
// Somebody with a product key of his own could otherwise lock another customer's TPM out.
TEST(Ledger, WhatAnotherLicenseClaimedOfThisEkIsNotedAndDeniesNothing) {
  EkSighting foreign = kBefore, now = Later();
  foreign.same_license = false;
  foreign.gate_base = now.gate_base + 1;
  EXPECT_EQ(Notes({foreign}, now), std::vector<std::string>{"ledger.gate"});
  foreign = now;
  foreign.content_hash = {9};
  foreign.same_license = false;
  EXPECT_EQ(Notes({foreign}, now), std::vector<std::string>{"ledger.fork"});
}

}  // namespace holdfast
