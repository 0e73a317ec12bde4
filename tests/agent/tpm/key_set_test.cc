#include "protocol/base64.h"
#include "tests/agent/tpm/fixture.h"

namespace holdfast::testing {
namespace {

class KeySetTest : public TpmTest {
 protected:
  void SetUp() override {
    TpmTest::SetUp();
    keys_ = Keys();
    json_ = *ParseJson(FormatKeySet(keys_), 16384);
  }
  std::string CheckWith(const std::string& member, Json value) {
    Json changed = json_;
    changed[member] = std::move(value);
    return CheckOf(ParseKeySet(changed));
  }
  KeySet keys_;
  Json json_;
};

TEST_F(KeySetTest, ReadsBackWhatWasWritten) {
  auto keys = ParseKeySet(json_);
  ASSERT_TRUE(keys) << keys.error().message;
  EXPECT_EQ(FormatKeySet(*keys), FormatKeySet(keys_));
  EXPECT_EQ(keys->gate_index, kGate);
  EXPECT_EQ(keys->gate_base, keys_.gate_base);
}

TEST_F(KeySetTest, EveryMemberIsRequired) {
  for (const auto& [name, value] : json_.items()) {
    Json without = json_;
    without.erase(name);
    EXPECT_EQ(CheckOf(ParseKeySet(without)), "keys." + name);
  }
}

TEST_F(KeySetTest, EveryMemberHasItsType) {
  for (const auto& [name, value] : json_.items()) {
    EXPECT_EQ(CheckWith(name, nullptr), "keys." + name);
    EXPECT_EQ(CheckWith(name, Json::array()), "keys." + name);
  }
}

TEST_F(KeySetTest, UnknownMembersAreRefused) {
  EXPECT_EQ(CheckWith("extra", 1), "keys.unknown");
}

TEST_F(KeySetTest, OtherJsonIsRefused) {
  for (const char* text : {"null", "[]", "1", "\"keys\"", "{}"})
    EXPECT_FALSE(ParseKeySet(*ParseJson(text, 100))) << text;
}

TEST_F(KeySetTest, AreasMustBeWhatTheirNamesSay) {
  for (const char* member :
       {"ek_public", "srk_public", "ak_public", "license_key_public", "ak_private", "license_key_private"}) {
    std::string check = std::string("keys.") + member;
    EXPECT_EQ(CheckWith(member, ""), check);
    EXPECT_EQ(CheckWith(member, "AAAA"), check);
    EXPECT_EQ(CheckWith(member, Base64UrlEncode(Bytes(1025, 0))), check);
    EXPECT_EQ(CheckWith(member, "not base64url"), check);
  }
  EXPECT_EQ(CheckWith("ak_public", json_["license_key_public"]), "keys.ak_public");
  EXPECT_EQ(CheckWith("license_key_public", json_["ak_public"]), "keys.license_key_public");
  EXPECT_EQ(CheckWith("ek_public", json_["srk_public"]), "keys.ek_public");
}

TEST_F(KeySetTest, TruncatedAreasAreRefused) {
  for (const Bytes& area : {keys_.ek_public, keys_.srk_public, keys_.ak_public, keys_.license_key_public})
    ASSERT_GT(area.size(), 80u);
  for (size_t size = 0; size < keys_.license_key_public.size(); size++)
    EXPECT_EQ(
        CheckWith("license_key_public", Base64UrlEncode(ByteView(keys_.license_key_public).first(size))),
        "keys.license_key_public");
}

TEST_F(KeySetTest, GateMustBeTheOneInTheKeysPolicy) {
  EXPECT_EQ(CheckWith("gate_base", keys_.gate_base + 1), "keys.license_key_public");
  EXPECT_EQ(CheckWith("gate_index", kGate + 1), "keys.license_key_public");
  EXPECT_EQ(CheckWith("gate_base", 0), "keys.gate_base");
  EXPECT_EQ(CheckWith("gate_index", 0x01c0000a), "keys.gate_index");
  EXPECT_EQ(CheckWith("gate_index", -1), "keys.gate_index");
}

TEST_F(KeySetTest, EkTemplateMustBeTheEks) {
  EXPECT_EQ(CheckWith("ek", "p384"), "keys.ek_public");
  EXPECT_EQ(CheckWith("ek", "p521"), "keys.ek");
}

TEST_F(KeySetTest, AlteredPrivateAreaDoesNotLoad) {
  KeySet altered = keys_;
  altered.license_key_private.back() ^= 1;
  EXPECT_EQ(CheckOf(tpm_->Sign(altered, kDigest)), "tpm.cleared");
}

TEST_F(KeySetTest, HugeAreasDoNoHarm) {
  KeySet altered = keys_;
  altered.license_key_private = Bytes(100000, 1);
  EXPECT_FALSE(tpm_->Sign(altered, kDigest));
  altered = keys_;
  altered.license_key_public = Bytes(100000, 1);
  EXPECT_FALSE(tpm_->Sign(altered, kDigest));
}

}  // namespace
}  // namespace holdfast::testing
