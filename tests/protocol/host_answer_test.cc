// Answers to hosts without a TPM: JWE with ECDH-ES.
#include <gtest/gtest.h>

#include "protocol/base64.h"
#include "protocol/jose/jwe.h"
#include "protocol/strict_json.h"

namespace holdfast {
namespace {

class HostAnswerTest : public ::testing::Test {
 protected:
  std::string Sealed() const {
    return SealJweToHost(Bytes(32, 1), Bytes(32, 2), key_.public_key(), AsBytes("license")).value();
  }
  // The plaintext, or the check that refused.
  static std::string Opening(std::string_view compact, const EcPrivateKey& key) {
    auto jwe = ParseJwe(compact);
    if (!jwe) return jwe.error().check;
    const auto* header = std::get_if<HostAnswerHeader>(&jwe->header);
    if (!header) return "to a TPM";
    auto plain = OpenJwe(*jwe, AgreeOnContentKey(*header, key).value());
    return plain ? std::string(plain->RevealText()) : plain.error().check;
  }
  // A sealed answer whose header was altered.
  template <class F>
  std::string AfterHeader(F alter) const {
    const std::string good = Sealed();
    const size_t dot = good.find('.');
    Json header = Json::parse(AsText(*Base64UrlDecode(good.substr(0, dot))));
    alter(header);
    return Opening(Base64UrlEncode(AsBytes(header.dump())) + good.substr(dot), key_);
  }
  EcPrivateKey key_ = EcPrivateKey::Generate().value();
};

TEST_F(HostAnswerTest, OpensWithTheKeyAgreementKeyOnly) {
  EXPECT_EQ(Opening(Sealed(), key_), "license");
  EXPECT_EQ(Opening(Sealed(), EcPrivateKey::Generate().value()), "jwe.tag");
}
TEST_F(HostAnswerTest, KeepsItsHeader) {
  const Jwe jwe = ParseJwe(Sealed()).value();
  const auto& header = std::get<HostAnswerHeader>(jwe.header);
  EXPECT_EQ(RequestHashOf(jwe), Bytes(32, 1));
  EXPECT_EQ(header.license_key_hash, Bytes(32, 2));
  EXPECT_TRUE(jwe.encrypted_key.empty());
}
TEST_F(HostAnswerTest, EachHasAnEphemeralKeyOfItsOwn) {
  const Jwe a = ParseJwe(Sealed()).value(), b = ParseJwe(Sealed()).value();
  EXPECT_NE(std::get<HostAnswerHeader>(a.header).ephemeral.spki(),
            std::get<HostAnswerHeader>(b.header).ephemeral.spki());
}
TEST_F(HostAnswerTest, EverySingleBitFlipIsRefused) {
  const std::string good = Sealed();
  for (size_t bit = 0; bit < good.size() * 8; bit++) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    EXPECT_NE(Opening(bad, key_), "license") << bit;
  }
}
TEST_F(HostAnswerTest, HeaderMembersAreExactlyThese) {
  EXPECT_EQ(AfterHeader([](Json&) {}), "license");
  for (const char* name : {"alg", "enc", "typ", "req", "key", "epk"})
    EXPECT_EQ(AfterHeader([&](Json& h) { h.erase(name); }), "jwe.header") << name;
  for (const char* name : {"apu", "apv", "ek", "zip", "crit", "kid"})
    EXPECT_EQ(AfterHeader([&](Json& h) { h[name] = "AAAA"; }), "jwe.header") << name;
  for (const char* name : {"kty", "crv", "x", "y"})
    EXPECT_EQ(AfterHeader([&](Json& h) { h["epk"].erase(name); }), "jwe.header") << name;
  EXPECT_EQ(AfterHeader([](Json& h) { h["epk"]["d"] = "AAAA"; }), "jwe.header");
}
TEST_F(HostAnswerTest, OtherAlgorithmsAreRefused) {
  EXPECT_EQ(AfterHeader([](Json& h) { h["alg"] = "ECDH-ES+A256KW"; }), "jwe.header");
  EXPECT_EQ(AfterHeader([](Json& h) { h["alg"] = kTpmJweAlg; }), "jwe.header");
  EXPECT_EQ(AfterHeader([](Json& h) { h["enc"] = "A128GCM"; }), "jwe.header");
  EXPECT_EQ(AfterHeader([](Json& h) { h["epk"]["crv"] = "P-384"; }), "jwe.header");
  EXPECT_EQ(AfterHeader([](Json& h) { h["epk"]["kty"] = "OKP"; }), "jwe.header");
}
TEST_F(HostAnswerTest, AnEphemeralPointThatIsNotOnTheCurveIsRefused) {
  EXPECT_EQ(AfterHeader([](Json& h) { h["epk"]["y"] = Base64UrlEncode(Bytes(32, 1)); }), "jwe.header");
  EXPECT_EQ(AfterHeader([](Json& h) { h["epk"]["x"] = Base64UrlEncode(Bytes(31, 1)); }), "jwe.header");
}
TEST_F(HostAnswerTest, HashesHave32Octets) {
  for (const char* name : {"req", "key"})
    EXPECT_EQ(AfterHeader([&](Json& h) { h[name] = Base64UrlEncode(Bytes(31, 1)); }), "jwe.header") << name;
}
TEST_F(HostAnswerTest, ThereIsNoEncryptedKey) {
  std::string bad = Sealed();
  bad.insert(bad.find('.') + 1, "AAAA");
  EXPECT_EQ(Opening(bad, key_), "jwe.syntax");
}

}  // namespace
}  // namespace holdfast
