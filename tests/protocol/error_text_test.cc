// What errors quote of foreign texts, and how errors travel.
#include <gtest/gtest.h>

#include "protocol/display_text.h"
#include "protocol/error_json.h"
#include "protocol/json_text.h"
#include "protocol/terms.h"

namespace holdfast {
namespace {

TEST(DisplayTextTest, RefusesControlCharactersOfOneAndTwoOctets) {
  for (const char* good : {"", "abc", "\xc2\xa0", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x94\x92"})
    EXPECT_TRUE(IsDisplayText(good, 64)) << good;
  for (const char* bad : {"\n", "a\x1b[31m", "\x7f", "\xc2\x80", "x\xc2\x9f"})
    EXPECT_FALSE(IsDisplayText(bad, 64));
  EXPECT_FALSE(IsDisplayText("abc", 2));
}
TEST(DisplayTextTest, RefusesWhatReordersOrHidesTheTextAroundIt) {
  for (const char* bad : {"\u00ad", "\u061c", "\u180e", "\u200b", "\u200f", "\u2028", "\u2029", "\u202e",
                          "\u2060", "\u2066", "\u206f", "\ufeff", "\ufff9"}) {
    const std::string text = std::string("Ac") + bad + "me";
    EXPECT_FALSE(IsDisplayText(text, 64)) << text;
    EXPECT_EQ(Quotable(text), "Ac?me");
  }
  for (const char* good : {"\u2010", "\u2027", "\u202f", "\u205f", "\u2070", "\ufffd"})
    EXPECT_TRUE(IsDisplayText(good, 64)) << good;
}
TEST(DisplayTextTest, RefusesWhatIsNoUtf8) {
  for (const char* bad : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
                          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    EXPECT_FALSE(IsUtf8(bad));
    EXPECT_FALSE(IsDisplayText(bad, 64));
    EXPECT_EQ(Quotable(bad).find_first_not_of('?'), std::string::npos);
  }
}
TEST(QuotableTest, CutsBetweenCharacters) {
  EXPECT_EQ(Quotable("short"), "short");
  EXPECT_EQ(Quotable(std::string(64, 'a')), std::string(64, 'a'));
  EXPECT_EQ(Quotable(std::string(65, 'a')), std::string(64, 'a'));
  EXPECT_EQ(Quotable(std::string(63, 'a') + "\xc3\xbc"), std::string(63, 'a'));
  EXPECT_EQ(Quotable(std::string(61, 'a') + "\xf0\x9f\x94\x92"), std::string(61, 'a'));
  EXPECT_EQ(Quotable(std::string(60, 'a') + "\xf0\x9f\x94\x92"), std::string(60, 'a') + "\xf0\x9f\x94\x92");
}
TEST(QuotableTest, ShowsControlCharactersAsQuestionMarks) {
  EXPECT_EQ(Quotable("a\x1b[2Jb\n"), "a?[2Jb?");
  EXPECT_EQ(Quotable("\xc2\x9b\xc3\xbc"), "?\xc3\xbc");
}
// Cut within a character, a name made a message that no JSON could carry.
TEST(QuotableTest, ErrorsAboutForeignNamesCanBeWrittenAsJson) {
  for (const std::string& text :
       {"{\"schema\":\"1.0\",\"" + std::string(63, 'a') + "\xc3\xbc\":1}",
        "{\"" + std::string(63, 'a') + "\xc3\xbc\":1,\"" + std::string(63, 'a') + "\xc3\xbc\":2}",
        "{\"schema\":\"1.0\",\"license\":\"L\",\"vendor\":\"V\",\"product\":\"p\",\"plan\":\"q\",\"edition\":"
        "\"e\","
        "\"features\":{\"" +
            std::string(63, 'a') + "\xc3\xbc\":1}}"}) {
    auto terms = ParseTerms(text);
    ASSERT_FALSE(terms);
    EXPECT_NO_THROW(ErrorToJson(terms.error()).dump()) << text;
  }
}

// A file name need not be UTF-8, and stands in messages.
TEST(FormatJsonTest, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(FormatJson(Json{{"a", "caf\xe9"}, {"\xff", 1}}),
            "{\"a\":\"caf\xef\xbf\xbd\",\"\xef\xbf\xbd\":1}");
  EXPECT_EQ(FormatJson(Json{{"a", 1}}, 2), "{\n  \"a\": 1\n}");
}

TEST(ErrorJsonTest, EveryKindSurvives) {
  for (ErrorKind kind :
       {ErrorKind::kUsage, ErrorKind::kMalformed, ErrorKind::kRefused, ErrorKind::kDenied,
        ErrorKind::kNotFound, ErrorKind::kConflict, ErrorKind::kUnavailable, ErrorKind::kInternal}) {
    auto error = ErrorFromJson(ErrorToJson({kind, "a.b", "what", "do this"}));
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind, kind) << ErrorKindName(kind);
    EXPECT_EQ(error->check, "a.b");
    EXPECT_EQ(error->message, "what");
    EXPECT_EQ(error->advice, "do this");
  }
}
TEST(ErrorJsonTest, AdviceMayBeAbsent) {
  const Json json = ErrorToJson({ErrorKind::kRefused, "a.b", "what", ""});
  EXPECT_FALSE(json.contains("advice"));
  EXPECT_EQ(ErrorFromJson(json)->advice, "");
}
TEST(ErrorJsonTest, AnUnknownKindIsInternal) {
  EXPECT_EQ(ErrorFromJson(Json{{"kind", "new"}, {"check", "a"}, {"message", "m"}})->kind,
            ErrorKind::kInternal);
}
TEST(ErrorJsonTest, WhatIsNoErrorIsNamed) {
  EXPECT_EQ(ErrorFromJson(Json{{"check", "a"}, {"message", "m"}}).error().check, "error.kind");
  EXPECT_EQ(ErrorFromJson(Json(5)).error().check, "error");
}

}  // namespace
}  // namespace holdfast
