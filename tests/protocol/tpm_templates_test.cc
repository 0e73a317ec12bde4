// The templates against a real (software) TPM: what it makes of them, and what tpm2-tools makes.
#include "protocol/tpm/templates.h"

#include <gtest/gtest.h>

#include "protocol/byte_cursor.h"
#include "tests/testing/swtpm.h"

namespace holdfast::tpm {
namespace {

using ::holdfast::testing::Swtpm;

std::string Hex(uint32_t v) {
  return HexEncode(Writer().U32(v).bytes());
}

// TPM2_CreatePrimary as octets (Part 3, 24.1), so that exactly our template is what the TPM sees. Returns
// outPublic.
Bytes CreatePrimary(const Swtpm& tpm, uint32_t hierarchy, const Bytes& tpmt_public) {
  constexpr uint32_t kPassword = 0x40000009;
  Bytes session = Writer().U32(kPassword).U16(0).U8(0).U16(0).Take();
  Bytes body = Writer()
                   .U32(hierarchy)
                   .U32(uint32_t(session.size()))
                   .Raw(session)
                   .U16(4)
                   .U16(0)
                   .U16(0)
                   .Sized16(tpmt_public)
                   .U16(0)
                   .U32(0)
                   .Take();
  tpm.Write("command",
            Writer().U16(0x8002).U32(uint32_t(10 + body.size())).U32(0x00000131).Raw(body).bytes());
  tpm.Run("tpm2_send < command > response; tpm2_flushcontext -t");
  Bytes response = tpm.Read("response");
  Reader in(response);
  in.U16(), in.U32();
  EXPECT_EQ(Hex(in.U32()), "00000000");
  in.U32(), in.U32();
  return ToBytes(in.Sized16());
}

Public Parsed(const Bytes& tpm2b_public) {
  Reader in(tpm2b_public);
  auto parsed = ParsePublic(in.Sized16());
  EXPECT_TRUE(parsed) << parsed.error().message;
  EXPECT_TRUE(in.AtEnd());
  return parsed.value_or(Public{});
}

TEST(TpmTemplates, EkTemplatesMakeTheKeysOfTheEkCertificates) {
  Swtpm tpm;
  struct {
    EkTemplate which;
    const char* pem;
  } cases[] = {{EkTemplate::kRsa2048, "ek-rsa2048.pem"},
               {EkTemplate::kEccP256, "ek-p256.pem"},
               {EkTemplate::kEccP384, "ek-p384.pem"}};
  for (const auto& c : cases) {
    Public ek = ParsePublic(CreatePrimary(tpm, kEndorsement, EkTemplateBytes(c.which))).value();
    EXPECT_EQ(MatchEk(ek), c.which) << c.pem;
    tpm.Run(std::string("openssl x509 -in ") + c.pem +
            " -pubkey -noout | openssl pkey -pubin -outform DER > spki");
    EXPECT_EQ(HexEncode(KeyOf(ek).value().spki()), HexEncode(tpm.Read("spki"))) << c.pem;
  }
}

TEST(TpmTemplates, SrkTemplateIsTakenByTheTpm) {
  Swtpm tpm;
  Public srk = ParsePublic(CreatePrimary(tpm, kOwner, SrkTemplateBytes())).value();
  EXPECT_TRUE(MatchesSrk(srk));
  EXPECT_EQ(Hex(srk.attributes), "00030472");
}

// Three object slots and no resource manager: flushed between the steps.
constexpr char kKeys[] = R"(
  tpm2_createprimary -Q -C owner -G ecc -c srk.ctx -a "restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda"
  tpm2_flushcontext -t; tpm2_readpublic -Q -c srk.ctx -o srk.pub -n srk.name -q srk.qname
  tpm2_nvdefine -Q 0x1912345 -C owner -a "nt=counter|ownerread|authread|authwrite|no_da"
  tpm2_nvincrement -Q 0x1912345 -C 0x1912345; tpm2_nvread 0x1912345 -C 0x1912345 > base
  tpm2_startauthsession -S t.ctx; tpm2_policynv -Q -S t.ctx -C 0x1912345 -i base -L gate.policy 0x1912345 eq; tpm2_flushcontext t.ctx
  tpm2_nvreadpublic 0x1912345 | awk '/name:/{print $2}' | xxd -r -p > gate.name
  tpm2_flushcontext -t; tpm2_create -Q -C srk.ctx -G ecc256:ecdsa-sha256:null -g sha256 -L gate.policy -a "fixedtpm|fixedparent|sensitivedataorigin|sign|noda" -u lic.pub -r lic.priv
  tpm2_flushcontext -t; tpm2_load -Q -C srk.ctx -u lic.pub -r lic.priv -c lic.ctx -n lic.name; tpm2_flushcontext -t; tpm2_readpublic -Q -c lic.ctx -q lic.qname
  tpm2_flushcontext -t; tpm2_createek -G ecc -c ek.ctx -u ek.pub -f tss; tpm2_readpublic -Q -c ek.ctx -n ek.name
  tpm2_startauthsession --policy-session -S s.ctx; tpm2_policysecret -Q -S s.ctx -c endorsement
  tpm2_flushcontext -t; tpm2_create -Q -C ek.ctx -P session:s.ctx -G ecc256:ecdsa-sha256:null -g sha256 -a "restricted|sign|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda" -u ak.pub -r ak.priv
  tpm2_flushcontext s.ctx; tpm2_startauthsession --policy-session -S s.ctx; tpm2_policysecret -Q -S s.ctx -c endorsement
  tpm2_flushcontext -t; tpm2_load -Q -C ek.ctx -P session:s.ctx -u ak.pub -r ak.priv -c ak.ctx -n ak.name; tpm2_flushcontext s.ctx
  tpm2_flushcontext -t; tpm2_readpublic -Q -c ak.ctx -q ak.qname
)";

class TpmTemplatesAgainstTools : public ::testing::Test {
 protected:
  TpmTemplatesAgainstTools() { tpm_.Run(kKeys); }
  Public Key(const std::string& file) { return Parsed(tpm_.Read(file)); }
  std::string HexOf(const std::string& file) { return HexEncode(tpm_.Read(file)); }
  Swtpm tpm_;
};

TEST_F(TpmTemplatesAgainstTools, KeysMatchAndAreNamedAsTheTpmNamesThem) {
  EXPECT_TRUE(MatchesSrk(Key("srk.pub")));
  EXPECT_TRUE(MatchesAk(Key("ak.pub")));
  EXPECT_TRUE(MatchesLicenseKey(Key("lic.pub")));
  EXPECT_EQ(HexEncode(NameOf(Key("srk.pub"))), HexOf("srk.name"));
  EXPECT_EQ(HexEncode(NameOf(Key("ak.pub"))), HexOf("ak.name"));
  EXPECT_EQ(HexEncode(NameOf(Key("lic.pub"))), HexOf("lic.name"));
}

TEST_F(TpmTemplatesAgainstTools, QualifiedNamesAreThoseOfTheTpm) {
  Name srk = QualifiedName(kOwner, NameOf(Key("srk.pub")));
  EXPECT_EQ(HexEncode(srk), HexOf("srk.qname"));
  EXPECT_EQ(HexEncode(QualifiedName(srk, NameOf(Key("lic.pub")))), HexOf("lic.qname"));
  Name ek = QualifiedName(kEndorsement, NameOf(Key("ek.pub")));
  EXPECT_EQ(HexEncode(QualifiedName(ek, NameOf(Key("ak.pub")))), HexOf("ak.qname"));
}

TEST_F(TpmTemplatesAgainstTools, GateNameAndPolicyAreThoseOfTheTpm) {
  Name gate = NameOf(GatePublic(0x01912345));
  EXPECT_EQ(HexEncode(gate), HexOf("gate.name"));
  Bytes base = tpm_.Read("base");
  EXPECT_EQ(HexEncode(GatePolicy(gate, Reader(base).U64())), HexOf("gate.policy"));
}

TEST_F(TpmTemplatesAgainstTools, OneTemplateDoesNotMatchTheOthersKeys) {
  EXPECT_FALSE(MatchesSrk(Key("lic.pub")) || MatchesAk(Key("srk.pub")) || MatchesLicenseKey(Key("ak.pub")));
  EXPECT_EQ(MatchEk(Key("srk.pub")), std::nullopt);
}

// The agent's keys are bit for bit these.
TEST(TpmTemplates, AttributesAreThoseOfTheTable) {
  EXPECT_EQ(HexEncode(AkTemplateBytes()), "0023000b00050472000000100018000b0003001000000000");
  Bytes policy(32, 0xaa);
  EXPECT_EQ(HexEncode(LicenseKeyTemplateBytes(policy)),
            "0023000b000404320020" + HexEncode(policy) + "00100018000b0003001000000000");
}

TEST(TpmTemplates, AContentKeyHasOneFormUnderItsPolicy) {
  const Bytes policy(32, 0xaa), unique(32, 0xbb);
  const Bytes area = ContentKeyArea(policy, unique);
  EXPECT_EQ(HexEncode(area), "0008000b000004000020" + HexEncode(policy) + "00100020" + HexEncode(unique));
  EXPECT_TRUE(MatchesContentKey(area, policy));
  EXPECT_FALSE(MatchesContentKey(area, unique));
  EXPECT_FALSE(MatchesContentKey({}, policy));
  for (size_t i = 0; i < area.size() - unique.size(); i++) {
    Bytes other = area;
    other[i] ^= 1;
    EXPECT_FALSE(MatchesContentKey(other, policy)) << i;
  }
  Bytes longer = area;
  longer.push_back(0);
  EXPECT_FALSE(MatchesContentKey(longer, policy));
  EXPECT_EQ(ContentKeyName(area).size(), 34u);
}

TEST(TpmTemplates, EkPoliciesAreThoseOfTheProfile) {
  EXPECT_EQ(HexEncode(PolicyA(Alg::kSha256)),
            "837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa");
  EXPECT_EQ(
      HexEncode(PolicyA(Alg::kSha384)),
      "8bbf2266537c171cb56e403c4dc1d4b64f432611dc386e6f532050c3278c930e143e8bb1133824ccb431053871c6db53");
  EXPECT_EQ(
      HexEncode(PolicyBSha384()),
      "b26e7d28d11a50bc53d882bcf5fd3a1a074148bb35d3b4e4cb1c0ad9bde419cacb47ba09699646150f9fc000f3f80e12");
}

TEST(TpmTemplates, AMeterStandsAboveItsCounterUnderThePolicyOfItsBase) {
  const uint32_t counter = MeterCounterIndex("Northlight", "AAAAAAAAAAAAAAAAAAAAAA");
  EXPECT_EQ(counter & 0xfff80000, 0x01a80000u);
  EXPECT_NE(counter, kLedgerCounterIndex);
  EXPECT_NE(counter, MeterCounterIndex("Northlight", "AAAAAAAAAAAAAAAAAAAAAQ"));
  EXPECT_NE(MeterCounterIndex("ab", "c"), MeterCounterIndex("a", "bc"));
  const NvPublic meter = MeterPublic(counter, 7);
  EXPECT_EQ(meter.index, counter + 0x00100000);
  EXPECT_EQ(meter.attributes, 0x22020098u);
  EXPECT_EQ(meter.auth_policy, GatePolicy(NameOf(GatePublic(counter)), 7));
  EXPECT_NE(NameOf(meter), NameOf(MeterPublic(counter, 8)));
  const auto parsed = ParseNvPublic(meter.encoded);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(NameOf(*parsed), NameOf(meter));
}

TEST(TpmTemplates, GateIndexIsInTheOwnersRangeAndDependsOnVendorAndProduct) {
  EXPECT_EQ(GateIndex("Northlight", "studio") & 0xfff00000, 0x01900000u);
  EXPECT_NE(GateIndex("Northlight", "studio"), GateIndex("Northlight", "render"));
  EXPECT_NE(GateIndex("ab", "c"), GateIndex("a", "bc"));
}

}  // namespace
}  // namespace holdfast::tpm
