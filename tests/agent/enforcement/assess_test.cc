// Every state, and every second at which one state becomes another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/agent/enforcement/views.h"

namespace holdfast {
namespace {

using std::chrono_literals::operator""s;
using testing::ElementsAre;

struct Row {
  const char* name;
  LicenseView view;
  Time now;
  LicenseState state;
  std::vector<Reason> reasons;
  const char* edition;  // "" : nothing is granted
};

LicenseView With(auto change) {
  LicenseView view = GoodView();
  change(view);
  return view;
}

LicenseView WithoutFallback() {
  return With([](LicenseView& v) { v.verified->terms.fallback.reset(); });
}

LicenseView Perpetual() {
  return With([](LicenseView& v) { v.verified->terms.expires.reset(); });
}

std::vector<Row> TimeRows() {
  const Time grace_end = kExpires + kGracePeriod;
  return {
      {"one second before valid_from",
       GoodView(),
       kFrom - 1s,
       LicenseState::kNotYetValid,
       {Reason::kNotYetValid},
       ""},
      {"at valid_from", GoodView(), kFrom, LicenseState::kActive, {Reason::kActive}, "enterprise"},
      {"before the warning",
       GoodView(),
       kExpires - kWarn - 1s,
       LicenseState::kActive,
       {Reason::kActive},
       "enterprise"},
      {"at the warning",
       GoodView(),
       kExpires - kWarn,
       LicenseState::kExpiring,
       {Reason::kExpiring},
       "enterprise"},
      {"at expires", GoodView(), kExpires, LicenseState::kExpiring, {Reason::kExpiring}, "enterprise"},
      {"first second of grace",
       GoodView(),
       kExpires + 1s,
       LicenseState::kGrace,
       {Reason::kGrace},
       "enterprise"},
      {"last second of grace", GoodView(), grace_end, LicenseState::kGrace, {Reason::kGrace}, "enterprise"},
      {"after grace",
       GoodView(),
       grace_end + 1s,
       LicenseState::kFallback,
       {Reason::kFallbackEdition},
       "community"},
      {"last grace, no fallback",
       WithoutFallback(),
       grace_end,
       LicenseState::kGrace,
       {Reason::kGrace},
       "enterprise"},
      {"after grace, no fallback",
       WithoutFallback(),
       grace_end + 1s,
       LicenseState::kExpired,
       {Reason::kExpired},
       ""},
      {"perpetual, far away",
       Perpetual(),
       Time{Seconds{250'000'000'000}},
       LicenseState::kActive,
       {Reason::kActive},
       "enterprise"},
      {"perpetual, before valid_from",
       Perpetual(),
       kFrom - 1s,
       LicenseState::kNotYetValid,
       {Reason::kNotYetValid},
       ""},
  };
}

LicenseView Proof(HardwareProof proof) {
  return With([&](LicenseView& v) { v.hardware = proof; });
}

LicenseView Revoked(RevocationReason reason) {
  return With([&](LicenseView& v) { Revoke(v, reason); });
}

std::vector<Row> OtherRows() {
  auto issuer = [](LicenseView& v) { v.verified->revocation = Revocation::kIssuerRevoked; };
  auto everything = [](LicenseView& v) {
    Revoke(v, RevocationReason::kKeyCompromise);
    v.hardware = HardwareProof::kWrongHardware;
  };
  auto tampered = [](LicenseView& v) { v.verified.reset(); };
  const Time late = kExpires + kGracePeriod + 1s;
  return {
      {"tampered", With(tampered), kMidway, LicenseState::kTampered, {Reason::kTampered}, ""},
      {"revoked",
       Revoked(RevocationReason::kPrivilegeWithdrawn),
       kMidway,
       LicenseState::kRevoked,
       {Reason::kRevoked},
       ""},
      {"issuer revoked", With(issuer), kMidway, LicenseState::kRevoked, {Reason::kRevoked}, ""},
      {"suspended",
       Revoked(RevocationReason::kCertificateHold),
       kMidway,
       LicenseState::kSuspended,
       {Reason::kSuspended},
       ""},
      {"wrong hardware",
       Proof(HardwareProof::kWrongHardware),
       kMidway,
       LicenseState::kWrongHardware,
       {Reason::kWrongHardware},
       ""},
      {"retired", Proof(HardwareProof::kRetired), kMidway, LicenseState::kRetired, {Reason::kRetired}, ""},
      {"hardware unavailable",
       Proof(HardwareProof::kUnavailable),
       kMidway,
       LicenseState::kHardwareUnavailable,
       {Reason::kHardwareUnavailable},
       ""},
      {"no fallback edition when revoked",
       Revoked(RevocationReason::kUnspecified),
       late,
       LicenseState::kRevoked,
       {Reason::kRevoked, Reason::kFallbackEdition},
       ""},
      {"no fallback edition elsewhere",
       Proof(HardwareProof::kWrongHardware),
       late,
       LicenseState::kWrongHardware,
       {Reason::kWrongHardware, Reason::kFallbackEdition},
       ""},
      {"every reason, most serious first",
       With(everything),
       kExpires + 1s,
       LicenseState::kRevoked,
       {Reason::kRevoked, Reason::kWrongHardware, Reason::kGrace},
       ""},
  };
}

void Check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    const Standing standing = Assess(row.view, row.now);
    EXPECT_EQ(StateName(standing.state), StateName(row.state));
    EXPECT_EQ(standing.reasons, row.reasons);
    EXPECT_EQ(standing.grants ? standing.grants->edition : "", row.edition);
  }
}

TEST(Assess, TimeBoundaries) {
  Check(TimeRows());
}

TEST(Assess, RevocationAndHardware) {
  Check(OtherRows());
}

TEST(Assess, NoWarningWhenTheTermsNameNone) {
  const LicenseView view = With([](LicenseView& v) { v.verified->terms.warn_before.clear(); });
  EXPECT_EQ(Assess(view, kExpires).state, LicenseState::kActive);
}

TEST(Assess, DaysLeftAreWholeDaysRoundedDown) {
  const LicenseView view = GoodView();
  EXPECT_EQ(Assess(view, kExpires).days_left, 0);
  EXPECT_EQ(Assess(view, kExpires - 86399s).days_left, 0);
  EXPECT_EQ(Assess(view, kExpires - 86400s).days_left, 1);
  EXPECT_EQ(Assess(view, kExpires + 1s).days_left, -1);
  EXPECT_EQ(Assess(view, kExpires + 86401s).days_left, -2);
}

TEST(Assess, PerpetualHasNoDaysLeft) {
  const Standing standing = Assess(Perpetual(), kMidway);
  EXPECT_FALSE(standing.expires);
  EXPECT_FALSE(standing.days_left);
}

LicenseView WithPolicies(Policies policies, LedgerStanding ledger = LedgerStanding::kGood) {
  return With([&](LicenseView& v) {
    v.verified->terms.policies = policies;
    v.ledger = ledger;
  });
}

TEST(Assess, AClockThatWasSetBackIsAWarningOrAStateAsThePolicySays) {
  for (const ClockState clock : {ClockState::kSetBack, ClockState::kUnset}) {
    const Situation now(kMidway, clock);
    const Standing warned = Assess(WithPolicies({.clock = Policy::kWarn}), now);
    EXPECT_EQ(warned.state, LicenseState::kActive);
    EXPECT_THAT(warned.reasons, ElementsAre(Reason::kClockSetBack));
    EXPECT_NE(warned.grants, nullptr);
    const Standing denied = Assess(WithPolicies({.clock = Policy::kDeny}), now);
    EXPECT_EQ(denied.state, LicenseState::kClockSetBack);
    EXPECT_EQ(denied.grants, nullptr);
    const Standing allowed = Assess(WithPolicies({.clock = Policy::kAllow}), now);
    EXPECT_THAT(allowed.reasons, ElementsAre(Reason::kActive));
  }
}

TEST(Assess, AClockThatIsAheadDeniesNothing) {
  const Standing standing = Assess(WithPolicies({.clock = Policy::kDeny}), {kMidway, ClockState::kAhead});
  EXPECT_EQ(standing.state, LicenseState::kActive);
  EXPECT_THAT(standing.reasons, ElementsAre(Reason::kClockAhead));
}

TEST(Assess, ALedgerThatWasSetBackIsAWarningOrAStateAsThePolicySays) {
  const Standing denied =
      Assess(WithPolicies({.rollback = Policy::kDeny}, LedgerStanding::kRolledBack), kMidway);
  EXPECT_EQ(denied.state, LicenseState::kStateRollback);
  EXPECT_EQ(denied.grants, nullptr);
  const Standing warned =
      Assess(WithPolicies({.rollback = Policy::kWarn}, LedgerStanding::kRolledBack), kMidway);
  EXPECT_EQ(warned.state, LicenseState::kActive);
  EXPECT_THAT(warned.reasons, ElementsAre(Reason::kStateRollback));
  const Standing allowed =
      Assess(WithPolicies({.rollback = Policy::kAllow}, LedgerStanding::kRolledBack), kMidway);
  EXPECT_THAT(allowed.reasons, ElementsAre(Reason::kActive));
}

TEST(Assess, ALedgerThatCannotBeUsedDeniesWhateverThePolicy) {
  const Standing standing =
      Assess(WithPolicies({.rollback = Policy::kAllow}, LedgerStanding::kUnknown), kMidway);
  EXPECT_EQ(standing.state, LicenseState::kHardwareUnavailable);
  EXPECT_EQ(standing.grants, nullptr);
}

// A warning beside grace must not hide it.
TEST(Assess, AWarningAboutTheHostLeavesTheStateOfTheLicense) {
  const Standing standing =
      Assess(WithPolicies({.clock = Policy::kWarn}), {kExpires + Seconds(1), ClockState::kSetBack});
  EXPECT_EQ(standing.state, LicenseState::kGrace);
  EXPECT_THAT(standing.reasons, ElementsAre(Reason::kClockSetBack, Reason::kGrace));
}

// Heard of last by the certificate, which was issued midway through the license.
LicenseView Offline(Seconds window) {
  return With([&](LicenseView& v) {
    v.verified->terms.offline_window = window;
    v.verified->not_before = kMidway - kLicenseBackdating;
  });
}

TEST(OfflineWindow, TheVendorIsToBeHeardOfInTime) {
  const Seconds window{40 * 86400};
  const LicenseView view = Offline(window);
  const Time end = kMidway + window;
  const auto at = [&](Time now) { return Assess(view, now); };
  EXPECT_EQ(at(kMidway).heard_by, end);
  EXPECT_THAT(at(end - window / 4 - 1s).reasons, ElementsAre(Reason::kActive));
  EXPECT_THAT(at(end - window / 4).reasons, ElementsAre(Reason::kHeartbeatDue));
  EXPECT_EQ(at(end).state, LicenseState::kActive);
  EXPECT_THAT(at(end + 1s).reasons, ElementsAre(Reason::kOfflineGrace));
  EXPECT_EQ(at(end + kGracePeriod).state, LicenseState::kGrace);
  EXPECT_EQ(at(end + kGracePeriod).grants->edition, "enterprise");
  const Standing late = at(end + kGracePeriod + 1s);
  EXPECT_EQ(late.state, LicenseState::kFallback);
  EXPECT_THAT(late.reasons, ElementsAre(Reason::kOfflineTooLong, Reason::kFallbackEdition));
  EXPECT_EQ(late.grants->edition, "community");
}

// A certificate begins an hour before it is issued.
TEST(OfflineWindow, OfAnHourIsWholeWhenTheLicenseIsIssued) {
  const LicenseView view = Offline(Seconds(3600));
  EXPECT_EQ(HeardBy(view), kMidway + Seconds(3600));
  EXPECT_THAT(Assess(view, kMidway).reasons, ElementsAre(Reason::kActive));
}

TEST(OfflineWindow, WithoutAFallbackEditionNothingIsLeft) {
  LicenseView view = Offline(Seconds(86400));
  view.verified->terms.fallback.reset();
  const Standing late = Assess(view, kMidway + Seconds(86400) + kGracePeriod + 1s);
  EXPECT_EQ(late.state, LicenseState::kOfflineTooLong);
  EXPECT_EQ(late.grants, nullptr);
}

TEST(OfflineWindow, AnAnswerOfTheVendorsBeginsItAnew) {
  LicenseView view = Offline(Seconds(86400));
  const Time later = kMidway + Seconds(30 * 86400);
  EXPECT_EQ(Assess(view, later).state, LicenseState::kFallback);
  view.contact = later;
  EXPECT_EQ(Assess(view, later).state, LicenseState::kActive);
  view.contact = kMidway - Seconds(86400);
  EXPECT_EQ(HeardBy(view), kMidway + Seconds(86400)) << "the certificate is newer";
}

// Whoever puts a ledger beside it that cannot be read ends no window by that.
TEST(OfflineWindow, OfClassHostBeginsWithTheCertificateWhereTheLedgerIsNotReadable) {
  LicenseView view = Offline(Seconds(86400));
  view.verified->terms.assurance = AssuranceClass::kHost;
  view.contact_known = false;
  EXPECT_EQ(Assess(view, kMidway + Seconds(30 * 86400)).state, LicenseState::kFallback);
}

TEST(OfflineWindow, IsNotJudgedBeforeTheLedgerWasRead) {
  LicenseView view = Offline(Seconds(86400));
  view.contact_known = false;
  EXPECT_EQ(Assess(view, kMidway + Seconds(30 * 86400)).state, LicenseState::kActive);
}

TEST(OfflineWindow, ZeroIsUnlimited) {
  EXPECT_EQ(HeardBy(Offline(Seconds(0))), std::nullopt);
  EXPECT_EQ(Assess(Offline(Seconds(0)), kExpires - kWarn - 1s).state, LicenseState::kActive);
}

TEST(OfflineWindow, ThatALicenseHasExpiredIsNotHiddenByIt) {
  LicenseView view = Offline(Seconds(86400));
  EXPECT_THAT(Assess(view, kExpires + kGracePeriod + 1s).reasons,
              ElementsAre(Reason::kOfflineTooLong, Reason::kFallbackEdition));
  view.verified->terms.fallback.reset();
  EXPECT_THAT(Assess(view, kExpires + kGracePeriod + 1s).reasons,
              ElementsAre(Reason::kExpired, Reason::kOfflineTooLong));
}

TEST(Reasons, EachHasItsOwnNameAndAllButActiveSayWhatToDo) {
  std::set<std::string_view> names;
  for (int i = 0; i < kReasonCount; i++) {
    const Reason reason = static_cast<Reason>(i);
    EXPECT_TRUE(names.insert(ReasonName(reason)).second) << ReasonName(reason);
    EXPECT_EQ(ReasonAdvice(reason).empty(), reason == Reason::kActive) << ReasonName(reason);
  }
}

TEST(Reasons, SortedWithoutDuplicatesAndActiveNeverBesideAnother) {
  std::vector<Reason> reasons{Reason::kActive, Reason::kLimitReached, Reason::kRevoked,
                              Reason::kLimitReached};
  SortBySeriousness(reasons);
  EXPECT_THAT(reasons, ElementsAre(Reason::kRevoked, Reason::kLimitReached));
}

}  // namespace
}  // namespace holdfast
