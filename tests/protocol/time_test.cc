#include "protocol/time.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(TimeTest, RoundTripsPointsThatAreEasyToGetWrong) {
  for (const char* text :
       {"1970-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "2000-02-29T12:00:00Z", "2024-02-29T00:00:00Z",
        "2038-01-19T03:14:08Z", "2049-12-31T23:59:59Z", "2050-01-01T00:00:00Z", "9999-12-31T23:59:59Z"}) {
    auto time = ParseTime(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(FormatTime(*time), text);
  }
}
TEST(TimeTest, CountsSecondsFrom1970) {
  EXPECT_EQ(ParseTime("2026-11-22T06:00:00Z")->time_since_epoch().count(), 1795327200);
}
TEST(TimeTest, RefusesEveryOtherForm) {
  for (const char* text : {"",
                           "2026-11-22",
                           "2026-11-22T06:00Z",
                           "2026-11-22T06:00:00",
                           "2026-11-22 06:00:00Z",
                           "2026-11-22t06:00:00z",
                           "2026-11-22T06:00:00.0Z",
                           "2026-11-22T06:00:00+00:00",
                           "2026-13-01T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-02-29T00:00:00Z",
                           "2026-04-31T00:00:00Z",
                           "2026-11-00T00:00:00Z",
                           "2026-11-22T24:00:00Z",
                           "2026-11-22T06:60:00Z",
                           "2026-11-22T06:00:60Z",
                           "1969-12-31T23:59:59Z",
                           "0000-01-01T00:00:00Z",
                           "2026-11-22T06:00:-1Z",
                           "+026-11-22T06:00:00Z",
                           "2026-11-22T06:00:00Z ",
                           " 026-11-22T06:00:00Z",
                           "2026/11/22T06:00:00Z"}) {
    auto time = ParseTime(text);
    ASSERT_FALSE(time) << text;
    EXPECT_EQ(time.error().check, "time.format");
  }
}

TEST(DurationTest, ReadsEachUnit) {
  EXPECT_EQ(ParseDuration("90s"), Seconds{90});
  EXPECT_EQ(ParseDuration("15m"), Seconds{900});
  EXPECT_EQ(ParseDuration("12h"), Seconds{43200});
  EXPECT_EQ(ParseDuration("30d"), Seconds{2592000});
  EXPECT_EQ(ParseDuration("0d"), Seconds{0});
}
TEST(DurationTest, FormatsWithTheLargestUnitThatDivides) {
  EXPECT_EQ(FormatDuration(Seconds{86400}), "1d");
  EXPECT_EQ(FormatDuration(Seconds{90000}), "25h");
  EXPECT_EQ(FormatDuration(Seconds{5400}), "90m");
  EXPECT_EQ(FormatDuration(Seconds{61}), "61s");
  EXPECT_EQ(FormatDuration(Seconds{0}), "0d");
}
TEST(DurationTest, EndsAtAHundredYearsInEveryUnit) {
  for (const char* text : {"36500d", "876000h", "52560000m", "3153600000s"})
    EXPECT_EQ(ParseDuration(text), Seconds{3153600000}) << text;
  for (const char* text : {"36501d", "876001h", "52560001m", "3153600001s", "9999999999d", "99999999999s"})
    EXPECT_FALSE(ParseDuration(text)) << text;
}
TEST(DurationTest, RefusesEveryOtherForm) {
  for (const char* text : {"", "d", "30", "30D", "30 d", " 30d", "-1d", "+1d", "1.5d", "030d", "00d", "1w",
                           "1d1h", "30dd", "0x1d", "18446744073709551617d"}) {
    auto length = ParseDuration(text);
    ASSERT_FALSE(length) << text;
    EXPECT_EQ(length.error().check, "duration.format");
  }
}

}  // namespace
}  // namespace holdfast
