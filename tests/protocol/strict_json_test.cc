#include "protocol/strict_json.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

std::string CheckOf(std::string_view text, size_t max_size = 1024) {
  auto value = ParseJson(text, max_size);
  return value ? "accepted" : value.error().check;
}

TEST(ParseJsonTest, KeepsOrderAndValues) {
  auto value = ParseJson(R"( {"b": [1, -2, true, false, null, "x"], "a": {}} )", 1024);
  ASSERT_TRUE(value);
  EXPECT_EQ(value->dump(), R"({"b":[1,-2,true,false,null,"x"],"a":{}})");
}
TEST(ParseJsonTest, LooksAtTheSizeFirst) {
  EXPECT_EQ(CheckOf("12345", 5), "accepted");
  EXPECT_EQ(CheckOf("123456", 5), "json.size");
  EXPECT_EQ(CheckOf("not json", 5), "json.size");
}
TEST(ParseJsonTest, RefusesDuplicateNamesAtAnyDepth) {
  EXPECT_EQ(CheckOf(R"({"a":1,"a":1})"), "json.duplicate");
  EXPECT_EQ(CheckOf(R"([{"x":{"a":1,"b":2,"a":3}}])"), "json.duplicate");
  EXPECT_EQ(CheckOf(R"({"a":1,"\u0061":2})"), "json.duplicate");
  EXPECT_EQ(CheckOf(R"({"a":{"a":{"a":1}},"b":{"a":1}})"), "accepted");
}
TEST(ParseJsonTest, EndsNestingAtSixteen) {
  auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(CheckOf(nested(16)), "accepted");
  EXPECT_EQ(CheckOf(nested(17)), "json.depth");
  EXPECT_EQ(CheckOf(std::string(200000, '['), 300000), "json.depth");
  std::string objects;
  for (int i = 0; i < 17; i++) objects += R"({"a":)";
  EXPECT_EQ(CheckOf(objects), "json.depth");
}
TEST(ParseJsonTest, EndsObjectsAt1024Members) {
  auto object = [](int count) {
    std::string text = "{\"m\":0";
    for (int i = 1; i < count; i++) text += ",\"m" + std::to_string(i) + "\":0";
    return text + "}";
  };
  EXPECT_EQ(CheckOf(object(1024), 1 << 20), "accepted");
  EXPECT_EQ(CheckOf(object(1025), 1 << 20), "json.members");
}
TEST(ParseJsonTest, RefusesTextThatIsNotUtf8) {
  for (const char* bad : {"\"\x80\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xff\"",
                          "\"\xe2\x82\"", "\"\xf0\x80\x80\xaf\""})
    EXPECT_EQ(CheckOf(bad), "json.utf8") << bad;
  EXPECT_EQ(CheckOf("\"\xf0\x9f\x94\x92 \xc3\xbc\""), "accepted");
}
TEST(ParseJsonTest, RefusesAByteOrderMark) {
  EXPECT_EQ(CheckOf("\xef\xbb\xbf{}"), "json.syntax");
}
TEST(ParseJsonTest, RefusesNumbersThatAreNotInt64) {
  for (const char* good : {"0", "-0", "9223372036854775807", "-9223372036854775808", "9007199254740993"})
    EXPECT_EQ(CheckOf(good), "accepted") << good;
  for (const char* bad : {"9223372036854775808", "18446744073709551615", "18446744073709551616",
                          "-9223372036854775809", "1.0", "1e3", "1E400", "-1e-400", "0.0"})
    EXPECT_EQ(CheckOf(bad), "json.number") << bad;
}
TEST(ParseJsonTest, SaysWhetherANumberIsTooLargeOrNoInteger) {
  for (const char* large : {"9223372036854775808", "-9223372036854775809", "99999999999999999999", "1E400"})
    EXPECT_EQ(ParseJson(large, 64).error().message, "a number beyond 64 bits with sign") << large;
  for (const char* fraction : {"1.0", "1e3", "0.5"})
    EXPECT_EQ(ParseJson(fraction, 64).error().message, "a number that is not an integer") << fraction;
}
TEST(ParseJsonTest, RefusesWhatIsNotJson) {
  for (const char* bad : {"",
                          " ",
                          "{",
                          "}",
                          "[1,]",
                          "{\"a\":1,}",
                          "{a:1}",
                          "{'a':1}",
                          "01",
                          "+1",
                          "1 2",
                          "{} x",
                          "// c\n1",
                          "/* */1",
                          "NaN",
                          "Infinity",
                          "nul",
                          "TRUE",
                          "\"\\x41\"",
                          "\"\\ud800\"",
                          "\"\\udc00\"",
                          "\"\\ud800\\u0041\"",
                          "\"a\nb\"",
                          "\"\t\"",
                          "\"",
                          "[1",
                          "\xc2\xa0{}",
                          "\v1"})
    EXPECT_EQ(CheckOf(bad), "json.syntax") << bad;
  EXPECT_EQ(CheckOf(std::string_view("1\0", 2)), "json.syntax");
  EXPECT_EQ(CheckOf(std::string_view("\"\0\"", 3)), "json.syntax");
}
TEST(ParseJsonTest, ErrorsDoNotQuoteTheText) {
  auto value = ParseJson("{\"secret-seed\" 1}", 1024);
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().message.find("secret"), std::string::npos) << value.error().message;
}

Json Object() {
  return Json::parse(R"({"s":"text","n":5,"b":true,"t":"2026-11-22T06:00:00Z","d":"2d","u":"AQI","p":"AQI=",
                         "o":{"x":1},"a":[1,2]})");
}

TEST(JsonObjectTest, ReadsEveryKindOfMember) {
  const Json json = Object();
  JsonObject o(json, "thing");
  EXPECT_EQ(o.String("s", 4), "text");
  EXPECT_EQ(o.Integer("n", 5, 5), 5);
  EXPECT_TRUE(o.Bool("b"));
  EXPECT_EQ(FormatTime(o.Time("t")), "2026-11-22T06:00:00Z");
  EXPECT_EQ(o.Duration("d"), Seconds{172800});
  EXPECT_EQ(o.Base64Url("u", 2), (Bytes{1, 2}));
  EXPECT_EQ(o.Base64("p", 2), (Bytes{1, 2}));
  EXPECT_EQ(o.Object("o")->dump(), R"({"x":1})");
  EXPECT_EQ(o.Array("a", 2)->size(), 2u);
  EXPECT_TRUE(o.Finish());
}
TEST(JsonObjectTest, DefaultsStandForAbsentMembers) {
  const Json json = Json::object();
  JsonObject o(json, "thing");
  EXPECT_EQ(o.String("s", 4, "other"), "other");
  EXPECT_EQ(o.Integer("n", 0, 5, 3), 3);
  EXPECT_TRUE(o.Bool("b", true));
  EXPECT_EQ(o.OptionalTime("t"), std::nullopt);
  EXPECT_EQ(o.Duration("d", Seconds{7}), Seconds{7});
  EXPECT_EQ(o.OptionalObject("o"), nullptr);
  EXPECT_EQ(o.OptionalArray("a", 2), nullptr);
  EXPECT_FALSE(o.Has("s"));
  EXPECT_TRUE(o.Finish());
}

// The check with which reading `json` by `read` ends.
template <class F>
std::string Reading(Json json, F read) {
  JsonObject o(json, "thing");
  read(o);
  auto status = o.Finish();
  return status ? "accepted" : status.error().check;
}

TEST(JsonObjectTest, MissingMembersAreNamed) {
  EXPECT_EQ(Reading(Json::object(), [](auto& o) { o.String("s", 4); }), "thing.s");
  EXPECT_EQ(Reading(Json::object(), [](auto& o) { o.Integer("n", 0, 1); }), "thing.n");
  EXPECT_EQ(Reading(Json::object(), [](auto& o) { o.Bool("b"); }), "thing.b");
  EXPECT_EQ(Reading(Json::object(), [](auto& o) { o.Time("t"); }), "thing.t");
  EXPECT_EQ(Reading(Json::object(), [](auto& o) { o.Duration("d"); }), "thing.d");
  EXPECT_EQ(Reading(Json::object(), [](auto& o) { o.Object("o"); }), "thing.o");
  EXPECT_EQ(Reading(Json::object(), [](auto& o) { o.Array("a", 1); }), "thing.a");
  EXPECT_EQ(Reading(Json::object(), [](auto& o) { o.Base64Url("u", 1); }), "thing.u");
}
TEST(JsonObjectTest, MembersOfAnotherTypeAreNamed) {
  for (const Json& wrong :
       {Json(nullptr), Json(Json::array()), Json(Json::object()), Json(true), Json(1), Json("x")}) {
    const Json json = {{"m", wrong}};
    if (!wrong.is_string()) {
      EXPECT_EQ(Reading(json, [](auto& o) { o.String("m", 4); }), "thing.m");
      EXPECT_EQ(Reading(json, [](auto& o) { o.String("m", 4, "default"); }), "thing.m");
    }
    EXPECT_TRUE(wrong.is_number() || Reading(json, [](auto& o) { o.Integer("m", 0, 1, 0); }) == "thing.m");
    EXPECT_TRUE(wrong.is_boolean() || Reading(json, [](auto& o) { o.Bool("m", true); }) == "thing.m");
    EXPECT_TRUE(wrong.is_object() || Reading(json, [](auto& o) { o.OptionalObject("m"); }) == "thing.m");
    EXPECT_TRUE(wrong.is_array() || Reading(json, [](auto& o) { o.OptionalArray("m", 1); }) == "thing.m");
    EXPECT_EQ(Reading(json, [](auto& o) { o.OptionalTime("m"); }), "thing.m");
    EXPECT_EQ(Reading(json, [](auto& o) { o.Duration("m", Seconds{1}); }), "thing.m");
  }
}
TEST(JsonObjectTest, BoundsAreInclusive) {
  EXPECT_EQ(Reading({{"n", 0}}, [](auto& o) { o.Integer("n", 1, 3); }), "thing.n");
  EXPECT_EQ(Reading({{"n", 1}}, [](auto& o) { o.Integer("n", 1, 3); }), "accepted");
  EXPECT_EQ(Reading({{"n", 3}}, [](auto& o) { o.Integer("n", 1, 3); }), "accepted");
  EXPECT_EQ(Reading({{"n", 4}}, [](auto& o) { o.Integer("n", 1, 3); }), "thing.n");
  EXPECT_EQ(Reading({{"s", "12345"}}, [](auto& o) { o.String("s", 4); }), "thing.s");
  EXPECT_EQ(Reading({{"a", {1, 2}}}, [](auto& o) { o.Array("a", 1); }), "thing.a");
  EXPECT_EQ(Reading({{"u", "AQID"}}, [](auto& o) { o.Base64Url("u", 2); }), "thing.u");
  EXPECT_EQ(Reading({{"p", "AQID"}}, [](auto& o) { o.Base64("p", 2); }), "thing.p");
}
TEST(JsonObjectTest, FinishNamesWhatIsLeftOver) {
  EXPECT_EQ(Reading({{"a", 1}, {"b", 2}}, [](auto& o) { o.Integer("a", 0, 9); }), "thing.unknown");
  EXPECT_EQ(Reading({{"a", 1}, {"b", 2}}, [](auto& o) { o.Accept("a"), o.Accept("b"); }), "accepted");
}
TEST(JsonObjectTest, TheFirstErrorStands) {
  EXPECT_EQ(Reading({{"a", 1}}, [](auto& o) { o.String("a", 1), o.String("b", 1), o.Fault("c", "x"); }),
            "thing.a");
}
TEST(JsonObjectTest, WhatIsNoObjectIsAnError) {
  const Json json = 5;
  JsonObject o(json, "thing");
  EXPECT_FALSE(o.Has("a"));
  EXPECT_EQ(o.String("a", 1), "");
  EXPECT_EQ(o.Finish().error().check, "thing");
}

}  // namespace
}  // namespace holdfast
