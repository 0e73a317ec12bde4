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
        R"({"schema":"1.0","denied_firmware":[{"from":"0","to":"1"}]})"})
    EXPECT_FALSE(ParseEkPolicy(text)) << text;
}

}  // namespace
}  // namespace holdfast
