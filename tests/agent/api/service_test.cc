#include "agent/api/service.h"

#include <gtest/gtest.h>

#include "tests/agent/enforcement/views.h"

namespace holdfast::api {
namespace {

class ServiceTest : public ::testing::Test {
 protected:
  ServiceTest() { service.SetLicenses({GoodView()}); }
  Json Hold(uint64_t holder, int64_t amount = 1) {
    return service.Limit(holder, {LimitVerb::kHold, "users", "", amount});
  }
  Json Set(uint64_t holder, int64_t amount) {
    return service.Limit(holder, {LimitVerb::kSet, "jobs", "", amount});
  }

  Time now = kMidway;
  OwnedTime time{[this] { return now; }, SystemUptime()};
  Service service{time, "1.2.3"};
};

TEST_F(ServiceTest, CheckSaysWhatTheDecisionSays) {
  const Json answer = service.Check({"threads", ""});
  EXPECT_EQ(answer["ok"], true);
  EXPECT_EQ(answer["allowed"], true);
  EXPECT_EQ(answer["value"], 8);
  EXPECT_EQ(answer["product"], "nls");
  EXPECT_EQ(answer["reasons"], Json::parse(R"(["active"])"));
}

TEST_F(ServiceTest, WithoutLicenseEverythingIsDenied) {
  service.SetLicenses({});
  EXPECT_EQ(service.Check({"export", ""})["reasons"][0], "no_license");
  EXPECT_EQ(Hold(1)["allowed"], false);
  EXPECT_TRUE(service.Status()["licenses"].empty());
}

TEST_F(ServiceTest, StatusNamesOpenRequests) {
  EXPECT_EQ(service.Status()["requests"], Json::array());
  service.SetRequests({{"other", kMidway}});
  EXPECT_EQ(service.Status()["requests"],
            Json::array({{{"product", "other"}, {"created", FormatTime(kMidway)}}}));
}

TEST_F(ServiceTest, ProductMustBeNamedWhenThereAreSeveral) {
  LicenseView other = GoodView();
  other.product = "other";
  service.SetLicenses({GoodView(), other});
  EXPECT_EQ(service.Check({"export", ""})["error"]["check"], "check.product");
  EXPECT_EQ(service.Check({"export", "other"})["product"], "other");
  EXPECT_EQ(service.Check({"export", "third"})["reasons"][0], "no_license");
}

TEST_F(ServiceTest, AKeyIsInTheAnswerOnlyWhenItIsGrantedAndOpened) {
  LicenseView view = GoodView();
  view.verified->terms.grants.keys = {"content"};
  service.SetLicenses({view});
  const auto opened = [] { return Result<Secret>(Secret(Bytes(32, 0xab))); };
  EXPECT_EQ(service.Key({"content", ""})["allowed"], true);
  EXPECT_FALSE(service.Key({"content", ""}).contains("key"));
  const Json answer = service.Key({"content", "nls"}, opened());
  EXPECT_EQ(answer["key"].get<std::string>(), HexEncode(Bytes(32, 0xab)));
  EXPECT_EQ(answer["product"], "nls");
  const Json failed = service.Key({"content", ""}, Refused("tpm.gate", "moved"));
  EXPECT_EQ(failed["ok"], false);
  EXPECT_EQ(failed["error"]["check"], "tpm.gate");
  now = kExpires + kGracePeriod + Seconds{1};  // it ended while the TPM was at work
  const Json late = service.Key({"content", ""}, opened());
  EXPECT_EQ(late["allowed"], false);
  EXPECT_EQ(late["reasons"][0], "key_not_granted");
  EXPECT_FALSE(late.contains("key"));
  service.SetLicenses({});
  EXPECT_FALSE(service.Key({"content", ""}, opened()).contains("key"));
}

TEST_F(ServiceTest, TheKeysThatApplyAreInTheStatus) {
  EXPECT_FALSE(service.Status()["licenses"][0].contains("keys"));
  LicenseView view = GoodView();
  view.verified->terms.grants.keys = {"models", "content"};
  service.SetLicenses({view});
  EXPECT_EQ(service.Status()["licenses"][0]["keys"], Json::parse(R"(["content","models"])"));
}

TEST_F(ServiceTest, SeatsAreCountedOverAllHolders) {
  EXPECT_EQ(Hold(1, 7)["used"], 7);
  EXPECT_EQ(Hold(2, 3)["used"], 10);
  const Json denied = Hold(3);
  EXPECT_EQ(denied["allowed"], false);
  EXPECT_EQ(denied["reasons"][0], "limit_reached");
  EXPECT_EQ(denied["held"], 0);
  service.Gone(2);
  EXPECT_EQ(Hold(3)["held"], 1);
}

TEST_F(ServiceTest, ReleaseGivesBackSomeOrAll) {
  Hold(1, 7);
  EXPECT_EQ(service.Limit(1, {LimitVerb::kRelease, "users", "", 2})["held"], 5);
  EXPECT_EQ(service.Limit(1, {LimitVerb::kRelease, "users", "", INT64_MAX})["held"], 0);
  EXPECT_EQ(service.Limit(2, {LimitVerb::kRelease, "users", "", 1})["held"], 0);
}

TEST_F(ServiceTest, GaugeIsSetUpAndDown) {
  EXPECT_EQ(Set(1, 50)["allowed"], true);
  EXPECT_EQ(Set(1, 55)["reasons"][0], "overage");
  EXPECT_EQ(Set(1, 56)["allowed"], false);
  EXPECT_EQ(Set(2, 1)["allowed"], false);
  EXPECT_EQ(Set(1, 10)["held"], 10);
  EXPECT_EQ(Set(2, 1)["used"], 11);
}

TEST_F(ServiceTest, RevocationTakesNothingFromHoldersButGivesNothingMore) {
  Hold(1, 2);
  LicenseView revoked = GoodView();
  Revoke(revoked, RevocationReason::kUnspecified);
  service.SetLicenses({revoked});
  EXPECT_EQ(Hold(1)["allowed"], false);
  EXPECT_EQ(Hold(1)["held"], 2);
  const Json released = service.Limit(1, {LimitVerb::kRelease, "users", "", 1});
  EXPECT_EQ(released["allowed"], true);
  EXPECT_EQ(released["held"], 1);
}

TEST_F(ServiceTest, AMeterIsNotHeld) {
  LicenseView view = GoodView();
  view.verified->terms.grants.limits["pages"] = {.kind = LimitKind::kMeter, .max = 5};
  service.SetLicenses({view});
  const Json error = service.Limit(1, {LimitVerb::kHold, "pages", "", 1})["error"];
  EXPECT_EQ(error["check"], "limit.kind");
  EXPECT_EQ(error["advice"], "use it up instead: consume, holdfast_consume, POST /v1/limits/pages/consume");
}

class ServiceMeterTest : public ServiceTest {
 protected:
  ServiceMeterTest() {
    view_.verified->terms.grants.limits["pages"] = {
        .kind = LimitKind::kMeter, .max = 5, .period = MeterPeriod::kYear};
    service.SetLicenses({view_});
    service.LoadMeters({});
  }
  // As the agent does it, with a ledger that always commits.
  Json Consume(int64_t amount) {
    auto outcome = service.Consume({"pages", "", amount});
    while (const auto* batch = std::get_if<NextBatch>(&outcome)) {
      service.Add(*batch);
      outcome = service.Consume({"pages", "", amount});
    }
    return std::get<Json>(outcome);
  }
  LicenseView view_ = GoodView();
};

TEST_F(ServiceMeterTest, UnitsAreUsedUp) {
  const Json first = Consume(4);
  EXPECT_EQ(first["allowed"], true);
  EXPECT_EQ(first["used"], 4);
  EXPECT_EQ(first["max"], 5);
  EXPECT_EQ(first["period_ends"], "2026-01-01T00:00:00Z");
  const Json denied = Consume(2);
  EXPECT_EQ(denied["allowed"], false);
  EXPECT_EQ(denied["reasons"][0], "limit_reached");
  EXPECT_EQ(denied["used"], 4);
  EXPECT_EQ(Consume(1)["used"], 5);
}

TEST_F(ServiceMeterTest, StatusShowsUseAndHowItIsCounted) {
  Consume(2);
  const Json meter = service.Status()["licenses"][0]["limits"]["pages"];
  EXPECT_EQ(meter["used"], 2);
  EXPECT_EQ(meter["counted"], "file");
  EXPECT_EQ(meter["period_ends"], "2026-01-01T00:00:00Z");
}

TEST_F(ServiceMeterTest, ItBeginsWithWhatTheLicenseSaysWasUsedBefore) {
  view_.verified->terms.used = {
      {"pages", MeterPeriod::kYear, Time(std::chrono::sys_days(std::chrono::year(2025) / 1 / 1)), 3}};
  service.SetLicenses({view_});
  const Json meter = service.Status()["licenses"][0]["limits"]["pages"];
  EXPECT_EQ(meter["used"], 3);
  EXPECT_EQ(meter["used_before"], 3);
  EXPECT_EQ(Consume(3)["allowed"], false);
  EXPECT_EQ(Consume(2)["used"], 5);
  time.SeeSigned(Time(std::chrono::sys_days(std::chrono::year(2026) / 1 / 2)));
  EXPECT_EQ(Consume(5)["used"], 5) << "in the period that it says only";
  EXPECT_FALSE(service.Status()["licenses"][0]["limits"]["pages"].contains("used_before"));
}

TEST_F(ServiceMeterTest, ANewPeriodBeginsByTheFloorNotByTheWallClock) {
  time.SeeSigned(kMidway);
  Consume(5);
  now = kMidway + Seconds(300 * 86400);  // set ahead
  EXPECT_EQ(Consume(1)["allowed"], false);
  time.SeeSigned(Time(std::chrono::sys_days(std::chrono::year(2026) / 1 / 2)));
  EXPECT_EQ(Consume(1)["used"], 1);
}

TEST_F(ServiceMeterTest, WithoutALedgerNothingIsUsedUp) {
  Service fresh(time, "1.2.3");
  fresh.SetLicenses({view_});
  EXPECT_EQ(std::get<Json>(fresh.Consume({"pages", "", 1}))["error"]["check"], "books.closed");
  EXPECT_FALSE(fresh.Status()["licenses"][0]["limits"]["pages"].contains("used"));
}

TEST_F(ServiceMeterTest, WhatIsHeldIsNotUsedUp) {
  const Json error = std::get<Json>(service.Consume({"users", "", 1}))["error"];
  EXPECT_EQ(error["check"], "limit.kind");
  EXPECT_EQ(error["advice"], "hold it instead: hold, holdfast_acquire, POST /v1/leases");
}

TEST_F(ServiceMeterTest, OfAnAdvisoryLicenseItCountsOnAboveItsLimit) {
  view_.verified->terms.advisory = true;
  service.SetLicenses({view_});
  EXPECT_EQ(Consume(4)["reasons"][0], "active");
  const Json more = Consume(40);
  EXPECT_EQ(more["allowed"], true);
  EXPECT_EQ(more["reasons"][0], "limit_reached");
  EXPECT_EQ(more["used"], 44);
  EXPECT_EQ(Consume(kMaxNumber)["used"], kMaxNumber + 44);
  EXPECT_EQ(Consume(kMaxNumber)["allowed"], false) << "further nobody counts";
}

TEST_F(ServiceMeterTest, AnUnknownMeterAndARevokedLicenseAreDenied) {
  EXPECT_EQ(std::get<Json>(service.Consume({"prints", "", 1}))["reasons"][0], "unknown_limit");
  Revoke(view_, RevocationReason::kUnspecified);
  service.SetLicenses({view_});
  EXPECT_EQ(Consume(1)["reasons"][0], "revoked");
}

class ServiceHardMeterTest : public ServiceTest {
 protected:
  ServiceHardMeterTest() {
    view_.verified->terms.grants.limits["pages"] = {.kind = LimitKind::kMeter, .max = 50, .hard = true};
    view_.verified->terms.meter = MeterPin{0x01a84711, 7};
    SetUsed(48);
  }
  void SetUsed(std::optional<int64_t> used) {
    view_.hard_count = {used};
    service.SetLicenses({view_});
  }
  // What is answered without the TPM; the default where it is to count.
  Json AtOnce(int64_t amount) {
    const auto outcome = service.Consume({"pages", "", amount});
    const auto* answer = std::get_if<Json>(&outcome);
    return answer == nullptr ? Json("the TPM counts") : *answer;
  }
  Json After(const Result<HardMeters::Use>& use, int64_t amount = 2) {
    return service.Consume({"pages", "", amount}, use);
  }
  LicenseView view_ = GoodView();
};

TEST_F(ServiceHardMeterTest, UnitsAreGrantedOnceTheTpmHasCountedThem) {
  EXPECT_EQ(AtOnce(2), "the TPM counts");
  SetUsed(50);
  const Json answer = After(HardMeters::Use{true, 50});
  EXPECT_EQ(answer["allowed"], true);
  EXPECT_EQ(answer["used"], 50);
  EXPECT_EQ(answer["max"], 50);
  EXPECT_EQ(answer["counted"], "hard");
  EXPECT_EQ(AtOnce(1)["reasons"][0], "limit_reached");
}

TEST_F(ServiceHardMeterTest, TheTpmIsToldWhichLicenseAndWhichLimitToCount) {
  const auto outcome = service.Consume({"pages", "", 2});
  const auto* use = std::get_if<HardUse>(&outcome);
  ASSERT_NE(use, nullptr);
  EXPECT_EQ(use->product, "nls");
  EXPECT_EQ(use->limit, "pages");
  EXPECT_EQ(use->amount, 2);
}

TEST_F(ServiceHardMeterTest, WhatTheTpmDidNotCountIsDenied) {
  SetUsed(49);
  const Json answer = After(HardMeters::Use{false, 49});
  EXPECT_EQ(answer["allowed"], false);
  EXPECT_EQ(answer["reasons"][0], "limit_reached");
  EXPECT_EQ(answer["used"], 49);
}

TEST_F(ServiceHardMeterTest, ATpmThatCannotBeAskedIsAnError) {
  SetUsed(std::nullopt);
  EXPECT_EQ(AtOnce(2), "the TPM counts") << "it is asked again";
  const Json answer = After(Fail(ErrorKind::kUnavailable, "tpm.silent", "no answer"));
  EXPECT_EQ(answer["error"]["check"], "tpm.silent");
}

TEST_F(ServiceHardMeterTest, AMeterThatIsLostIsDenied) {
  view_.hard_count = {std::nullopt, true, "the meter was deleted"};
  service.SetLicenses({view_});
  EXPECT_EQ(AtOnce(1)["reasons"][0], "state_rollback");
  const Json answer = After(Refused("tpm.meter", "the meter was deleted"));
  EXPECT_EQ(answer["allowed"], false);
  EXPECT_EQ(answer["reasons"][0], "state_rollback");
  EXPECT_FALSE(service.Status()["licenses"][0]["limits"]["pages"].contains("used"));
}

TEST_F(ServiceHardMeterTest, ALicenseThatEndsWhileTheTpmCountsGrantsNothing) {
  SetUsed(50);
  Revoke(view_, RevocationReason::kUnspecified);
  service.SetLicenses({view_});
  const Json answer = After(HardMeters::Use{true, 50});
  EXPECT_EQ(answer["allowed"], false);
  EXPECT_EQ(answer["reasons"][0], "revoked");
}

TEST_F(ServiceHardMeterTest, SixteenUnitsAreUsedUpAtOnceAtMost) {
  SetUsed(0);
  EXPECT_EQ(AtOnce(16), "the TPM counts");
  EXPECT_EQ(AtOnce(17)["error"]["check"], "limit.amount");
}

TEST_F(ServiceHardMeterTest, StatusShowsItAsHard) {
  const Json meter = service.Status()["licenses"][0]["limits"]["pages"];
  EXPECT_EQ(meter["used"], 48);
  EXPECT_EQ(meter["counted"], "hard");
  EXPECT_FALSE(meter.contains("period_ends"));
}

TEST_F(ServiceHardMeterTest, WhereTheTpmHasNoneTheLedgerCounts) {
  view_.verified->terms.meter.reset();
  service.SetLicenses({view_});
  service.LoadMeters({});
  LedgerReport report;
  report.uses_tpm = true;
  service.SetLedger(report);
  EXPECT_EQ(service.Status()["licenses"][0]["limits"]["pages"]["used"], 0);
  EXPECT_EQ(service.Status()["licenses"][0]["limits"]["pages"]["counted"], "tpm");
  EXPECT_TRUE(std::holds_alternative<NextBatch>(service.Consume({"pages", "", 20})));
}

TEST_F(ServiceTest, AnAdvisoryLicenseLetsEverybodyInAndCountsWhoWouldHaveStayedOut) {
  LicenseView view = GoodView();
  view.verified->terms.advisory = true;
  service.SetLicenses({view});
  EXPECT_EQ(Hold(1, 10)["reasons"][0], "active");
  const Json more = Hold(2, 3);
  EXPECT_EQ(more["allowed"], true);
  EXPECT_EQ(more["reasons"][0], "limit_reached");
  EXPECT_EQ(more["used"], 13) << "they are counted";
  EXPECT_EQ(service.Check({"unheard-of", ""})["allowed"], true);
  const Json advised = service.Status()["licenses"][0]["advised"];
  EXPECT_EQ(advised[0]["subject"], "users");
  EXPECT_EQ(advised[0]["count"], 1);
  EXPECT_EQ(advised[1]["reason"], "unknown_feature");
  EXPECT_EQ(service.NewAdvisories().size(), 2u);
}

TEST_F(ServiceTest, TimePassesWithoutReload) {
  EXPECT_EQ(service.Check({"sso", ""})["state"], "active");
  now = kExpires + Seconds(1);
  EXPECT_EQ(service.Check({"export", ""})["state"], "grace");
  now = kExpires + kGracePeriod + Seconds(1);
  EXPECT_EQ(service.Check({"export", ""})["edition"], "community");
}

TEST_F(ServiceTest, StatusShowsGrantsAndUse) {
  Hold(1, 4);
  const Json license = service.Status()["licenses"][0];
  EXPECT_EQ(license["state"], "active");
  EXPECT_EQ(license["features"]["tier"], "gold");
  EXPECT_EQ(license["limits"]["users"]["used"], 4);
  EXPECT_EQ(service.Status()["version"], "1.2.3");
}

TEST_F(ServiceTest, StatusOfATamperedFileSaysWhy) {
  LicenseView view;
  view.product = "nls";
  view.fault = "it was altered";
  service.SetLicenses({view});
  const Json license = service.Status()["licenses"][0];
  EXPECT_EQ(license["state"], "tampered");
  EXPECT_EQ(license["fault"], "it was altered");
}

}  // namespace
}  // namespace holdfast::api
