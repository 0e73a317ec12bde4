// The table of docs/time.md, row by row.
#include "agent/time/owned_time.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

using namespace std::chrono_literals;

constexpr Time kNoon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 28) + 12h;
constexpr Seconds kDay = 24h;

// A machine whose clocks the test moves.
struct Machine {
  Time wall = kNoon;
  Milliseconds uptime{1000};
  void Pass(Seconds time) { wall += time, uptime += time; }
  OwnedTime Start() {
    return OwnedTime([this] { return wall; }, [this] { return uptime; });
  }
};

tpm::ClockInfo Tpm(uint64_t clock_ms, uint32_t resets, uint32_t restarts = 0) {
  return {clock_ms, resets, restarts, true};
}

class OwnedTimeTest : public ::testing::Test {
 protected:
  OwnedTimeTest() : time_(machine_.Start()) { time_.SeeSigned(kNoon); }
  Machine machine_;
  OwnedTime time_;
};

TEST_F(OwnedTimeTest, AnHonestClockIsNow) {
  machine_.Pass(100 * kDay);
  const TimeReading reading = time_.Read();
  EXPECT_EQ(reading.now, kNoon + 100 * kDay);
  EXPECT_EQ(reading.clock, ClockState::kGood);
}

TEST_F(OwnedTimeTest, AClockSetBackIsNamedAndTimeGoesOn) {
  machine_.Pass(10 * kDay);
  EXPECT_EQ(time_.Now(), kNoon + 10 * kDay);
  machine_.wall -= 400 * kDay;
  machine_.Pass(kDay);
  const TimeReading reading = time_.Read();
  EXPECT_EQ(reading.clock, ClockState::kSetBack);
  EXPECT_EQ(reading.now, kNoon + 11 * kDay);
}

TEST_F(OwnedTimeTest, AClockPutRightByHoursIsNotNamed) {
  machine_.wall += 14h;  // the real-time clock is in local time, and NTP has not answered yet
  EXPECT_EQ(time_.Now(), kNoon + 14h);
  machine_.wall -= 14h;
  EXPECT_EQ(time_.Read().clock, ClockState::kGood);
}

TEST_F(OwnedTimeTest, DripsAddUpAndGainNothing) {
  for (int hour = 0; hour < 100; hour++) {
    machine_.Pass(1h);
    machine_.wall -= 30min;
    ASSERT_EQ(time_.Now(), kNoon + 1h * (hour + 1));
  }
  EXPECT_EQ(time_.Read().clock, ClockState::kSetBack);
}

TEST_F(OwnedTimeTest, AnEmptyBatteryIsNamedAndTimeGoesOn) {
  machine_.wall = Time{};
  machine_.Pass(kDay);
  const TimeReading reading = time_.Read();
  EXPECT_EQ(reading.clock, ClockState::kUnset);
  EXPECT_EQ(reading.now, kNoon + kDay);
}

TEST_F(OwnedTimeTest, AClockTenYearsAheadIsNamedAndPoisonsNothing) {
  machine_.wall += 3650 * kDay;
  EXPECT_EQ(time_.Read().clock, ClockState::kAhead);
  machine_.Pass(1h);
  time_.Read();
  machine_.wall -= 3650 * kDay;
  const TimeReading reading = time_.Read();
  EXPECT_EQ(reading.clock, ClockState::kGood);
  EXPECT_LE(reading.now, kNoon + 1h + kFullHeadroom + 1h);
}

TEST_F(OwnedTimeTest, AWrongClockMovesTheFloorByADayThenAtDoubleSpeed) {
  machine_.wall += 3650 * kDay;
  for (int hour = 0; hour < 24 * 7; hour++) {
    machine_.Pass(1h);
    time_.Read();
  }
  EXPECT_LE(time_.Record({}).floor, kNoon + 7 * kDay + kFullHeadroom + 7 * kDay);
  EXPECT_GE(time_.Record({}).floor, kNoon + 14 * kDay);
}

TEST_F(OwnedTimeTest, SuspensionCounts) {
  machine_.uptime += 5 * kDay;  // CLOCK_BOOTTIME runs on; the wall clock was set back meanwhile
  EXPECT_EQ(time_.Now(), kNoon + 5 * kDay);
}

TEST_F(OwnedTimeTest, WhatPassedWhileAnotherSystemRanIsKnownFromTheTpm) {
  const TimeRecord record = time_.Record(Tpm(1000, 7));
  Machine next{.wall = kNoon - 100 * kDay};
  OwnedTime time = next.Start();
  EXPECT_EQ(time.Adopt(record, Tpm(1000 + 80 * 86'400'000ull, 9)), TpmClockEvent::kRestarted);
  EXPECT_EQ(time.Now(), kNoon + 70 * kDay);  // an eighth less, for the TPM's clock may be fast
}

TEST_F(OwnedTimeTest, APowerCutLosesNothingButSeconds) {
  const TimeRecord record = time_.Record(Tpm(10'000'000, 7));
  Machine next{.wall = kNoon - 100 * kDay};
  OwnedTime time = next.Start();
  EXPECT_EQ(time.Adopt(record, Tpm(9'000'000, 8)), TpmClockEvent::kPowerCut);
  EXPECT_EQ(time.Now(), kNoon);
}

TEST_F(OwnedTimeTest, ARecordIsNotForgottenWhenTheTpmWasCleared) {
  const TimeRecord record = time_.Record(Tpm(10'000'000, 7));
  Machine next{.wall = kNoon - 100 * kDay};
  OwnedTime time = next.Start();
  EXPECT_EQ(time.Adopt(record, Tpm(5, 0)), TpmClockEvent::kReset);
  EXPECT_EQ(time.Now(), kNoon);
}

TEST(ProgressBetween, NamesWhatHappened) {
  const tpm::ClockInfo then = Tpm(50'000'000, 5, 3);
  EXPECT_EQ(ProgressBetween(then, Tpm(50'000'000, 5, 3)).event, TpmClockEvent::kSameBoot);
  EXPECT_EQ(ProgressBetween(then, Tpm(50'000'800, 5, 4)).event, TpmClockEvent::kResumed);
  EXPECT_EQ(ProgressBetween(then, Tpm(50'000'800, 6, 0)).event, TpmClockEvent::kRestarted);
  EXPECT_EQ(ProgressBetween(then, Tpm(49'000'000, 6, 0)).event, TpmClockEvent::kPowerCut);
  EXPECT_EQ(ProgressBetween(then, Tpm(45'000'000, 6, 0)).event,
            TpmClockEvent::kReset);  // more than 70 minutes
  EXPECT_EQ(ProgressBetween(then, Tpm(49'999'999, 5, 3)).event, TpmClockEvent::kReset);  // within one boot
  EXPECT_EQ(ProgressBetween(then, Tpm(60'000'000, 4, 0)).event, TpmClockEvent::kReset);
  EXPECT_EQ(ProgressBetween(then, Tpm(60'000'000, 5, 2)).event, TpmClockEvent::kReset);
  EXPECT_EQ(ProgressBetween(then, Tpm(50'000'800, 6, 0)).passed, Milliseconds(700));
}

TEST(ProgressBetween, BearsAnyClock) {
  const TpmProgress most = ProgressBetween(Tpm(0, 1), Tpm(UINT64_MAX, 2));
  EXPECT_GT(most.passed, Milliseconds(0));
  EXPECT_LT(most.passed, std::chrono::hours(24 * 366 * 101));
}

TEST_F(OwnedTimeTest, AnAgentRestartedAgainAndAgainDoesNotMoveTheFloorByADayEachTime) {
  TimeRecord record = time_.Record(Tpm(1000, 7));
  for (int i = 0; i < 100; i++) {
    Machine again{.wall = kNoon + 3650 * kDay};
    OwnedTime time = again.Start();
    time.SeeSigned(kNoon);
    time.Adopt(record, Tpm(1000, 7));
    time.Read();
    record = time.Record(Tpm(1000, 7));
  }
  EXPECT_EQ(record.floor, kNoon + kFullHeadroom);
}

TEST_F(OwnedTimeTest, ASignedTimeRaisesTheFloor) {
  time_.SeeSigned(kNoon + 90 * kDay);
  EXPECT_EQ(time_.Now(), kNoon + 90 * kDay);
  time_.SeeSigned(kNoon + 30 * kDay);
  EXPECT_EQ(time_.Now(), kNoon + 90 * kDay);
}

TEST_F(OwnedTimeTest, ANewSignedTimeCountsThoughTheRecordDoesNotKnowIt) {
  const TimeRecord record = time_.Record({});
  Machine next{.wall = kNoon - 100 * kDay};
  OwnedTime time = next.Start();
  time.SeeSigned(kNoon + 5 * kDay);
  time.Adopt(record, {});
  EXPECT_EQ(time.Now(), kNoon + 5 * kDay);
}

// A host that is off at night would fall behind more each day.
TEST_F(OwnedTimeTest, TheListThatIsSeenFirstAtAStartUsesUpNoHeadroom) {
  machine_.Pass(10 * kDay);
  const TimeRecord record = time_.Record(Tpm(1000, 7));
  Machine next{.wall = machine_.wall + 16h};
  OwnedTime time = next.Start();
  time.SeeSigned(kNoon);
  ASSERT_EQ(time.Adopt(record, Tpm(2000, 8)), TpmClockEvent::kRestarted);
  EXPECT_EQ(time.Read().floor, next.wall);
}

TEST_F(OwnedTimeTest, AClockThatIsAheadAtAStartMovesTheFloorByADayNotByTwo) {
  const TimeRecord record = time_.Record(Tpm(1000, 7));
  for (const uint32_t resets : {7U, 8U}) {
    Machine ahead{.wall = kNoon + 20 * kDay};
    OwnedTime time = ahead.Start();
    time.SeeSigned(kNoon);
    time.Adopt(record, Tpm(1000, resets));
    EXPECT_EQ(time.Read().floor, kNoon + kFullHeadroom);
  }
}

TEST_F(OwnedTimeTest, WhatPassedIsCountedByWhatNobodyCanSet) {
  const Seconds before = time_.Record({}).passed;
  machine_.Pass(3 * kDay);
  machine_.wall += 50 * kDay;
  time_.SeeSigned(kNoon + 90 * kDay);
  const TimeRecord record = time_.Record(Tpm(1000, 7));
  EXPECT_EQ(record.passed - before, 3 * kDay);
  Machine next{.wall = kNoon + 3650 * kDay};
  OwnedTime time = next.Start();
  time.Adopt(record, Tpm(1000 + 8 * 86'400'000ull, 8));
  EXPECT_EQ(time.Record({}).passed - record.passed, 7 * kDay);
}

TEST_F(OwnedTimeTest, RepairedIsSetBackAndGoesOnFromThere) {
  time_.SeeSigned(kNoon + 3650 * kDay);
  EXPECT_EQ(time_.Read().clock, ClockState::kSetBack);
  TimeRecord record = time_.Record({});
  record.floor = record.signed_until = kNoon;
  machine_.Pass(1h);  // until it was committed
  time_.Repair(record);
  EXPECT_EQ(time_.Read().clock, ClockState::kGood);
  EXPECT_EQ(time_.Now(), kNoon + 1h);
  machine_.wall -= 100 * kDay;
  machine_.Pass(1h);
  EXPECT_EQ(time_.Now(), kNoon + 2h);
  time_.SeeSigned(kNoon + 5 * kDay);
  EXPECT_EQ(time_.Now(), kNoon + 5 * kDay) << "lists of later count again";
}

TEST(OwnedTime, KnowsNothingBeforeTheFirstSignedTime) {
  Machine machine{.wall = Time{}};
  OwnedTime time = machine.Start();
  EXPECT_EQ(time.Read().clock, ClockState::kGood);
  EXPECT_EQ(time.Now(), Time{});
}

}  // namespace
}  // namespace holdfast
