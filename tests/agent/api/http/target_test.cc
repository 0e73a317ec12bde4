#include "agent/api/http/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::api {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(TargetTest, HasSegmentsAndMembers) {
  const auto target = ParseTarget("/v1/features/export?product=acme-cad&x=");
  ASSERT_TRUE(target);
  EXPECT_THAT(target->path, ElementsAre("v1", "features", "export"));
  EXPECT_THAT(target->query, ElementsAre(Pair("product", "acme-cad"), Pair("x", "")));
}

TEST(TargetTest, IsDecodedAfterItWasTakenApart) {
  const auto target = ParseTarget("/a%2fb/c%3Fd?e%26=%3d");
  ASSERT_TRUE(target);
  EXPECT_THAT(target->path, ElementsAre("a/b", "c?d"));
  EXPECT_THAT(target->query, ElementsAre(Pair("e&", "=")));
}

TEST(TargetTest, DotsAndEmptySegmentsStayWhatTheyAre) {
  EXPECT_THAT(ParseTarget("/v1/../status")->path, ElementsAre("v1", "..", "status"));
  EXPECT_THAT(ParseTarget("//v1")->path, ElementsAre("", "v1"));
  EXPECT_THAT(ParseTarget("/")->path, ElementsAre(""));
  EXPECT_THAT(ParseTarget("/v1/?a=b")->path, ElementsAre("v1", ""));
}

TEST(TargetTest, WhatIsNoneIsRefused) {
  for (const char* text : {"", "v1", "*", "http://x/v1", "/a%", "/a%2", "/a%2g", "/a%%20", "/a#b", "/a?b=%x",
                           "/a?=c", "/a?b=1&b=2", "/a?&b=1"}) {
    const auto target = ParseTarget(text);
    ASSERT_FALSE(target) << text;
    EXPECT_EQ(target.error().check, "http.target") << text;
  }
}

}  // namespace
}  // namespace holdfast::api
