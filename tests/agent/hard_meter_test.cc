// The hard meter of a license: when it is charged, and what is known of it.
#include "agent/hard_meter.h"

#include <gtest/gtest.h>

#include "tests/agent/enforcement/views.h"
#include "tests/agent/no_tpm.h"

namespace holdfast {
namespace {

const uint32_t kCounter = tpm::MeterCounterIndex("Northlight", "KEY");

class PlayedTpm : public testing::NoTpm {
 public:
  Status ChargeMeter(const HardMeter& meter) override {
    charged = meter;
    return charge;
  }
  Status DropMeter(uint32_t counter_index) override {
    dropped = counter_index;
    return Fail(ErrorKind::kConflict, "tpm.owner_auth", "a password is set");
  }
  Result<int64_t> MeterUsed(const KeySet&, const HardMeter& meter) override {
    asked++;
    EXPECT_EQ(meter.counter_index, kCounter);
    EXPECT_EQ(meter.base, 7u);
    EXPECT_EQ(meter.max, max);
    return used;
  }
  Status charge;
  Result<int64_t> used = 60;
  std::optional<HardMeter> charged;
  uint32_t dropped = 0;
  Result<Use> UseMeter(const KeySet&, const HardMeter&, int64_t amount) override {
    counted += amount;
    return Use{true, *used + amount};
  }
  int asked = 0;
  int64_t counted = 0;
  uint32_t max = 100;
};

LicenseTerms HardTerms() {
  LicenseTerms terms = GoodView().verified->terms;
  terms.vendor = "Northlight";
  terms.grants.limits["pages"] = {.kind = LimitKind::kMeter, .max = 100, .hard = true};
  terms.meter = MeterPin{kCounter, 7};
  return terms;
}

std::vector<LoadedLicense> Loaded(HardwareProof proof) {
  LoadedLicense license;
  license.view = GoodView();
  license.view.verified->terms = HardTerms();
  license.view.hardware = proof;
  license.keys = KeySet();
  return {license};
}

TEST(PrepareInstalled, ChargesTheMeterThatTheTermsName) {
  PlayedTpm tpm;
  ASSERT_TRUE(PrepareInstalled(HardTerms(), "KEY", tpm));
  ASSERT_TRUE(tpm.charged);
  EXPECT_EQ(tpm.charged->counter_index, kCounter);
  EXPECT_EQ(tpm.charged->base, 7u);
  EXPECT_EQ(tpm.charged->max, 100u);
  tpm.charge = Fail(ErrorKind::kConflict, "tpm.nv_space", "full");
  EXPECT_EQ(PrepareInstalled(HardTerms(), "KEY", tpm).error().check, "tpm.nv_space");
}

TEST(PrepareInstalled, ChargesNoMeterInThePlaceOfAnothers) {
  PlayedTpm tpm;
  EXPECT_EQ(PrepareInstalled(HardTerms(), "OTHER-KEY", tpm).error().check, "answer.meter");
  LicenseTerms terms = HardTerms();
  terms.vendor = "Southlight";
  EXPECT_EQ(PrepareInstalled(terms, "KEY", tpm).error().check, "answer.meter");
  EXPECT_FALSE(tpm.charged);
}

TEST(PrepareInstalled, WithoutAMeterFreesItsSpaceAsFarAsItCan) {
  PlayedTpm tpm;
  LicenseTerms terms = HardTerms();
  terms.meter.reset();
  EXPECT_TRUE(PrepareInstalled(terms, "KEY", tpm));
  EXPECT_FALSE(tpm.charged);
  EXPECT_EQ(tpm.dropped, kCounter);
}

TEST(ReadHardMeters, AsksOnceForWhatIsProven) {
  PlayedTpm tpm;
  auto licenses = Loaded(HardwareProof::kProven);
  EXPECT_TRUE(ReadHardMeters(licenses, tpm));
  EXPECT_EQ(licenses[0].view.hard_count.used, 60);
  EXPECT_TRUE(ReadHardMeters(licenses, tpm));
  EXPECT_EQ(tpm.asked, 1);
  auto unproven = Loaded(HardwareProof::kUnavailable);
  EXPECT_TRUE(ReadHardMeters(unproven, tpm));
  EXPECT_EQ(tpm.asked, 1);
}

TEST(ReadHardMeters, WhatCannotBeAskedIsAskedAgain) {
  PlayedTpm tpm;
  tpm.used = Fail(ErrorKind::kUnavailable, "tpm.command", "busy");
  auto licenses = Loaded(HardwareProof::kProven);
  EXPECT_FALSE(ReadHardMeters(licenses, tpm));
  EXPECT_FALSE(licenses[0].view.hard_count.lost);
  EXPECT_NE(ViewsOf(licenses)[0].fault.find("tpm.command"), std::string::npos);
  tpm.used = 61;
  EXPECT_TRUE(ReadHardMeters(licenses, tpm));
  EXPECT_EQ(ViewsOf(licenses)[0].hard_count.used, 61);
  EXPECT_EQ(ViewsOf(licenses)[0].fault, "");
}

TEST(ReadHardMeters, AMeterThatIsAnotherIsLost) {
  PlayedTpm tpm;
  tpm.used = Refused("tpm.meter", "the meter was deleted", "ask the vendor");
  auto licenses = Loaded(HardwareProof::kProven);
  EXPECT_TRUE(ReadHardMeters(licenses, tpm)) << "asking again helps nobody";
  EXPECT_TRUE(licenses[0].view.hard_count.lost);
  EXPECT_NE(ViewsOf(licenses)[0].fault.find("the meter was deleted (tpm.meter); ask the vendor"),
            std::string::npos);
}

// A license may be replaced between the decision and the counting.
TEST(HardMeter, IsOneLimitsAndNoOthers) {
  ASSERT_TRUE(HardMeterOf(HardTerms(), "pages"));
  EXPECT_EQ(HardMeterOf(HardTerms(), "pages")->limit, "pages");
  EXPECT_FALSE(HardMeterOf(HardTerms(), "scans"));
}

TEST(HardMeter, AfterAReturnIsChargedWithWhatIsLeftAndCountsOn) {
  PlayedTpm tpm;
  LicenseTerms terms = HardTerms();
  terms.used = {{"pages", MeterPeriod::kNever, Time{}, 22}};
  ASSERT_TRUE(PrepareInstalled(terms, "KEY", tpm));
  EXPECT_EQ(tpm.charged->max, 78u);
  tpm.max = 78;
  auto licenses = Loaded(HardwareProof::kProven);
  licenses[0].view.verified->terms = terms;
  EXPECT_TRUE(ReadHardMeters(licenses, tpm));
  EXPECT_EQ(licenses[0].view.hard_count.used, 82);
  const auto stated = HardUsage(terms, KeySet(), tpm);
  ASSERT_TRUE(stated && *stated);
  EXPECT_EQ((*stated)->units, 82);
}

TEST(HardMeter, WhatTheLedgerCountedIsLeftOfTheLimitNoMore) {
  PlayedTpm tpm;
  const LicenseTerms terms = HardTerms();
  const LicensedMeter meter = HardMeterOf(terms).value();
  const auto refused = UseUnits(meter, KeySet(), 11, 30, tpm);
  ASSERT_TRUE(refused);
  EXPECT_FALSE(refused->granted);
  EXPECT_EQ(refused->used, 90) << "60 by the TPM, 30 by the ledger";
  EXPECT_EQ(tpm.counted, 0) << "all of it or nothing";
  const auto granted = UseUnits(meter, KeySet(), 10, 30, tpm);
  ASSERT_TRUE(granted);
  EXPECT_TRUE(granted->granted);
  EXPECT_EQ(granted->used, 100);
}

TEST(HardMeter, IsReportedBesideWhatTheLedgerCountedAndWhatWasUsedBeforeOnce) {
  LicenseTerms terms = HardTerms();
  const MeterUsage counted{"pages", MeterPeriod::kNever, Time{}, 82};
  std::vector<MeterUsage> usage;
  AddHardUsage(usage, terms, counted);
  EXPECT_EQ(usage, std::vector<MeterUsage>{counted});
  usage[0].units = 30;
  AddHardUsage(usage, terms, counted);
  EXPECT_EQ(usage.at(0).units, 112);
  terms.used = {{"pages", MeterPeriod::kNever, Time{}, 22}};
  usage[0].units = 30;
  AddHardUsage(usage, terms, counted);
  EXPECT_EQ(usage.at(0).units, 90) << "22 before, 8 more by the ledger, 60 by the TPM";
  usage[0].units = 4;
  AddHardUsage(usage, terms, counted);
  EXPECT_EQ(usage.at(0).units, 82);
}

TEST(HardMeter, UsedUpBeforeHasNoUnitLeft) {
  LicenseTerms terms = HardTerms();
  terms.used = {{"pages", MeterPeriod::kNever, Time{}, 104}};
  EXPECT_EQ(HardMeterOf(terms)->tpm.max, 0u);
}

}  // namespace
}  // namespace holdfast
