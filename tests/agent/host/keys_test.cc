#include "agent/host/keys.h"

#include <gtest/gtest.h>

#include "agent/state/state_directory.h"
#include "protocol/base64.h"
#include "tests/testing/temp_dir.h"

namespace holdfast {
namespace {

class HostKeysTest : public ::testing::Test {
 protected:
  const HostPrivateKeys keys_ = GenerateHostKeys().value();
};

TEST_F(HostKeysTest, PublicHalvesSurviveTheirJson) {
  const Json json = FormatHostKeys(keys_.Public());
  EXPECT_EQ(FormatHostKeys(ParseHostKeys(json).value()), json);
}
TEST_F(HostKeysTest, TheirJsonHoldsNoPrivateHalf) {
  const std::string text = FormatHostKeys(keys_.Public()).dump();
  EXPECT_EQ(text.find(Base64UrlEncode(keys_.license_key.Scalar().Reveal())), std::string::npos);
  EXPECT_EQ(text.find(Base64UrlEncode(keys_.agreement_key.Scalar().Reveal())), std::string::npos);
}
TEST_F(HostKeysTest, TheirJsonIsStrict) {
  const auto check = [&](const char* name, const Json& value) {
    Json json = FormatHostKeys(keys_.Public());
    json[name] = value;
    auto keys = ParseHostKeys(json);
    return keys ? "accepted" : keys.error().check;
  };
  EXPECT_EQ(check("assurance", "hw-tpm"), "keys.assurance");
  EXPECT_EQ(check("license_key", "AAAA"), "keys.license_key");
  EXPECT_EQ(check("agreement_key", Base64UrlEncode(PublicKey::FromEd25519(Bytes(32, 9))->spki())),
            "keys.agreement_key");
  EXPECT_EQ(check("x", 1), "keys.unknown");
}
TEST_F(HostKeysTest, PrivateHalvesSurviveTheirOctets) {
  auto again = ParseHostPrivateKeys(FormatHostPrivateKeys(keys_), keys_.Public());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(again->license_key.Scalar().Equals(keys_.license_key.Scalar()));
  EXPECT_TRUE(again->agreement_key.Scalar().Equals(keys_.agreement_key.Scalar()));
}
TEST_F(HostKeysTest, DamagedOrForeignPrivateHalvesAreRefused) {
  const Bytes good = ToBytes(FormatHostPrivateKeys(keys_).Reveal());
  const auto check = [&](Bytes octets) {
    auto keys = ParseHostPrivateKeys(Secret(std::move(octets)), keys_.Public());
    return keys ? "accepted" : keys.error().check;
  };
  EXPECT_EQ(check(good), "accepted");
  EXPECT_EQ(check({}), "keys.private");
  EXPECT_EQ(check(Bytes(63, 1)), "keys.private");
  EXPECT_EQ(check(Bytes(64, 0)), "keys.private");
  EXPECT_EQ(check(Bytes(64, 0xff)), "keys.private");
  for (size_t bit = 0; bit < good.size() * 8; bit++) {
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_EQ(check(bad), "keys.private") << bit;
  }
  EXPECT_EQ(check(ToBytes(FormatHostPrivateKeys(GenerateHostKeys().value()).Reveal())), "keys.private");
}
TEST_F(HostKeysTest, AreInAFileThatOnlyTheirOwnerReads) {
  const testing::TempDir directory;
  const StateDirectory state(directory.path() / "state");
  const auto lock = state.Lock();
  ASSERT_TRUE(state.WriteHostKeys(keys_));
  const Path file = state.HostKeysPath(keys_.Public());
  EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms(0600));
  EXPECT_EQ(std::filesystem::status(file.parent_path()).permissions(), std::filesystem::perms(0700));
  EXPECT_TRUE(state.ReadHostKeys(keys_.Public()));
  std::filesystem::permissions(file, std::filesystem::perms(0640));
  EXPECT_EQ(state.ReadHostKeys(keys_.Public()).error().check, "file.mode");
}

}  // namespace
}  // namespace holdfast
