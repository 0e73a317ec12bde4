// The request's form for hosts without a TPM, and that the two forms are not mixed.
#include <gtest/gtest.h>

#include "protocol/base64.h"
#include "protocol/request.h"
#include "tests/protocol/examples.h"

namespace holdfast {
namespace {

HostRequestContent Content() {
  HostRequestContent content{static_cast<const RequestHead&>(examples::Content())};
  content.license_key = Bytes(91, 1);
  content.agreement_key = Bytes(91, 2);
  content.fingerprint = {{"machine-id", {Sha256Digest{1}}}, {"nic", {Sha256Digest{2}, Sha256Digest{3}}}};
  return content;
}

std::string Unsigned(std::string_view content_text) {
  return examples::UnsignedRequest("", AsText(HostRequestPayload(content_text, Bytes(64, 14))));
}

std::string CheckOf(std::string_view jws) {
  auto request = ParseAnyRequest(jws);
  return request ? "accepted" : request.error().check;
}
template <class F>
std::string AfterContent(F alter) {
  Json json = Json::parse(FormatRequestContent(Content()));
  alter(json);
  return CheckOf(Unsigned(json.dump()));
}

TEST(HostRequestTest, EveryMemberSurvivesTheFile) {
  const std::string text = FormatRequestContent(Content());
  auto any = ReadAnyRequestFile(ArmorRequest(Unsigned(text), Content()));
  ASSERT_TRUE(any) << any.error().check << ": " << any.error().message;
  const auto& request = std::get<HostRequest>(*any);
  EXPECT_EQ(request.content_text, text);
  EXPECT_EQ(FormatRequestContent(request.content), text);
  EXPECT_EQ(request.content.license_key, Bytes(91, 1));
  EXPECT_EQ(request.content.agreement_key, Bytes(91, 2));
  EXPECT_EQ(request.content.fingerprint, Content().fingerprint);
  EXPECT_EQ(request.possession, Bytes(64, 14));
  EXPECT_EQ(request.content_hash, RequestContentHash(text));
  EXPECT_EQ(HeadOf(*any).product, "modeler");
}
TEST(HostRequestTest, IsNotTakenForOneByATpm) {
  const std::string jws = Unsigned(FormatRequestContent(Content()));
  EXPECT_EQ(ParseRequest(jws).error().check, "request.assurance");
  EXPECT_EQ(ReadRequestFile(ArmorRequest(jws, Content())).error().check, "request.assurance");
}
TEST(HostRequestTest, SaysItsClassAndNoOther) {
  EXPECT_EQ(AfterContent([](Json&) {}), "accepted");
  for (const char* other : {"hw-tpm", "vtpm", "Host", ""})
    EXPECT_EQ(AfterContent([&](Json& j) { j["assurance"] = other; }), "request.assurance") << other;
  EXPECT_EQ(AfterContent([](Json& j) { j["assurance"] = 5; }), "request.assurance");
  EXPECT_EQ(AfterContent([](Json& j) { j.erase("assurance"); }), "request.ek_public");
}
TEST(HostRequestTest, EveryMemberOfTheContentIsRequired) {
  for (const char* name : {"schema", "product_key_id", "vendor", "product", "created", "agent_version",
                           "host", "license_key", "agreement_key", "fingerprint"})
    EXPECT_NE(AfterContent([&](Json& j) { j.erase(name); }), "accepted") << name;
}
TEST(HostRequestTest, MembersOfTheOtherFormAreRefused) {
  for (const char* name : {"ek_public", "srk_public", "ak_public", "license_key_public", "gate_public",
                           "counter_public", "ek_certificates"})
    EXPECT_EQ(AfterContent([&](Json& j) { j[name] = "AAAA"; }), "request.unknown") << name;
  Json by_tpm = Json::parse(FormatRequestContent(examples::Content()));
  for (const char* name : {"license_key", "agreement_key", "fingerprint"}) {
    Json mixed = by_tpm;
    mixed[name] = "AAAA";
    EXPECT_EQ(CheckOf(examples::UnsignedRequest(mixed.dump())), "request.unknown") << name;
  }
  by_tpm["assurance"] = "host";
  EXPECT_NE(CheckOf(examples::UnsignedRequest(by_tpm.dump())), "accepted");
}
TEST(HostRequestTest, EvidenceIsRefused) {
  // The payload of the other form around this content.
  EXPECT_EQ(CheckOf(examples::UnsignedRequest(FormatRequestContent(Content()))), "request.unknown");
}
TEST(HostRequestTest, ATpmsContentWithoutEvidenceIsRefused) {
  EXPECT_EQ(CheckOf(Unsigned(FormatRequestContent(examples::Content()))), "request.evidence");
}
TEST(HostRequestTest, KeysAndFingerprintAreStrict) {
  EXPECT_EQ(AfterContent([](Json& j) { j["license_key"] = ""; }), "request.license_key");
  EXPECT_EQ(AfterContent([](Json& j) { j["license_key"] = "AAA="; }), "request.license_key");
  EXPECT_EQ(AfterContent([](Json& j) { j["agreement_key"] = Base64UrlEncode(Bytes(129, 1)); }),
            "request.agreement_key");
  EXPECT_EQ(AfterContent([](Json& j) { j["fingerprint"] = Json::object(); }), "request.fingerprint");
  EXPECT_EQ(AfterContent([](Json& j) { j["fingerprint"]["serial"] = {"x"}; }), "request.fingerprint");
}
TEST(HostRequestTest, ThePreambleSaysWhatLeavesTheHouse) {
  const std::string file = ArmorRequest("x", Content());
  for (const char* expected : {"without a TPM", "fingerprint", "machine-id, nic", "no private key"})
    EXPECT_NE(file.find(expected), std::string::npos) << expected;
  EXPECT_EQ(file.find("this machine's TPM"), std::string::npos);
}

}  // namespace
}  // namespace holdfast
