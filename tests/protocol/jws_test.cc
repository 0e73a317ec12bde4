#include "protocol/jose/jws.h"

#include <gtest/gtest.h>

#include "protocol/base64.h"
#include "tests/protocol/test_key.h"

namespace holdfast {
namespace {

using enum SignatureAlgorithm;

std::string Encode(std::string_view text) {
  return Base64UrlEncode(AsBytes(text));
}

// A compact JWS with any header text.
std::string WithHeader(std::string_view header) {
  return Encode(header) + "." + Encode("payload") + "." + Encode("sig");
}

std::string CheckOf(std::string_view compact, MessageType type = MessageType::kRequest) {
  auto jws = ParseJws(compact, type);
  EXPECT_TRUE(jws || !jws.error().advice.empty()) << jws.error().check;
  return jws ? "accepted" : jws.error().check;
}

std::string Signed(const TestKey& key, MessageType type = MessageType::kRequest,
                   std::string_view kid = "k1") {
  const SignatureAlgorithm algorithm = AlgorithmFor(key.public_key().type());
  const std::string input = JwsSigningInput(type, algorithm, kid, AsBytes("the payload"));
  return FinishJws(input, key.Sign(algorithm, AsBytes(input)));
}

TEST(JwsTest, EveryKeyTypeSignsAndVerifies) {
  const std::pair<KeyType, const char*> types[] = {{KeyType::kEcP256, "ES256"},
                                                   {KeyType::kEcP384, "ES384"},
                                                   {KeyType::kRsa, "RS256"},
                                                   {KeyType::kEd25519, "EdDSA"}};
  for (const auto& [type, alg] : types) {
    const TestKey key = TestKey::Generate(type);
    auto jws = ParseJws(Signed(key), MessageType::kRequest);
    ASSERT_TRUE(jws) << alg;
    EXPECT_EQ(jws->alg, alg);
    EXPECT_EQ(jws->kid, "k1");
    EXPECT_EQ(AsText(jws->payload), "the payload");
    EXPECT_TRUE(VerifyJws(*jws, key.public_key())) << alg;
    EXPECT_FALSE(VerifyJws(*jws, TestKey::Generate(type).public_key())) << alg;
  }
}
TEST(JwsTest, TheHeaderIsTheDocumentedText) {
  EXPECT_EQ(JwsSigningInput(MessageType::kProductKey, kEcdsaSha256, "0a0b", AsBytes("{}")),
            Encode(R"({"alg":"ES256","typ":"holdfast-product-key","kid":"0a0b"})") + "." + Encode("{}"));
  EXPECT_EQ(JwsSigningInput(MessageType::kRequest, kEcdsaSha256, "", AsBytes("{}")),
            Encode(R"({"alg":"ES256","typ":"holdfast-request"})") + "." + Encode("{}"));
}

// RFC 7515 appendix A.3: another party's ES256 signature over its own header, through our verifier.
TEST(JwsTest, VerifiesTheSignatureOfTheRfc) {
  auto key = PublicKey::FromEcPoint(KeyType::kEcP256,
                                    *Base64UrlDecode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
                                    *Base64UrlDecode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"));
  ASSERT_TRUE(key);
  Jws jws;
  jws.alg = "ES256";
  jws.signing_input =
      "eyJhbGciOiJFUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  jws.signature = *Base64UrlDecode(
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  EXPECT_TRUE(VerifyJws(jws, *key));
}

TEST(JwsTest, EverySingleBitFlipIsRefused) {
  const TestKey key = TestKey::Generate(KeyType::kEcP256);
  const PublicKey verifier = key.public_key();
  const std::string good = Signed(key);
  for (size_t bit = 0; bit < good.size() * 8; bit++) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    auto jws = ParseJws(bad, MessageType::kRequest);
    EXPECT_FALSE(jws && VerifyJws(*jws, verifier)) << "bit " << bit << ": " << bad;
  }
}
TEST(JwsTest, EveryTruncationIsRefused) {
  const TestKey key = TestKey::Generate(KeyType::kEcP256);
  const PublicKey verifier = key.public_key();
  const std::string good = Signed(key);
  for (size_t size = 0; size < good.size(); size++) {
    auto jws = ParseJws(good.substr(0, size), MessageType::kRequest);
    EXPECT_FALSE(jws && VerifyJws(*jws, verifier)) << size;
  }
}

TEST(JwsTest, AMessageOfAnotherTypeIsRefused) {
  const TestKey key = TestKey::Generate(KeyType::kEcP256);
  const MessageType types[] = {
      MessageType::kRequest,   MessageType::kProductKey,      MessageType::kApproval,
      MessageType::kReturn,    MessageType::kReturnNonce,     MessageType::kTimeAnswer,
      MessageType::kHeartbeat, MessageType::kHeartbeatAnswer, MessageType::kSession};
  for (MessageType made : types)
    for (MessageType wanted : types)
      EXPECT_EQ(CheckOf(Signed(key, made), wanted), made == wanted ? "accepted" : "jws.typ");
}
TEST(JwsTest, TypIsComparedExactly) {
  for (const char* typ : {"JWT", "", "HOLDFAST-REQUEST", "holdfast-request ", "application/holdfast-request"})
    EXPECT_EQ(CheckOf(WithHeader(std::string(R"({"alg":"ES256","typ":")") + typ + "\"}")), "jws.typ") << typ;
}

TEST(JwsTest, TheAlgorithmIsThatOfTheKeyNeverOfTheHeader) {
  const TestKey key = TestKey::Generate(KeyType::kEcP256);
  for (const char* alg :
       {"none", "None", "HS256", "ES384", "RS256", "PS256", "EdDSA", "es256", "ES256 ", ""}) {
    const std::string input =
        Encode(std::string(R"({"alg":")") + alg + R"(","typ":"holdfast-request"})") + "." + Encode("payload");
    for (const Bytes& signature : {key.Sign(kEcdsaSha256, AsBytes(input)), Bytes(),
                                   Hmac(HashAlgorithm::kSha256, key.public_key().spki(), {AsBytes(input)})}) {
      auto jws = ParseJws(FinishJws(input, signature), MessageType::kRequest);
      if (!jws) continue;
      auto status = VerifyJws(*jws, key.public_key());
      ASSERT_FALSE(status) << alg;
      EXPECT_EQ(status.error().check, "jws.algorithm") << alg;
      EXPECT_NE(status.error().advice, "");
    }
  }
}

TEST(JwsTest, OtherHeaderMembersAreRefused) {
  const std::string good = R"("alg":"ES256","typ":"holdfast-request")";
  EXPECT_EQ(CheckOf(WithHeader("{" + good + "}")), "accepted");
  for (const char* extra :
       {R"("crit":["exp"])", R"("crit":[])", R"("jwk":{})", R"("jku":"https://example.com")", R"("x5c":[])",
        R"("x5u":"x")", R"("b64":false)", R"("cty":"JWT")", R"("zip":"DEF")", R"("unknown":1)"})
    EXPECT_EQ(CheckOf(WithHeader("{" + good + "," + extra + "}")), "jws.header") << extra;
}
TEST(JwsTest, DamagedHeadersAreNamed) {
  for (const char* header :
       {"", "x", "[]", "null", "{", R"({"typ":"holdfast-request"})", R"({"alg":"ES256"})",
        R"({"alg":1,"typ":"holdfast-request"})", R"({"alg":"ES256","typ":["holdfast-request"]})",
        R"({"alg":"ES256","alg":"none","typ":"holdfast-request"})",
        R"({"alg":"ES256","typ":"holdfast-request","kid":5})",
        R"({"alg":"ES256","typ":"holdfast-request"} )"
        "\0x"})
    EXPECT_TRUE(CheckOf(WithHeader(header)) == "jws.header" || std::string_view(header).ends_with("} "))
        << header;
  EXPECT_EQ(CheckOf(WithHeader(R"({"alg":"ES256","typ":"holdfast-request","kid":")" + std::string(600, 'k') +
                               "\"}")),
            "jws.header");
}
TEST(JwsTest, ThePartsAreThreeAndBase64Url) {
  const std::string header = Encode(R"({"alg":"ES256","typ":"holdfast-request"})");
  for (const std::string& bad : {std::string(), std::string("."), std::string(".."), header, header + ".e30",
                                 header + ".e30.AAAA.AAAA", header + ".e30.AAAA.", header + ".e30=.AAAA",
                                 header + ".e3 0.AAAA", header + ".e30.AA+A", header + ".e30.AAAA\n",
                                 " " + header + ".e30.AAAA", header + ".e3.AAAA", header + ".e30.A"}) {
    const std::string check = CheckOf(bad);
    EXPECT_TRUE(check == "jws.syntax" || (bad == ".." && check == "jws.header")) << bad << " " << check;
  }
}
TEST(JwsTest, TheSizeIsLookedAtFirst) {
  EXPECT_EQ(CheckOf(std::string(kMaxJwsSize + 1, '.')), "jws.size");
  EXPECT_EQ(CheckOf(std::string(10'000'000, 'A')), "jws.size");
  EXPECT_EQ(CheckOf(std::string(kMaxJwsSize, '.')), "jws.syntax");
}
TEST(JwsTest, ASignatureInDerFormIsRefused) {
  const TestKey key = TestKey::Generate(KeyType::kEcP256);
  const std::string input = JwsSigningInput(MessageType::kRequest, kEcdsaSha256, "", AsBytes("x"));
  const Bytes der = EcdsaRawToDer(key.Sign(kEcdsaSha256, AsBytes(input)), 32).value();
  auto jws = ParseJws(FinishJws(input, der), MessageType::kRequest);
  ASSERT_TRUE(jws);
  EXPECT_EQ(VerifyJws(*jws, key.public_key()).error().check, "jws.signature");
}
TEST(JwsTest, ErrorsAreRefusals) {
  auto jws = ParseJws(Signed(TestKey::Generate(KeyType::kEcP256)), MessageType::kApproval);
  ASSERT_FALSE(jws);
  EXPECT_EQ(jws.error().kind, ErrorKind::kRefused);
  EXPECT_FALSE(jws.error().advice.empty());
}

}  // namespace
}  // namespace holdfast
