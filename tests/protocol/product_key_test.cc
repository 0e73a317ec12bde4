#include "protocol/product_key.h"

#include <gtest/gtest.h>

#include "protocol/base64.h"
#include "protocol/crypto/random.h"
#include "protocol/jose/jws.h"
#include "protocol/strict_json.h"
#include "tests/protocol/test_key.h"

namespace holdfast {
namespace {

ProductKeyClaims Claims() {
  ProductKeyClaims claims;
  claims.id = Base64UrlEncode(Bytes(16, 0xfe));  // with '-' and '_' in it
  claims.vendor = "Example Vendor";
  claims.product = "modeler";
  claims.plan = "pro";
  claims.issued = Time(Seconds{1795327200});
  claims.seed = Secret(Bytes(32, 0xfb));
  return claims;
}

std::string KeyWithPayload(std::string_view payload, std::string_view prefix = "NLS") {
  const std::string input =
      JwsSigningInput(MessageType::kProductKey, SignatureAlgorithm::kEcdsaSha256, "ab12", AsBytes(payload));
  return FormatProductKey(prefix, FinishJws(input, Bytes(64, 0xff)));
}
std::string GoodKey() {
  return KeyWithPayload(ProductKeyPayload(Claims()));
}

std::string CheckOf(std::string_view text) {
  auto key = ParseProductKey(text);
  EXPECT_TRUE(key || !key.error().advice.empty()) << key.error().check;
  return key ? "accepted" : key.error().check;
}

TEST(ProductKeyTest, EveryClaimSurvives) {
  auto key = ParseProductKey(GoodKey());
  ASSERT_TRUE(key) << key.error().check << ": " << key.error().message;
  EXPECT_EQ(key->prefix, "NLS");
  EXPECT_EQ(key->claims.id, Claims().id);
  EXPECT_EQ(key->claims.vendor, "Example Vendor");
  EXPECT_EQ(key->claims.product, "modeler");
  EXPECT_EQ(key->claims.plan, "pro");
  EXPECT_EQ(key->claims.issued, Claims().issued);
  EXPECT_TRUE(key->claims.seed.Equals(Claims().seed));
  EXPECT_EQ(FormatProductKey(key->prefix, key->jwt.RevealText()), GoodKey());
}
TEST(ProductKeyTest, TheJwtIsVerifiedWithTheMessageKey) {
  const TestKey message_key = TestKey::Generate(KeyType::kEcP256);
  const std::string input = JwsSigningInput(MessageType::kProductKey, SignatureAlgorithm::kEcdsaSha256,
                                            "ab12", AsBytes(ProductKeyPayload(Claims())));
  const std::string text = FormatProductKey(
      "NLS", FinishJws(input, message_key.Sign(SignatureAlgorithm::kEcdsaSha256, AsBytes(input))));
  auto key = ParseProductKey(text);
  ASSERT_TRUE(key);
  auto jws = ParseJws(key->jwt.RevealText(), MessageType::kProductKey);
  ASSERT_TRUE(jws);
  EXPECT_TRUE(VerifyJws(*jws, message_key.public_key()));
}
// RFC 4648 base32 of SHA-256, computed apart: printf %s NLS-e30.e30.AA | sha256sum | xxd -r -p | base32 | cut
// -c1-8
TEST(ProductKeyTest, TheChecksumIsTheDocumentedOne) {
  EXPECT_EQ(FormatProductKey("NLS", "e30.e30.AA"), "NLS-e30.e30.AA-PNKNJ4HJ");
}
TEST(ProductKeyTest, EverySingleBitFlipIsFoundWithoutAnyKey) {
  const std::string good = GoodKey();
  for (size_t bit = 0; bit < good.size() * 8; bit++) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    const std::string check = CheckOf(bad);
    EXPECT_TRUE(check == "product_key.checksum" || check == "product_key.syntax")
        << check << " at bit " << bit;
  }
}
TEST(ProductKeyTest, TypingErrorsAreFound) {
  const std::string good = GoodKey();
  for (size_t i = 0; i + 1 < good.size(); i++) {
    std::string swapped = good, missing = good, doubled = good;
    std::swap(swapped[i], swapped[i + 1]);
    missing.erase(i, 1);
    doubled.insert(i, 1, good[i]);
    if (swapped != good) {
      EXPECT_NE(CheckOf(swapped), "accepted") << i;
    }
    EXPECT_NE(CheckOf(missing), "accepted") << i;
    EXPECT_NE(CheckOf(doubled), "accepted") << i;
  }
}
TEST(ProductKeyTest, ThePrefixIsTwoToEightCapitalLetters) {
  const std::string payload = ProductKeyPayload(Claims());
  for (const char* prefix : {"AB", "NLS", "ABCDEFGH"})
    EXPECT_EQ(CheckOf(KeyWithPayload(payload, prefix)), "accepted");
  for (const char* prefix : {"", "A", "ABCDEFGHI", "nls", "N1S", "N S", "NL\xc3\x9f"})
    EXPECT_EQ(CheckOf(KeyWithPayload(payload, prefix)), "product_key.syntax") << prefix;
}
TEST(ProductKeyTest, WhatIsNoProductKeyIsNamed) {
  for (const char* text : {"", "-", "NLS", "NLS-", "NLS--", "NLS-ABCDEFGH", "hello world",
                           "NLS-e30.e30.AA-abc", "-----BEGIN CERTIFICATE-----"})
    EXPECT_TRUE(CheckOf(text) == "product_key.syntax" || CheckOf(text) == "product_key.checksum") << text;
  EXPECT_EQ(CheckOf(std::string(2049, 'A')), "product_key.size");
  EXPECT_EQ(CheckOf(std::string(10'000'000, '-')), "product_key.size");
}
TEST(ProductKeyTest, SpacesAroundAPastedKeyAreNotPartOfIt) {
  EXPECT_NE(CheckOf(" " + GoodKey()), "accepted");
  EXPECT_NE(CheckOf(GoodKey() + "\n"), "accepted");
}
TEST(ProductKeyTest, AJwtOfAnotherTypeIsRefused) {
  const std::string input = JwsSigningInput(MessageType::kApproval, SignatureAlgorithm::kEcdsaSha256, "",
                                            AsBytes(ProductKeyPayload(Claims())));
  EXPECT_EQ(CheckOf(FormatProductKey("NLS", FinishJws(input, Bytes(64, 1)))), "jws.typ");
}
TEST(ProductKeyTest, ClaimsAreStrict) {
  auto altered = [](auto alter) {
    Json json = Json::parse(ProductKeyPayload(Claims()));
    alter(json);
    return CheckOf(KeyWithPayload(json.dump()));
  };
  EXPECT_EQ(altered([](Json&) {}), "accepted");
  for (const char* name : {"jti", "iss", "product", "plan", "iat", "seed"})
    EXPECT_EQ(altered([&](Json& j) { j.erase(name); }), "product_key." + std::string(name));
  EXPECT_EQ(altered([](Json& j) { j["exp"] = 5; }), "product_key.unknown");
  EXPECT_EQ(altered([](Json& j) { j["jti"] = "short"; }), "product_key.jti");
  EXPECT_EQ(altered([](Json& j) { j["iat"] = -1; }), "product_key.iat");
  EXPECT_EQ(altered([](Json& j) { j["iat"] = 253402300800; }), "product_key.iat");
  EXPECT_EQ(altered([](Json& j) { j["iat"] = "2026"; }), "product_key.iat");
  EXPECT_EQ(altered([](Json& j) { j["seed"] = Base64UrlEncode(Bytes(31, 1)); }), "product_key.seed");
  EXPECT_EQ(altered([](Json& j) { j["seed"] = Base64UrlEncode(Bytes(33, 1)); }), "product_key.seed");
  EXPECT_EQ(altered([](Json& j) { j["iss"] = ""; }), "product_key.iss");
  EXPECT_EQ(altered([](Json& j) { j["iss"] = "a\nb"; }), "product_key.iss");
  EXPECT_EQ(altered([](Json& j) { j["product"] = "Not An Id"; }), "product_key.product");
  EXPECT_EQ(altered([](Json& j) { j["plan"] = "../x"; }), "product_key.plan");
}
TEST(ProductKeyTest, ErrorsDoNotQuoteTheKey) {
  std::string bad = GoodKey();
  bad[20] = bad[20] == 'A' ? 'B' : 'A';
  auto key = ParseProductKey(bad);
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().message.find("eyJ"), std::string::npos);
}

TEST(PossessionTest, ProofVerifiesForItsContentAndKeyOnly) {
  const Secret seed = RandomSecret(32);
  const Sha256Digest hash = Sha256(AsBytes("x")), other_hash = Sha256(AsBytes("y"));
  const Bytes key = PossessionPublicKey(seed).value(), proof = ProvePossession(seed, hash).value();
  EXPECT_EQ(proof.size(), 64u);
  EXPECT_TRUE(VerifyPossession(key, hash, proof));
  for (const auto& status : {VerifyPossession(key, other_hash, proof),
                             VerifyPossession(PossessionPublicKey(RandomSecret(32)).value(), hash, proof)}) {
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().check, "product_key.possession");
  }
}
TEST(PossessionTest, EverySingleBitFlipOfTheProofIsRefused) {
  const Secret seed = RandomSecret(32);
  const Sha256Digest hash = Sha256(AsBytes("x"));
  const Bytes key = PossessionPublicKey(seed).value(), proof = ProvePossession(seed, hash).value();
  for (size_t bit = 0; bit < 512; bit++) {
    Bytes bad = proof;
    bad[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_FALSE(VerifyPossession(key, hash, bad)) << bit;
  }
}
// RFC 8032 7.1, test 1: the public key of a known seed.
TEST(PossessionTest, ThePublicKeyIsEd25519) {
  EXPECT_EQ(HexEncode(*PossessionPublicKey(
                Secret(*HexDecode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")))),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
}
// What is signed begins with its own domain, so that a proof is good for nothing else.
TEST(PossessionTest, TheSignedTextBeginsWithItsDomain) {
  const Secret seed = RandomSecret(32);
  const Sha256Digest hash = Sha256(AsBytes("x"));
  const PublicKey key = PublicKey::FromEd25519(*PossessionPublicKey(seed)).value();
  Bytes text = ToBytes(std::string_view("holdfast product key possession v1\0", 35));
  Append(text, hash);
  EXPECT_TRUE(key.Verify(SignatureAlgorithm::kEd25519, text, *ProvePossession(seed, hash)));
}
TEST(PossessionTest, WantsASeedOf32Octets) {
  for (size_t size : {0u, 31u, 33u, 64u}) {
    EXPECT_FALSE(PossessionPublicKey(Secret(Bytes(size, 1)))) << size;
    EXPECT_FALSE(ProvePossession(Secret(Bytes(size, 1)), Bytes(32, 1))) << size;
  }
}

}  // namespace
}  // namespace holdfast
