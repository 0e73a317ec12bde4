#include "signer/server/licensing/ek_policy.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(EkPolicyFile, IsReadAsItWasWritten) {
  EkPolicy policy;
  policy.pinned.push_back({Sha256(Bytes{1}), EkRootClass::kFirmware});
  policy.denied_manufacturers = {"id:49424D00"};
  policy.denied_firmware.push_back({"id:494E5458", 0, UINT64_MAX});
  const auto read = ParseEkPolicy(FormatEkPolicy(policy));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->pinned.at(0).key, policy.pinned[0].key);
  EXPECT_EQ(read->pinned.at(0).root_class, EkRootClass::kFirmware);
  EXPECT_EQ(read->denied_manufacturers, policy.denied_manufacturers);
  EXPECT_EQ(read->denied_firmware.at(0).to, UINT64_MAX);
}

TEST(EkPolicyFile, WhatItCannotMeanIsRefused) {
  for (const char* text :
       {"", "{}", R"({"schema":"2.0"})", R"({"schema":"1.0","more":1})",
        R"({"schema":"1.0","pinned":[{"key":"00","class":"discrete"}]})", R"({"schema":"1.0","pinned":[{}]})",
        R"({"schema":"1.0","denied_manufacturers":[1]})",
        R"({"schema":"1.0","denied_firmware":[{"from":"0","to":"1"}]})",
        R"({"schema":"1.0","denied_firmware":[{"from":"0000000000000002","to":"0000000000000001"}]})"})
    EXPECT_FALSE(ParseEkPolicy(text)) << text;
}

// A name that no certificate has would deny nobody.
TEST(EkPolicyFile, ADeniedManufacturerIsATcgVendorId) {
  const auto outcome = [](const std::string& manufacturer) {
    const std::string firmware =
        R"({"manufacturer":")" + manufacturer + R"(","from":"0000000000000000","to":"ffffffffffffffff"})";
    const auto by_name =
        ParseEkPolicy(R"({"schema":"1.0","denied_manufacturers":[")" + manufacturer + R"("]})");
    const auto by_firmware = ParseEkPolicy(R"({"schema":"1.0","denied_firmware":[)" + firmware + "]}");
    EXPECT_EQ(bool(by_name), bool(by_firmware)) << manufacturer;
    return by_name ? "read" : by_name.error().check;
  };
  EXPECT_EQ(outcome("id:53544D20"), "read");
  EXPECT_EQ(outcome("id:53544d20"), "read");
  for (const char* bad : {"53544D20", "id:53544D2", "id:53544D2000", "id:STM ", "ID:53544D20", "STM", "id:"})
    EXPECT_EQ(outcome(bad), "ek_policy.denied_manufacturers") << bad;
}

TEST(EkPolicyFile, OfANewerSchemaIsNotCalledMalformed) {
  const auto parsed = ParseEkPolicy(R"({"schema":"2.0","something":"new"})");
  EXPECT_EQ(parsed.error().check, "ek_policy.schema");
  EXPECT_EQ(parsed.error().kind, ErrorKind::kRefused);
  EXPECT_TRUE(ParseEkPolicy(R"({"schema":"1.1"})")) << "a newer minor only adds members";
}

}  // namespace
}  // namespace holdfast
