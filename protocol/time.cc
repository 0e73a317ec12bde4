#include "protocol/time.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace holdfast {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

// Exactly `text.size()` decimal digits, or -1.
int Digits(std::string_view text) {
  int value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

struct Unit {
  char letter;
  int64_t seconds;
};
constexpr std::array<Unit, 4> kUnits{{{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}}};
constexpr int64_t kMaxDuration = 36500LL * 86400;

}  // namespace

std::string FormatTime(Time time) {
  auto day = std::chrono::floor<days>(time);
  std::chrono::year_month_day date{day};
  int64_t rest = (time - day).count();
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(rest / 3600), static_cast<int>(rest / 60 % 60), static_cast<int>(rest % 60));
  return text;
}

Result<Time> ParseTime(std::string_view t) {
  auto bad = [] { return Malformed("time.format", "a time that is not like 2026-11-22T06:00:00Z"); };
  if (t.size() != 20 || t[4] != '-' || t[7] != '-' || t[10] != 'T' || t[13] != ':' || t[16] != ':' ||
      t[19] != 'Z')
    return bad();
  int year = Digits(t.substr(0, 4)), month = Digits(t.substr(5, 2)), day = Digits(t.substr(8, 2));
  int hour = Digits(t.substr(11, 2)), minute = Digits(t.substr(14, 2)), second = Digits(t.substr(17, 2));
  if (year < 1970 || month < 0 || day < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      second < 0 || second > 59)
    return bad();
  std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                   std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return bad();
  return Time(sys_days(date)) + Seconds(hour * 3600 + minute * 60 + second);
}

std::string FormatDuration(Seconds length) {
  for (const Unit& unit : kUnits)
    if (length.count() % unit.seconds == 0)
      return std::to_string(length.count() / unit.seconds) + unit.letter;
  return {};
}

Result<Seconds> ParseDuration(std::string_view text) {
  auto bad = [] {
    return Malformed("duration.format",
                     "a duration that is not a number and one of s, m, h, d, at most 36500d");
  };
  if (text.size() < 2 || text.size() > 11 || (text[0] == '0' && text.size() > 2)) return bad();
  int64_t count = 0;
  for (char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') return bad();
    count = count * 10 + (c - '0');
  }
  auto unit =
      std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& u) { return u.letter == text.back(); });
  if (unit == kUnits.end() || count > kMaxDuration / unit->seconds) return bad();
  return Seconds(count * unit->seconds);
}

}  // namespace holdfast
