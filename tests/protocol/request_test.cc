#include "protocol/request.h"

#include <gtest/gtest.h>

#include "protocol/answer.h"
#include "protocol/armor.h"
#include "protocol/base64.h"
#include "tests/protocol/examples.h"

namespace holdfast {
namespace {

TEST(RequestTest, EveryMemberSurvivesTheFile) {
  const RequestContent content = examples::Content();
  const std::string text = FormatRequestContent(content);
  const std::string jws = examples::UnsignedRequest(text);
  auto request = ReadRequestFile(ArmorRequest(jws, content));
  ASSERT_TRUE(request) << request.error().check << ": " << request.error().message;
  EXPECT_EQ(request->content_text, text);
  EXPECT_EQ(FormatRequestContent(request->content), text);
  EXPECT_EQ(request->content.ek_certificates, content.ek_certificates);
  EXPECT_EQ(request->evidence.counter.attest, examples::Evidence().counter.attest);
  EXPECT_EQ(request->evidence.counter.signature, examples::Evidence().counter.signature);
  EXPECT_EQ(request->evidence.quote.attest, examples::Evidence().quote.attest);
  EXPECT_EQ(request->evidence.pcrs, examples::Evidence().pcrs);
  EXPECT_EQ(request->possession, Bytes(64, 14));
  EXPECT_EQ(request->content_hash, RequestContentHash(text));
  EXPECT_EQ(request->request_hash, Sha256(AsBytes(jws)));
}

TEST(RequestTest, SaysWhatAWrongFileIs) {
  auto message = [](std::string_view text) {
    auto request = ReadRequestFile(text);
    return request ? "accepted" : request.error().check + ": " + request.error().message;
  };
  EXPECT_EQ(message(Armor(kLabelAnswer, AsBytes("x"))),
            "request.kind: this is an answer file, not an activation request");
  EXPECT_EQ(message(Armor(kLabelCertificate, AsBytes("x"))),
            "request.kind: this is a license file or a certificate, not an activation request");
  EXPECT_EQ(message(Armor(kLabelCrl, AsBytes("x"))),
            "request.kind: this is a revocation list, not an activation request");
  EXPECT_EQ(message("NLS-eyJhbGciOiJFUzI1NiJ9.x.y-ABCDEFGH"),
            "request.kind: this is a product key, not an activation request");
  EXPECT_EQ(message(examples::ProductJson()), "request.kind: this is a JSON file, not an activation request");
  EXPECT_EQ(message("On Monday you wrote:\n> " + Armor(kLabelRequest, AsBytes("x"))),
            "request.kind: this is a file whose lines a mail program has quoted or indented, not an "
            "activation request");
  EXPECT_EQ(message("hello"), "request.kind: this is no file of Holdfast, not an activation request");
}

TEST(RequestTest, AFileThatAMailProgramQuotedIsToldAsThat) {
  const std::string block = Armor(kLabelRequest, AsBytes("x"));
  for (const char* before : {"> ", "    ", ">", "\t"}) {
    std::string quoted = before;
    for (char c : block) quoted += c == '\n' ? std::string("\n") + before : std::string(1, c);
    const auto request = ReadRequestFile(quoted);
    ASSERT_FALSE(request);
    EXPECT_EQ(request.error().check, "request.kind") << before;
    EXPECT_NE(request.error().advice.find("as it was attached"), std::string::npos) << request.error().advice;
  }
}

// The check that refuses the file of a request, which also says what to do.
std::string CheckOfFile(const std::string& compact_jws) {
  auto request = ReadRequestFile(ArmorRequest(compact_jws, examples::Content()));
  if (request) return "accepted";
  EXPECT_NE(request.error().advice, "") << request.error().check;
  return request.error().check;
}
// The check that refuses the example request after the content (or the payload) was altered.
template <class F>
std::string AfterContent(F alter) {
  Json json = Json::parse(FormatRequestContent(examples::Content()));
  alter(json);
  return CheckOfFile(examples::UnsignedRequest(json.dump()));
}
template <class F>
std::string AfterPayload(F alter) {
  const Bytes payload =
      RequestPayload(FormatRequestContent(examples::Content()), examples::Evidence(), Bytes(64, 14));
  Json json = Json::parse(AsText(payload));
  alter(json);
  return CheckOfFile(examples::UnsignedRequest("", json.dump()));
}

TEST(RequestTest, EveryMemberOfTheContentIsRequired) {
  for (const char* name :
       {"schema", "product_key_id", "vendor", "product", "created", "agent_version", "host", "ek_public",
        "srk_public", "ak_public", "license_key_public", "gate_public", "counter_public", "ek_certificates"})
    EXPECT_EQ(AfterContent([&](Json& j) { j.erase(name); }), "request." + std::string(name));
}
TEST(RequestTest, EveryMemberOfThePayloadIsRequired) {
  EXPECT_EQ(AfterPayload([](Json&) {}), "accepted");
  for (const char* name : {"content", "evidence", "possession"})
    EXPECT_NE(AfterPayload([&](Json& j) { j.erase(name); }), "accepted") << name;
  for (const char* name : {"certify", "gate", "counter", "quote", "pcrs"})
    EXPECT_EQ(AfterPayload([&](Json& j) { j["evidence"].erase(name); }),
              "request.evidence." + std::string(name));
  for (const char* name : {"certify", "gate", "counter", "quote"})
    for (const char* part : {"attest", "signature"})
      EXPECT_EQ(AfterPayload([&](Json& j) { j["evidence"][name].erase(part); }),
                "request.evidence." + std::string(name) + "." + part);
}
TEST(RequestTest, TheWordOnAHardMeterIsThereOrNot) {
  RequestEvidence evidence = examples::Evidence();
  const std::string text = FormatRequestContent(examples::Content());
  evidence.meter = {Bytes(131, 18), Bytes(72, 19)};
  const auto payload = [&] { return RequestPayload(text, evidence, Bytes(64, 14)); };
  const auto request = ParseRequest(examples::UnsignedRequest("", AsText(payload())));
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->evidence.meter->attest, evidence.meter->attest);
  EXPECT_EQ(request->evidence.meter->signature, evidence.meter->signature);
  EXPECT_FALSE(ParseRequest(examples::UnsignedRequest(text, ""))->evidence.meter);
  for (const char* part : {"attest", "signature"}) {
    Json json = Json::parse(AsText(payload()));
    json["evidence"]["meter"].erase(part);
    EXPECT_EQ(CheckOfFile(examples::UnsignedRequest("", json.dump())),
              "request.evidence.meter." + std::string(part));
  }
  EXPECT_EQ(AfterPayload([](Json& j) { j["evidence"]["meter"] = nullptr; }), "request.evidence.meter");
}
TEST(RequestTest, UnknownMembersAreRefusedAlsoInANewerMinor) {
  for (const char* schema : {"1.0", "1.9"}) {
    EXPECT_EQ(AfterContent([&](Json& j) { j["schema"] = schema; }), "accepted");
    EXPECT_EQ(AfterContent([&](Json& j) { j["schema"] = schema, j["x"] = 1; }), "request.unknown");
  }
  EXPECT_EQ(AfterPayload([](Json& j) { j["x"] = 1; }), "request.unknown");
  EXPECT_EQ(AfterPayload([](Json& j) { j["evidence"]["x"] = 1; }), "request.evidence.unknown");
  EXPECT_EQ(AfterPayload([](Json& j) { j["evidence"]["gate"]["x"] = 1; }), "request.evidence.gate.unknown");
}
TEST(RequestTest, AnotherMajorIsSaidBeforeAnythingElse) {
  const std::string future = R"({"schema":"2.0","anything":[]})";
  auto request = ParseRequest(examples::UnsignedRequest("", Json({{"content", future}, {"new", 1}}).dump()));
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().check, "request.schema");
  EXPECT_EQ(request.error().kind, ErrorKind::kRefused);
  EXPECT_EQ(request.error().message, "schema 2.0 is newer than this program understands");
}
TEST(RequestTest, ContentMembersAreStrict) {
  EXPECT_EQ(AfterContent([](Json& j) { j["product_key_id"] = "AAECAwQFBgcICQoLDA0OD"; }),
            "request.product_key_id");
  EXPECT_EQ(AfterContent([](Json& j) { j["product_key_id"] = "AAECAwQFBgcICQoLDA0OD="; }),
            "request.product_key_id");
  EXPECT_EQ(AfterContent([](Json& j) { j["vendor"] = ""; }), "request.vendor");
  EXPECT_EQ(AfterContent([](Json& j) { j["vendor"] = "a\nb"; }), "request.vendor");
  EXPECT_EQ(AfterContent([](Json& j) { j["product"] = "../etc"; }), "request.product");
  EXPECT_EQ(AfterContent([](Json& j) { j["created"] = "today"; }), "request.created");
  EXPECT_EQ(AfterContent([](Json& j) { j["agent_version"] = std::string(33, '1'); }),
            "request.agent_version");
  EXPECT_EQ(AfterContent([](Json& j) { j["agent_version"] = "\x1b[2J"; }), "request.agent_version");
  EXPECT_EQ(AfterContent([](Json& j) { j["ek_public"] = ""; }), "request.ek_public");
  EXPECT_EQ(AfterContent([](Json& j) { j["ek_public"] = "AAA="; }), "request.ek_public");
  EXPECT_EQ(AfterContent([](Json& j) { j["ak_public"] = Base64UrlEncode(Bytes(1024, 1)); }), "accepted");
  EXPECT_EQ(AfterContent([](Json& j) { j["ak_public"] = Base64UrlEncode(Bytes(1025, 1)); }),
            "request.ak_public");
}
TEST(RequestTest, HostFactsAreFewShortAndPrintable) {
  EXPECT_EQ(AfterContent([](Json& j) { j["host"] = Json::object(); }), "accepted");
  EXPECT_EQ(AfterContent([](Json& j) { j["host"] = Json::array(); }), "request.host");
  EXPECT_EQ(AfterContent([](Json& j) { j["host"]["os"] = 5; }), "request.host");
  EXPECT_EQ(AfterContent([](Json& j) { j["host"]["OS"] = "x"; }), "request.host");
  EXPECT_EQ(AfterContent([](Json& j) { j["host"]["os"] = "a\nb"; }), "request.host");
  EXPECT_EQ(AfterContent([](Json& j) { j["host"]["os"] = std::string(256, 'x'); }), "accepted");
  EXPECT_EQ(AfterContent([](Json& j) { j["host"]["os"] = std::string(257, 'x'); }), "request.host");
  auto facts = [](int count) {
    return AfterContent([&](Json& j) {
      j["host"] = Json::object();
      for (int i = 0; i < count; i++) j["host"]["f" + std::to_string(i)] = "x";
    });
  };
  EXPECT_EQ(facts(16), "accepted");
  EXPECT_EQ(facts(17), "request.host");
}
TEST(RequestTest, EkCertificatesAreFewAndBounded) {
  auto check = [](std::vector<Bytes> certificates) {
    return AfterContent([&](Json& j) {
      j["ek_certificates"] = Json::array();
      for (const Bytes& der : certificates) j["ek_certificates"].push_back(Base64UrlEncode(der));
    });
  };
  EXPECT_EQ(check({}), "accepted");
  EXPECT_EQ(check(std::vector<Bytes>(4, Bytes(4096, 1))), "accepted");
  EXPECT_EQ(check(std::vector<Bytes>(5, Bytes(1, 1))), "request.ek_certificates");
  EXPECT_EQ(check({Bytes(4097, 1)}), "request.ek_certificates");
  EXPECT_EQ(check({Bytes()}), "request.ek_certificates");
  EXPECT_EQ(AfterContent([](Json& j) { j["ek_certificates"] = {5}; }), "request.ek_certificates");
}
TEST(RequestTest, PcrsArePairsOfNumberAnd32Octets) {
  const std::string value = Base64UrlEncode(Bytes(32, 1));
  auto check = [&](const std::string& index, const Json& octets) {
    return AfterPayload([&](Json& j) { j["evidence"]["pcrs"] = {{index, octets}}; });
  };
  EXPECT_EQ(check("0", value), "accepted");
  EXPECT_EQ(check("23", value), "accepted");
  for (const char* bad : {"24", "00", "07", "-1", "+1", "1 ", "x", "", "100", "1x"})
    EXPECT_EQ(check(bad, value), "request.evidence.pcrs") << bad;
  EXPECT_EQ(check("0", Base64UrlEncode(Bytes(31, 1))), "request.evidence.pcrs");
  EXPECT_EQ(check("0", 5), "request.evidence.pcrs");
  EXPECT_EQ(check("0", value + "="), "request.evidence.pcrs");
}
TEST(RequestTest, PossessionHas64Octets) {
  for (size_t size : {0u, 63u, 65u})
    EXPECT_EQ(AfterPayload([&](Json& j) { j["possession"] = Base64UrlEncode(Bytes(size, 1)); }),
              "request.possession");
}
TEST(RequestTest, TheHeaderIsEs256WithoutKid) {
  const Bytes payload =
      RequestPayload(FormatRequestContent(examples::Content()), examples::Evidence(), Bytes(64, 14));
  auto check = [&](SignatureAlgorithm algorithm, std::string_view kid) {
    auto request = ParseRequest(
        FinishJws(JwsSigningInput(MessageType::kRequest, algorithm, kid, payload), Bytes(64, 0)));
    return request ? "accepted" : request.error().check;
  };
  EXPECT_EQ(check(SignatureAlgorithm::kEcdsaSha256, ""), "accepted");
  EXPECT_EQ(check(SignatureAlgorithm::kEcdsaSha256, "k"), "request.header");
  EXPECT_EQ(check(SignatureAlgorithm::kEcdsaSha384, ""), "request.header");
  EXPECT_EQ(check(SignatureAlgorithm::kRsaSha256, ""), "request.header");
}
TEST(RequestTest, TheContentIsHashedAsItStands) {
  const std::string text = FormatRequestContent(examples::Content());
  const std::string spaced = " " + text;
  auto request = ParseRequest(examples::UnsignedRequest(spaced));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->content_text, spaced);
  EXPECT_EQ(request->content_hash, Sha256({AsBytes("holdfast request v1"), Bytes{0}, AsBytes(spaced)}));
  EXPECT_NE(request->content_hash, RequestContentHash(text));
}
TEST(RequestTest, TheLargestAllowedRequestFits) {
  RequestContent content = examples::Content();
  content.ek_certificates = std::vector<Bytes>(4, Bytes(4096, 1));
  content.ek_public = content.ak_public = content.srk_public = content.license_key_public =
      content.gate_public = content.counter_public = Bytes(1024, 1);
  for (int i = 0; i < 13; i++) content.host["f" + std::to_string(i)] = std::string(256, 'x');
  EXPECT_TRUE(
      ReadRequestFile(ArmorRequest(examples::UnsignedRequest(FormatRequestContent(content)), content)));
}
TEST(RequestTest, ThePreambleSaysWhatLeavesTheHouse) {
  const std::string file = ArmorRequest("x", examples::Content());
  for (const char* expected :
       {"modeler, from Example Vendor", "AAECAwQFBgcICQoLDA0ODw", "2026-11-22T06:00:00Z",
        "hostname: node7.example", "os: Debian GNU/Linux 12", "holdfast inspect", "no private key"})
    EXPECT_NE(file.find(expected), std::string::npos) << expected;
}
TEST(RequestTest, AHostFactCannotOpenABlock) {
  RequestContent content = examples::Content();
  content.host["os"] = "-----BEGIN HOLDFAST ANSWER-----";
  EXPECT_TRUE(
      ReadRequestFile(ArmorRequest(examples::UnsignedRequest(FormatRequestContent(content)), content)));
}
TEST(RequestTest, EveryTruncationOfTheFileIsRefused) {
  const RequestContent content = examples::Content();
  const std::string file = ArmorRequest(examples::UnsignedRequest(FormatRequestContent(content)), content);
  for (size_t size = 0; size + 1 < file.size(); size += 7)
    EXPECT_FALSE(ReadRequestFile(file.substr(0, size))) << size;
}
TEST(RequestTest, MoreThanOneBlockIsRefused) {
  const std::string file = ArmorRequest(examples::UnsignedRequest("{}"), examples::Content());
  EXPECT_EQ(ReadRequestFile(file + file).error().check, "request.kind");
  EXPECT_EQ(ReadRequestFile(std::string(10'000'000, 'x')).error().check, "armor.size");
}

}  // namespace
}  // namespace holdfast
