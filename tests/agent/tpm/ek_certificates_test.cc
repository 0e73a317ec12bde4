#include "agent/tpm/ek_certificates.h"

#include "tests/agent/tpm/fixture.h"

namespace holdfast::testing {
namespace {

using tpm::NamesKey;
using tpm::SplitCertificates;

Bytes Der(size_t content) {  // a SEQUENCE, as a certificate is one
  Bytes der = Writer().U8(0x30).U8(0x82).U16(static_cast<uint16_t>(content)).Take();
  der.resize(der.size() + content, 0xab);
  return der;
}

TEST(SplitCertificatesTest, TakesOffPaddingAndPrefix) {
  Bytes padded = Der(300);
  padded.resize(1024, 0xff);
  EXPECT_EQ(SplitCertificates(padded), std::vector<Bytes>{Der(300)});
  Bytes prefixed = Writer().U8(0x10).U8(0x01).U8(0x00).U16(304).Raw(Der(300)).Take();
  EXPECT_EQ(SplitCertificates(prefixed), std::vector<Bytes>{Der(300)});
}

TEST(SplitCertificatesTest, FindsSeveralInARow) {
  Bytes both = Der(300);
  Append(both, Der(500));
  EXPECT_EQ(SplitCertificates(both), (std::vector<Bytes>{Der(300), Der(500)}));
}

TEST(SplitCertificatesTest, GivesNothingThatIsCutShort) {
  Bytes der = Der(300);
  for (size_t size = 0; size < der.size(); size++)
    EXPECT_TRUE(SplitCertificates(ByteView(der).first(size)).empty());
  EXPECT_TRUE(SplitCertificates(Bytes(500, 0xff)).empty());
  EXPECT_TRUE(SplitCertificates(Bytes(500, 0x30)).empty());
  EXPECT_TRUE(SplitCertificates(Bytes{0x10, 0x01, 0x00}).empty());
}

class EkCertificatesTest : public TpmTest {
 protected:
  void Store(const std::string& index, const Bytes& contents) {
    WriteFile(swtpm_->dir() / "contents", contents);
    Administer("tpm2_nvdefine " + index + " -C owner -s " + std::to_string(contents.size()) +
               " -a 'ownerwrite|ownerread|authread|no_da'; tpm2_nvwrite " + index + " -C owner -i contents");
  }
  Bytes DerOf(const std::filesystem::path& pem) {
    EXPECT_EQ(swtpm_->Tools("openssl x509 -in " + pem.string() + " -outform DER -out cert.der").status, 0);
    return ReadFile(swtpm_->dir() / "cert.der");
  }
  const std::string kP256 = "0x01c0000a";
};

TEST_F(EkCertificatesTest, CertificateOfAnotherKeyIsPassedOver) {
  Bytes other = DerOf(swtpm_->ek_certificate("p384"));
  Administer("tpm2_nvundefine -C platform " + kP256);
  Store(kP256, other);
  EXPECT_EQ(Keys().ek, tpm::EkTemplate::kEccP384);
}

TEST_F(EkCertificatesTest, GarbageIsPassedOver) {
  Administer("tpm2_nvundefine -C platform " + kP256);
  Store(kP256, Bytes(700, 0x30));
  EXPECT_EQ(Keys().ek, tpm::EkTemplate::kEccP384);
}

TEST_F(EkCertificatesTest, IndexBehindAPasswordIsPassedOver) {
  Administer("tpm2_nvundefine -C platform " + kP256 + "; tpm2_nvdefine " + kP256 +
             " -C owner -s 8 -p secret -a 'authwrite|authread|no_da'; echo -n 01234567 > x; tpm2_nvwrite " +
             kP256 + " -C " + kP256 + " -P secret -i x");
  EXPECT_EQ(Keys().ek, tpm::EkTemplate::kEccP384);
}

TEST_F(EkCertificatesTest, WithoutAnyTheEkIsP256) {
  Administer("for i in 0x01c00002 0x01c0000a 0x01c00016; do tpm2_nvundefine -C platform $i; done");
  KeySet keys = Keys();
  EXPECT_EQ(keys.ek, tpm::EkTemplate::kEccP256);
  auto certificates = tpm_->EkCertificates(keys);
  ASSERT_TRUE(certificates) << certificates.error().message;
  EXPECT_TRUE(certificates->empty());
}

TEST_F(EkCertificatesTest, ChainIsReadAcrossIndexes) {
  Bytes issuer = DerOf("ca/issuercert.pem"), root = DerOf("ca/swtpm-localca-rootca-cert.pem");
  Bytes chain = issuer;
  Append(chain, root);
  size_t half = chain.size() / 2;
  Store("0x01c00100", Bytes(chain.begin(), chain.begin() + static_cast<ptrdiff_t>(half)));
  Store("0x01c00101", Bytes(chain.begin() + static_cast<ptrdiff_t>(half), chain.end()));
  auto certificates = tpm_->EkCertificates(Keys());
  ASSERT_TRUE(certificates) << certificates.error().message;
  EXPECT_EQ(*certificates, (std::vector<Bytes>{DerOf(swtpm_->ek_certificate("p256")), issuer, root}));
}

// The second must not even be tried: each wrong password would bring the lockout nearer.
TEST_F(EkCertificatesTest, ChainIndexesBehindAPasswordArePassedOverAndDoNotCountTowardsTheLockout) {
  for (std::string attributes : {"authwrite|authread|no_da", "authwrite|authread"}) {
    Administer("tpm2_nvdefine 0x01c00100 -C owner -s 8 -p secret -a '" + attributes +
               "'; echo -n 01234567 > x; tpm2_nvwrite 0x01c00100 -C 0x01c00100 -P secret -i x");
    for (int i = 0; i < 3; i++) {
      auto certificates = tpm_->EkCertificates(Keys());
      ASSERT_TRUE(certificates) << certificates.error().message;
      EXPECT_EQ(certificates->size(), 1U) << attributes;
      tpm_->Release();
    }
    Administer("tpm2_getcap properties-variable | grep -E 'TPM2_PT_LOCKOUT_COUNTER: *0x0$'");
    Administer("tpm2_nvundefine -C owner 0x01c00100");
  }
}

TEST_F(EkCertificatesTest, IndexThatOnlyTheOwnerReadsIsRead) {
  Bytes leaf = DerOf(swtpm_->ek_certificate("p256"));
  Administer("tpm2_nvundefine -C platform " + kP256);
  WriteFile(swtpm_->dir() / "contents", leaf);
  Administer("tpm2_nvdefine " + kP256 + " -C owner -s " + std::to_string(leaf.size()) +
             " -p secret -a 'ownerwrite|ownerread|authread'; tpm2_nvwrite " + kP256 +
             " -C owner -i contents");
  EXPECT_EQ(tpm_->EkCertificates(Keys())->at(0), leaf);
}

TEST_F(EkCertificatesTest, SendsAtMostFour) {
  Bytes chain;
  for (int i = 0; i < 9; i++) Append(chain, Der(200));
  Store("0x01c00100", chain);
  EXPECT_EQ(tpm_->EkCertificates(Keys())->size(), kMaxEkCertificates);
}

TEST_F(EkCertificatesTest, PersistentEkIsUsed) {
  Administer("tpm2_createek -G ecc -c 0x81010002 -u ek.pub -f tss");
  Bytes persistent = ReadFile(swtpm_->dir() / "ek.pub");
  EXPECT_EQ(Writer().Sized16(Keys().ek_public).bytes(), persistent);
}

TEST_F(EkCertificatesTest, NamesOnlyItsOwnKey) {
  KeySet keys = Keys();
  EXPECT_TRUE(NamesKey(DerOf(swtpm_->ek_certificate("p256")), keys.ek_public));
  EXPECT_FALSE(NamesKey(DerOf(swtpm_->ek_certificate("p384")), keys.ek_public));
  EXPECT_FALSE(NamesKey(DerOf(swtpm_->ek_certificate("p256")), keys.srk_public));
  EXPECT_FALSE(NamesKey({}, keys.ek_public));
  EXPECT_FALSE(NamesKey(DerOf(swtpm_->ek_certificate("p256")), {}));
}

}  // namespace
}  // namespace holdfast::testing
