// O2: whatever single bit of a license file's objects is another, the file is refused.
#include <gtest/gtest.h>

#include <array>

#include "certs/path.h"
#include "protocol/armor.h"
#include "tests/testing/pki.h"

namespace holdfast {
namespace {

using testing::TestPki;

class BitFlips : public ::testing::TestWithParam<size_t> {};

// Through the armor, which is what comes from outside.
bool Accepted(const std::vector<ArmorBlock>& blocks, const TrustAnchors& anchors) {
  std::string text;
  for (const ArmorBlock& block : blocks) text += Armor(block.label, block.content);
  const auto file = ParseLicenseFile(text);
  return file && VerifyLicense(*file, anchors);
}

TEST_P(BitFlips, AreAllRefused) {
  const TestPki pki;
  LicenseFile file = pki.MakeLicenseFile(true);
  CrlFields crl = pki.ShardCrlFields();
  crl.entries = {{{0x05}, testing::kPkiNow, RevocationReason::kKeyCompromise}};
  file.crl = pki.IssueCrl(crl);
  const TrustAnchors anchors = pki.Anchors();
  std::vector<ArmorBlock> blocks = ParseArmor(FormatLicenseFile(file)).value();
  ASSERT_TRUE(Accepted(blocks, anchors));
  Bytes& der = blocks.at(GetParam()).content;
  for (size_t bit = 0; bit < der.size() * 8; bit++) {
    der[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    ASSERT_FALSE(Accepted(blocks, anchors)) << "bit " << bit << " of block " << GetParam();
    der[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
  }
}

std::string BlockName(const ::testing::TestParamInfo<size_t>& info) {
  constexpr std::array<const char*, 4> kNames{"License", "Issuing", "Crl", "RootCrl"};
  return kNames[info.param];
}
INSTANTIATE_TEST_SUITE_P(, BitFlips, ::testing::Values(0, 1, 2, 3), BlockName);

TEST(Signatures, EmptyOrZeroOnesAreRefused) {
  const TestPki pki;
  const CertificateFields fields = pki.LicenseFields(TestPki::Terms());
  const Bytes tbs = BuildTbsCertificate(fields, SignatureAlgorithm::kEcdsaSha256).value();
  LicenseFile file = pki.MakeLicenseFile();
  file.license =
      Certificate::Parse(AssembleSigned(tbs, SignatureAlgorithm::kEcdsaSha256, Bytes(64, 0)).value(),
                         CertificateProfile::kLicense)
          .value();
  EXPECT_EQ(VerifyLicense(file, pki.Anchors()).error().check, "path.signature");
  EXPECT_EQ(AssembleSigned(tbs, SignatureAlgorithm::kEcdsaSha256, {}).error().check, "signature.encoding");
}

}  // namespace
}  // namespace holdfast
