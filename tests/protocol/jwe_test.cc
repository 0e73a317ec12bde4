#include "protocol/jose/jwe.h"

#include <gtest/gtest.h>

#include "protocol/base64.h"
#include "protocol/crypto/random.h"

namespace holdfast {
namespace {

AnswerHeader Header() {
  return {Bytes(32, 1), Bytes(34, 2), Bytes(34, 3)};
}

std::string CheckOf(std::string_view compact) {
  auto jwe = ParseJwe(compact);
  return jwe ? "accepted" : jwe.error().check;
}

// Parsed and opened, or the check that refused.
std::string Opening(std::string_view compact, const Secret& key) {
  auto jwe = ParseJwe(compact);
  if (!jwe) return jwe.error().check;
  auto plain = OpenJwe(*jwe, key);
  return plain ? std::string(plain->RevealText()) : plain.error().check;
}

std::string WithHeader(std::string_view header) {
  return Base64UrlEncode(AsBytes(header)) + ".AAAA." + Base64UrlEncode(Bytes(12, 0)) + ".AAAA." +
         Base64UrlEncode(Bytes(16, 0));
}

std::string HeaderText(std::string_view alg, std::string_view enc, std::string_view typ) {
  return "{\"alg\":\"" + std::string(alg) + "\",\"enc\":\"" + std::string(enc) + "\",\"typ\":\"" +
         std::string(typ) + "\",\"req\":\"" + Base64UrlEncode(Bytes(32, 1)) +
         "\",\"ek\":\"AAAA\",\"key\":\"AAAA\"}";
}

TEST(JweTest, OpensWithTheContentKeyAndKeepsItsHeader) {
  const Secret key = RandomSecret(32);
  auto compact = SealJwe(Header(), Bytes(100, 4), key, AsBytes("license"));
  ASSERT_TRUE(compact);
  auto jwe = ParseJwe(*compact);
  ASSERT_TRUE(jwe) << jwe.error().message;
  EXPECT_EQ(RequestHashOf(*jwe), Bytes(32, 1));
  const auto& header = std::get<AnswerHeader>(jwe->header);
  EXPECT_EQ(header.ek_name, Bytes(34, 2));
  EXPECT_EQ(header.license_key_name, Bytes(34, 3));
  EXPECT_EQ(jwe->encrypted_key, Bytes(100, 4));
  EXPECT_EQ(Opening(*compact, key), "license");
}
TEST(JweTest, TheHeaderIsTheDocumentedText) {
  auto compact = SealJwe({Bytes(32, 0), {0, 11}, {0, 12}}, Bytes{1}, RandomSecret(32), AsBytes("x"));
  ASSERT_TRUE(compact);
  EXPECT_EQ(AsText(*Base64UrlDecode(compact->substr(0, compact->find('.')))),
            R"({"alg":"TPM2-ActivateCredential","enc":"A256GCM","typ":"holdfast-answer",)"
            R"("req":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","ek":"AAs","key":"AAw"})");
}
TEST(JweTest, EverySingleBitFlipOfWhatIsAuthenticatedIsRefused) {
  const Secret key = RandomSecret(32);
  const std::string good = SealJwe(Header(), Bytes(10, 4), key, AsBytes("license")).value();
  const size_t key_begin = good.find('.') + 1, key_end = good.find('.', key_begin);
  for (size_t bit = 0; bit < good.size() * 8; bit++) {
    // A flip within the encrypted key gives the TPM another blob, which it refuses: no content key, no
    // opening.
    if (bit / 8 >= key_begin && bit / 8 < key_end) continue;
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    EXPECT_NE(Opening(bad, key), "license") << bit;
  }
}
TEST(JweTest, AnotherContentKeyIsRefused) {
  const std::string good = SealJwe(Header(), Bytes(10, 4), RandomSecret(32), AsBytes("license")).value();
  EXPECT_EQ(Opening(good, RandomSecret(32)), "jwe.tag");
  EXPECT_EQ(Opening(good, Secret(Bytes(16, 0))), "jwe.tag");
}
TEST(JweTest, TheHeaderOfAnotherAnswerDoesNotFit) {
  const Secret key = RandomSecret(32);
  const std::string a = SealJwe(Header(), Bytes(10, 4), key, AsBytes("license")).value();
  const std::string b =
      SealJwe({Bytes(32, 9), Bytes(34, 2), Bytes(34, 3)}, Bytes(10, 4), key, AsBytes("x")).value();
  EXPECT_EQ(Opening(b.substr(0, b.find('.')) + a.substr(a.find('.')), key), "jwe.tag");
}
TEST(JweTest, OtherAlgorithmsAndTypesAreRefused) {
  EXPECT_EQ(CheckOf(WithHeader(HeaderText(kTpmJweAlg, "A256GCM", kJweTyp))), "accepted");
  EXPECT_EQ(CheckOf(WithHeader(HeaderText("dir", "A256GCM", kJweTyp))), "jwe.header");
  EXPECT_EQ(CheckOf(WithHeader(HeaderText("RSA-OAEP", "A256GCM", kJweTyp))), "jwe.header");
  EXPECT_EQ(CheckOf(WithHeader(HeaderText("none", "A256GCM", kJweTyp))), "jwe.header");
  EXPECT_EQ(CheckOf(WithHeader(HeaderText(kTpmJweAlg, "A128GCM", kJweTyp))), "jwe.header");
  EXPECT_EQ(CheckOf(WithHeader(HeaderText(kTpmJweAlg, "A256CBC-HS512", kJweTyp))), "jwe.header");
  EXPECT_EQ(CheckOf(WithHeader(HeaderText(kTpmJweAlg, "A256GCM", "holdfast-request"))), "jwe.header");
}
TEST(JweTest, OtherHeaderMembersAreRefused) {
  const std::string good = HeaderText(kTpmJweAlg, "A256GCM", kJweTyp);
  for (const char* extra :
       {R"("zip":"DEF")", R"("crit":[])", R"("kid":"x")", R"("epk":{})", R"("p2c":1)", R"("alg":"dir")"})
    EXPECT_EQ(CheckOf(WithHeader(good.substr(0, good.size() - 1) + "," + extra + "}")), "jwe.header")
        << extra;
  for (const char* bad : {"", "{}", "[]", "x"}) EXPECT_EQ(CheckOf(WithHeader(bad)), "jwe.header") << bad;
}
TEST(JweTest, ThePartsAreFiveAndOfTheRightSizes) {
  const Secret key = RandomSecret(32);
  const std::string good = SealJwe(Header(), Bytes(10, 4), key, AsBytes("license")).value();
  EXPECT_EQ(CheckOf(good.substr(0, good.rfind('.'))), "jwe.syntax");
  EXPECT_EQ(CheckOf(good + "."), "jwe.syntax");
  EXPECT_EQ(CheckOf(good + "\n"), "jwe.syntax");
  EXPECT_EQ(CheckOf(good.substr(0, good.size() - 4)), "jwe.syntax") << "short tag";
  EXPECT_EQ(CheckOf(""), "jwe.syntax");
  EXPECT_EQ(CheckOf("...."), "jwe.syntax");
}
TEST(JweTest, TheSizeIsLookedAtFirst) {
  EXPECT_EQ(CheckOf(std::string(kMaxJweSize + 1, '.')), "jwe.size");
  EXPECT_EQ(CheckOf(std::string(10'000'000, 'A')), "jwe.size");
}

}  // namespace
}  // namespace holdfast
