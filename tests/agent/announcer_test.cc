#include "agent/announcer.h"

#include <gmock/gmock.h>

#include "tests/agent/enforcement/views.h"

namespace holdfast {
namespace {

using ::testing::AllOf, ::testing::ElementsAre, ::testing::HasSubstr, ::testing::IsEmpty, ::testing::Not;
constexpr Seconds kDay{86400};

class AnnouncerTest : public ::testing::Test {
 protected:
  std::vector<std::string> At(Time now) {
    std::vector<std::string> texts;
    for (const Announcement& each : announcer_.Look({view_}, now)) texts.push_back(each.Text());
    return texts;
  }
  LicenseState StateAt(Time now) {
    const auto news = announcer_.Look({view_}, now);
    return news.empty() ? LicenseState::kNone : news[0].state;
  }
  LicenseView view_ = GoodView();  // warns 30 days and one day ahead
  Announcer announcer_;
};

TEST_F(AnnouncerTest, AGoodLicenseIsNoNews) {
  EXPECT_THAT(At(kMidway), IsEmpty());
  EXPECT_THAT(At(kMidway + kDay), IsEmpty());
}

TEST_F(AnnouncerTest, EachAnnouncedMomentIsToldOnce) {
  At(kMidway);
  EXPECT_THAT(At(kExpires - kWarn),
              ElementsAre("nls: expiring, 30 days left: the license expires soon; renew it with the vendor"));
  EXPECT_THAT(At(kExpires - kWarn + kDay), IsEmpty());
  EXPECT_THAT(At(kExpires - kDay),
              ElementsAre("nls: expiring, 1 day left: the license expires soon; renew it with the vendor"));
  EXPECT_THAT(At(kExpires), IsEmpty());
}

TEST_F(AnnouncerTest, EachStateIsToldOnce) {
  At(kMidway);
  EXPECT_EQ(StateAt(kExpires + Seconds(1)), LicenseState::kGrace);
  EXPECT_THAT(At(kExpires + Seconds(2)), IsEmpty());
  EXPECT_EQ(StateAt(kExpires + kGracePeriod + Seconds(1)), LicenseState::kFallback);
}

// "state, 100 days left" would be read as when that state ends.
TEST_F(AnnouncerTest, DaysAreToldOfTheEndOfTheLicenseOnly) {
  Revoke(view_, RevocationReason::kCertificateHold);
  EXPECT_THAT(At(kMidway), ElementsAre(AllOf(HasSubstr("nls: suspended"), Not(HasSubstr("left")))));
}

TEST_F(AnnouncerTest, WhatIsNotAsItShouldBeIsToldAfterARestart) {
  EXPECT_EQ(StateAt(kExpires - kDay), LicenseState::kExpiring);
}

TEST_F(AnnouncerTest, ThatALicenseIsGoodAgainIsTold) {
  Revoke(view_, RevocationReason::kCertificateHold);
  EXPECT_EQ(StateAt(kMidway), LicenseState::kSuspended);
  view_ = GoodView();
  EXPECT_THAT(At(kMidway), ElementsAre("nls: active"));
}

TEST_F(AnnouncerTest, AWarningBesideAnActiveStateIsTold) {
  At(kMidway);
  const auto news = announcer_.Look({view_}, {kMidway, ClockState::kSetBack});
  ASSERT_EQ(news.size(), 1U);
  EXPECT_EQ(news[0].state, LicenseState::kActive);
  EXPECT_THAT(news[0].reasons, ElementsAre(Reason::kClockSetBack));
  EXPECT_FALSE(news[0].good());
  EXPECT_THAT(At(kMidway), ElementsAre("nls: active")) << "right again";
}

TEST_F(AnnouncerTest, WhoIsGoneIsForgotten) {
  StateAt(kExpires + Seconds(1));
  announcer_.Look({}, kExpires + Seconds(2));
  EXPECT_EQ(StateAt(kExpires + Seconds(3)), LicenseState::kGrace);
}

}  // namespace
}  // namespace holdfast
