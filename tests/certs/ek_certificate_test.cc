// EK certificates: those of real (software) TPMs verify, hostile ones are refused by name.
#include "certs/ek_certificate.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <functional>

#include "certs/openssl_x509.h"
#include "protocol/armor.h"
#include "tests/testing/der_tree.h"
#include "tests/testing/ek_authority.h"
#include "tests/testing/pki.h"
#include "tests/testing/shell.h"
#include "tests/testing/swtpm.h"
#include "tests/testing/temp_dir.h"

namespace holdfast {
namespace {

using testing::DerNode;
using testing::kPkiNow;
using testing::SoftwareKey;
using testing::TestPki;

Bytes Hex(std::string_view hex) {
  return HexDecode(hex).value();
}
DerNode Node(std::string_view hex) {
  return DerNode::Parse(Hex(hex));
}

std::string Outcome(const std::vector<Bytes>& chain, const EkRootBundle& bundle) {
  const auto identity = VerifyEkCertificate(chain, bundle, kPkiNow);
  return identity ? "verified" : identity.error().check;
}

Sha256Digest TbsHash(const Bytes& certificate) {
  return Sha256(DerNode::Parse(certificate)[0].Encode());
}

// --- As swtpm makes them

std::vector<Bytes> PemCertificates(const std::filesystem::path& path) {
  std::ifstream in(path);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  std::vector<Bytes> all;
  const std::vector<ArmorBlock> blocks = ParseArmor(text).value();
  for (const ArmorBlock& block : blocks) all.push_back(block.content);
  return all;
}

class SwtpmEk : public ::testing::TestWithParam<const char*> {
 protected:
  testing::TempDir dir;
  std::unique_ptr<testing::SwTpm> tpm = testing::SwTpm::Start(dir.path());
  std::vector<Bytes> ca = PemCertificates(tpm->ca_chain());  // root, issuing
  Bytes ek = PemCertificates(tpm->ek_certificate(GetParam())).at(0);

  EkRootBundle Bundle(const std::vector<Bytes>& certificates) {
    EkRootBundle bundle;
    for (const Bytes& c : certificates)
      bundle.roots.push_back({EkRootClass::kSimulator, "swtpm " + std::to_string(bundle.roots.size()), c});
    return bundle;
  }
};

TEST_P(SwtpmEk, LeadsToItsCaWhoseClassIsSimulator) {
  const auto identity = VerifyEkCertificate({ek}, Bundle(ca), kPkiNow);
  ASSERT_TRUE(identity) << identity.error().check << ": " << identity.error().message;
  EXPECT_EQ(identity->root_class, EkRootClass::kSimulator);
  EXPECT_EQ(identity->manufacturer, "id:00001014");
  EXPECT_EQ(identity->model, "swtpm");
  EXPECT_FALSE(identity->version.empty());
  EXPECT_FALSE(identity->expired);
  const KeyType expected = std::string_view(GetParam()) == "rsa2048" ? KeyType::kRsa
                           : std::string_view(GetParam()) == "p256"  ? KeyType::kEcP256
                                                                     : KeyType::kEcP384;
  EXPECT_EQ(identity->key.type(), expected);
}

TEST_P(SwtpmEk, LeadsToTheRootThroughAnIntermediateFromTheRequest) {
  EXPECT_EQ(Outcome({ek, ca[1]}, Bundle({ca[0]})), "verified");
  EXPECT_EQ(Outcome({ek}, Bundle({ca[0]})), "ek.path");
  EXPECT_EQ(Outcome({ek}, Bundle({ca[1]})), "verified") << "a known intermediate is an anchor, too";
}

TEST_P(SwtpmEk, OfAnUnknownCaIsRefusedEvenWhenTheRequestBringsTheCa) {
  EXPECT_EQ(Outcome({ek, ca[1], ca[0]}, Bundle({testing::EkAuthority().root()})), "ek.path");
  EXPECT_EQ(Outcome({ek, ca[1], ca[0]}, {}), "ek.path");
}

TEST_P(SwtpmEk, IsRefusedWhenItOrItsIssuerIsRevoked) {
  for (const Bytes& revoked : {ek, ca[1]}) {
    EkRootBundle bundle = Bundle(ca);
    bundle.revoked = {TbsHash(revoked)};
    EXPECT_EQ(Outcome({ek}, bundle), "ek.revoked");
  }
}

TEST_P(SwtpmEk, IsCutOutOfWhatTheNvIndexHolds) {
  for (const Bytes& padding : {Bytes(), Bytes(100, 0xff), Bytes(100, 0x00)}) {
    for (const char* prefix : {"", "1001000400"}) {
      Bytes nv = Hex(prefix);
      Append(nv, ek);
      Append(nv, padding);
      const auto trimmed = TrimEkCertificate(nv);
      ASSERT_TRUE(trimmed) << trimmed.error().message;
      EXPECT_EQ(ToBytes(*trimmed), ek);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, SwtpmEk, ::testing::Values("rsa2048", "p256", "p384"),
                         [](const auto& info) { return std::string(info.param); });

// --- Hostile and odd ones: made from a good one, changed, and signed again by a CA that is trusted.

class Ek : public ::testing::Test {
 protected:
  TestPki pki;
  std::shared_ptr<SoftwareKey> key = SoftwareKey::Generate(KeyType::kEcP256);
  DerNode good = DerNode::Parse(testing::EkAuthority().Issue({key->public_key()}));
  EkRootBundle bundle{1, {{EkRootClass::kDiscrete, "maker", pki.root.der()}}, {}};

  enum Place : size_t { kVersion, kSerial, kAlgorithm, kIssuer, kValidity, kSubject, kKey, kExtensions };
  static std::vector<DerNode>& Extensions(DerNode& c) { return c[0][kExtensions][0].children; }
  static DerNode& Find(DerNode& c, std::string_view oid_hex) {
    for (DerNode& e : Extensions(c))
      if (e[0].value == Hex(oid_hex)) return e;
    throw std::logic_error("no such extension");
  }
  static void Remove(DerNode& c, std::string_view oid_hex) {
    std::erase_if(Extensions(c), [&](DerNode& e) { return e[0].value == Hex(oid_hex); });
  }
  static void SetValue(DerNode& c, std::string_view oid_hex, std::string_view hex) {
    Find(c, oid_hex).children.back().value = Hex(hex);
  }
  Bytes Signed(DerNode c, SoftwareKey& by) {
    c[0][kIssuer] = DerNode::Parse(EncodeName(pki.root.fields().subject).value());
    c[0][kAlgorithm] = c[1] = Node("300a06082a8648ce3d040302");
    return testing::SignTbs(c[0].Encode(), by);
  }
  std::string OutcomeOf(const std::function<void(DerNode&)>& change) {
    DerNode c = good;
    change(c);
    return Outcome({Signed(c, *pki.root_key)}, bundle);
  }
};
constexpr const char* kKeyUsage = "551d0f";
constexpr const char* kBasicConstraints = "551d13";
constexpr const char* kSan = "551d11";
constexpr const char* kEku = "551d25";

TEST_F(Ek, AGoodOneVerifies) {
  EXPECT_EQ(OutcomeOf([](DerNode&) {}), "verified");
}
TEST_F(Ek, SignedByAnotherKeyInTheCasNameIsRefused) {
  EXPECT_EQ(Outcome({Signed(good, *pki.issuing_key)}, bundle), "ek.path");
}
TEST_F(Ek, OfVersion2IsRefused) {
  EXPECT_EQ(OutcomeOf([](DerNode& c) { c[0][kVersion][0].value = {1}; }), "ek.version");
}
TEST_F(Ek, OfACaIsRefused) {
  EXPECT_EQ(OutcomeOf([](DerNode& c) { SetValue(c, kBasicConstraints, "30030101ff"); }), "ek.ca");
}
TEST_F(Ek, WithoutKeyUsageOrWithAnotherIsRefused) {
  EXPECT_EQ(OutcomeOf([](DerNode& c) { Remove(c, kKeyUsage); }), "ek.key_usage");
  EXPECT_EQ(OutcomeOf([](DerNode& c) { SetValue(c, kKeyUsage, "03020780"); }), "ek.key_usage");
}
TEST_F(Ek, ThatMaySignCertificatesIsRefused) {
  EXPECT_NE(OutcomeOf([](DerNode& c) { SetValue(c, kKeyUsage, "0302022c"); }), "verified");
}
TEST_F(Ek, MayLackExtendedKeyUsageButNotHaveOnlyAnother) {
  EXPECT_EQ(OutcomeOf([](DerNode& c) { Remove(c, kEku); }), "verified");
  EXPECT_EQ(OutcomeOf([](DerNode& c) { SetValue(c, kEku, "300a06082b06010505070301"); }),
            "ek.extended_key_usage");
}
TEST_F(Ek, WithoutTheTpmsNameIsRefused) {
  EXPECT_EQ(OutcomeOf([](DerNode& c) { Remove(c, kSan); }), "ek.san");
  EXPECT_EQ(OutcomeOf([](DerNode& c) {
              SetValue(c, kSan,
                       "30038201"
                       "61");
            }),
            "ek.san");
}
TEST_F(Ek, WithOnePartOfTheTpmsNameMissingIsRefused) {
  for (size_t part : {0u, 1u, 2u})
    EXPECT_EQ(OutcomeOf([&](DerNode& c) {
                Bytes& value = Find(c, kSan).children.back().value;
                DerNode san = DerNode::Parse(value);
                auto& name = san[0][0].children;
                name.erase(name.begin() + static_cast<ptrdiff_t>(part));
                value = san.Encode();
              }),
              "ek.san");
}
TEST_F(Ek, WithOnePartOfTheTpmsNameInATypeThatIsNoTextIsRefused) {
  const auto with_type = [&](uint8_t tag) {
    return OutcomeOf([&](DerNode& c) {
      Bytes& value = Find(c, kSan).children.back().value;
      DerNode san = DerNode::Parse(value);
      san[0][0][0][0][1].tag = tag;
      value = san.Encode();
    });
  };
  for (uint8_t text : {0x0c, 0x13, 0x16}) EXPECT_EQ(with_type(text), "verified") << int(text);
  for (uint8_t other : {0x12, 0x14}) EXPECT_EQ(with_type(other), "ek.san") << int(other);
}
TEST_F(Ek, MayHaveCriticalSubjectDirectoryAttributesButNoUnknownCriticalExtension) {
  EXPECT_EQ(OutcomeOf([](DerNode& c) { Extensions(c).push_back(Node("300c0603551d090101ff04023000")); }),
            "verified");
  EXPECT_EQ(OutcomeOf([](DerNode& c) { Extensions(c).push_back(Node("300b06022a030101ff04020500")); }),
            "ek.path");
}
// O5: addresses in certificates are for others. The listener's queue of connections stays empty.
TEST_F(Ek, WhoseIssuerCouldBeFetchedIsNotFetched) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const std::string url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/ca.der";

  const DerNode access = DerNode::Constructed(  // AuthorityInfoAccess, caIssuers
      0x30, {DerNode::Constructed(0x30, {DerNode::Primitive(0x06, Hex("2b06010505073002")),
                                         DerNode::Primitive(0x86, ToBytes(url))})});
  DerNode c = good;
  Extensions(c).push_back(DerNode::Constructed(
      0x30, {DerNode::Primitive(0x06, Hex("2b06010505070101")), DerNode::Primitive(0x04, access.Encode())}));
  const Bytes ek = Signed(c, *pki.root_key);
  EXPECT_EQ(Outcome({ek}, bundle), "verified");
  EXPECT_EQ(Outcome({ek}, {}), "ek.path");
  EXPECT_EQ(accept(listener, nullptr, nullptr), -1);
  EXPECT_EQ(errno, EAGAIN);
  close(listener);
}
// (r, s) and (r, n - s) are both signatures of one text: who has the one can make the other.
Bytes WithTwinSignature(const Bytes& certificate) {
  DerNode c = DerNode::Parse(certificate);
  DerNode signature = DerNode::Parse(ByteView(c[2].value).subspan(1));
  const Bytes order = Hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  Bytes& s = signature[1].value;
  const BignumPtr n(BN_bin2bn(order.data(), int(order.size()), nullptr)),
      old(BN_bin2bn(s.data(), int(s.size()), nullptr));
  BN_sub(n.get(), n.get(), old.get());
  s.resize(33);  // with a zero octet where the number needs one
  BN_bn2binpad(n.get(), s.data(), 33);
  while (s[0] == 0 && s[1] < 0x80) s.erase(s.begin());
  c[2].value = {0};
  Append(c[2].value, signature.Encode());
  return c.Encode();
}
TEST_F(Ek, ThatIsRevokedIsRefusedWithTheTwinOfItsSignature) {
  const Bytes ek = Signed(good, *pki.root_key), twin = WithTwinSignature(ek);
  ASSERT_NE(twin, ek);
  EXPECT_EQ(Outcome({twin}, bundle), "verified");
  bundle.revoked = {TbsHash(ek)};
  EXPECT_EQ(Outcome({ek}, bundle), "ek.revoked");
  EXPECT_EQ(Outcome({twin}, bundle), "ek.revoked");
}
TEST_F(Ek, WithAKeyOffTheCurveIsRefused) {
  EXPECT_EQ(OutcomeOf([](DerNode& c) { c[0][kKey][1].value.back() ^= 1; }), "ek.key");
}
TEST_F(Ek, WithAnRsaKeyLabelledOaepIsRefused) {
  EXPECT_EQ(OutcomeOf([](DerNode& c) {
              c[0][kKey] = DerNode::Parse(SoftwareKey::Generate(KeyType::kRsa)->public_key().spki());
              c[0][kKey][0] = Node("300d06092a864886f70d0101073000");
            }),
            "ek.key");
}
TEST_F(Ek, ThatHasExpiredIsNotedAndNotRefused) {
  const Bytes ek = Signed(good, *pki.root_key);
  const Time end = testing::EkCertificateSpec{key->public_key()}.not_after;
  EXPECT_FALSE(VerifyEkCertificate({ek}, bundle, end - Seconds(1)).value().expired);
  EXPECT_TRUE(VerifyEkCertificate({ek}, bundle, end + Seconds(1)).value().expired);
}
TEST_F(Ek, ThatIsNoCertificateOrTooManyIsRefused) {
  const Bytes ek = Signed(good, *pki.root_key);
  EXPECT_EQ(Outcome({}, bundle), "ek.der");
  EXPECT_EQ(Outcome({Bytes()}, bundle), "ek.der");
  EXPECT_EQ(Outcome({ek, Bytes{0x30, 0x00}}, bundle), "ek.der");
  EXPECT_EQ(Outcome(std::vector<Bytes>(kMaxEkChain + 1, ek), bundle), "ek.der");
  Bytes longer = ek;
  longer.push_back(0);
  EXPECT_EQ(Outcome({longer}, bundle), "ek.der") << "padding is for TrimEkCertificate to remove";
}
TEST(EkNvIndex, WithSomethingOtherThanPaddingIsRefused) {
  const Bytes ek = testing::EkAuthority().root();
  for (const char* tail : {"01", "ff00", "00ff", "0000000001"}) {
    Bytes nv = ek;
    Append(nv, Hex(tail));
    EXPECT_EQ(TrimEkCertificate(nv).error().check, "ek.der") << tail;
  }
  for (size_t size : {0u, 1u, 3u, 4u, 100u})
    EXPECT_EQ(TrimEkCertificate(ByteView(ek).first(size)).error().check, "ek.der");
  EXPECT_EQ(TrimEkCertificate(Bytes(1000, 0xff)).error().check, "ek.der");
}

// --- ROCA

// k * M + (65537^a mod M) for both primes makes a modulus that is a power of 65537 modulo M, M being the product
// of the primes up to 167; here such a number is made directly.
Bytes ModulusOfTheFormRoca() {
  const BignumPtr m(BN_new()), power(BN_new()), g(BN_new()), a(BN_new()), n(BN_new());
  std::unique_ptr<BN_CTX, OpensslFree<BN_CTX_free>> context(BN_CTX_new());
  BN_one(m.get());
  for (BN_ULONG p = 2; p <= 167; p++) {
    bool prime = true;
    for (BN_ULONG d = 2; d * d <= p; d++) prime = prime && p % d != 0;
    if (prime) BN_mul_word(m.get(), p);
  }
  BN_set_word(g.get(), 65537);
  BN_set_word(a.get(), 123456789);
  BN_mod_exp(power.get(), g.get(), a.get(), m.get(), context.get());
  BN_rand(n.get(), 2049 - BN_num_bits(m.get()), BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY);
  BN_mul(n.get(), n.get(), m.get(), context.get());
  BN_add(n.get(), n.get(), power.get());
  Bytes bytes(static_cast<size_t>(BN_num_bytes(n.get())));
  BN_bn2bin(n.get(), bytes.data());
  return bytes;
}

TEST(Roca, FindsTheFingerprint) {
  Bytes modulus = ModulusOfTheFormRoca();
  EXPECT_TRUE(HasRocaFingerprint(modulus));
  modulus.insert(modulus.begin(), 0);
  EXPECT_TRUE(HasRocaFingerprint(modulus));
  modulus.back() = static_cast<uint8_t>(modulus.back() + 2);
  EXPECT_FALSE(HasRocaFingerprint(modulus));
}
TEST(Roca, DoesNotFindItInOrdinaryKeys) {
  const auto key = SoftwareKey::Generate(KeyType::kRsa);
  EXPECT_FALSE(HasRocaFingerprint(ByteView(key->public_key().spki()).subspan(33, 384)));
}
TEST_F(Ek, WithTheFingerprintIsRefused) {
  const PublicKey weak = PublicKey::FromRsa(ModulusOfTheFormRoca(), 65537).value();
  EXPECT_EQ(OutcomeOf([&](DerNode& c) { c[0][kKey] = DerNode::Parse(weak.spki()); }), "ek.roca");
}

// --- The bundle

TEST(EkBundle, ComesBackAsItWas) {
  const testing::EkAuthority maker;
  EkRootBundle bundle = maker.Bundle(EkRootClass::kPluton);
  bundle.version = 42;
  bundle.revoked = {Sha256(maker.root())};
  const auto again = ParseEkRootBundle(FormatEkRootBundle(bundle));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->version, 42);
  ASSERT_EQ(again->roots.size(), 1u);
  EXPECT_EQ(again->roots[0].root_class, EkRootClass::kPluton);
  EXPECT_EQ(again->roots[0].name, bundle.roots[0].name);
  EXPECT_EQ(again->roots[0].certificate, maker.root());
  EXPECT_EQ(again->revoked, bundle.revoked);
}

TEST(EkBundle, OfANewerSchemaIsNotCalledMalformed) {
  const auto parsed = ParseEkRootBundle(R"({"schema":"2.0","something":"new"})");
  EXPECT_EQ(parsed.error().check, "ek_bundle.schema");
  EXPECT_EQ(parsed.error().kind, ErrorKind::kRefused);
  EXPECT_NE(parsed.error().message.find("newer than this program understands"), std::string::npos);
}

// docs/formats.md tells it to whoever writes an entry of `revoked`.
TEST(EkBundle, TheHashThatRevokesIsWhatTheDocumentedCommandGives) {
  const testing::TempDir dir;
  const Bytes root = testing::EkAuthority().root();
  std::ofstream(dir.path() / "ek.der", std::ios::binary) << AsText(root);
  const testing::ShellResult result = testing::Shell(
      "cd " + testing::Quoted(dir.path().string()) +
      " && openssl asn1parse -inform DER -in ek.der -strparse 4 -noout -out tbs.der && sha256sum tbs.der");
  EXPECT_EQ(result.status, 0) << result.output;
  EXPECT_EQ(result.output.substr(0, 64), HexEncode(TbsHash(root)));
}

TEST(EkBundle, WithOneCertificateTwiceIsRefused) {
  const testing::EkAuthority maker, other;
  EkRootBundle bundle = maker.Bundle(EkRootClass::kSimulator);
  bundle.roots.push_back(other.Bundle(EkRootClass::kDiscrete).roots[0]);
  EXPECT_TRUE(ParseEkRootBundle(FormatEkRootBundle(bundle)));
  for (const Bytes& again : {maker.root(), WithTwinSignature(maker.root())}) {
    bundle.roots[1] = {EkRootClass::kDiscrete, "again", again};
    EXPECT_EQ(ParseEkRootBundle(FormatEkRootBundle(bundle)).error().check, "ek_bundle.roots");
  }
}

TEST(EkBundle, IsReadStrictly) {
  const auto check = [](const std::string& json) {
    const auto parsed = ParseEkRootBundle(json);
    return parsed ? "parsed" : parsed.error().check;
  };
  const std::string tail = R"("version":1,"roots":[],"revoked":[]})";
  EXPECT_EQ(check(R"({"schema":"1.0",)" + tail), "parsed");
  EXPECT_EQ(check(R"({"schema":"1.1",)" + tail), "parsed") << "a newer minor only adds members";
  EXPECT_EQ(check("{" + tail), "ek_bundle.schema");
  EXPECT_EQ(check(R"({"schema":"1.0","more":1,)" + tail), "ek_bundle.unknown");
  EXPECT_EQ(check(R"({"schema":"1.0","version":1,"roots":[],"revoked":["00"]})"), "ek_bundle.revoked");
  EXPECT_EQ(check(R"({"schema":"1.0","version":1,"roots":[{}],"revoked":[]})"), "ek_bundle.root.class");
  EXPECT_EQ(check(R"({"schema":"1.0","version":1,"revoked":[],"roots":)"
                  R"([{"class":"fake","name":"x","certificate":"MAA="}]})"),
            "ek_bundle.root.class");
  EXPECT_EQ(check(R"({"schema":"1.0","version":1,"revoked":[],"roots":)"
                  R"([{"class":"discrete","name":"x","certificate":"MAA="}]})"),
            "ek_bundle.root.certificate");
}

}  // namespace
}  // namespace holdfast
