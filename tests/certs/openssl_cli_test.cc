// What we build is what the openssl command takes, without any of our code: a promise to customers.
#include <gtest/gtest.h>

#include <fstream>

#include "protocol/armor.h"
#include "tests/testing/pki.h"
#include "tests/testing/shell.h"
#include "tests/testing/temp_dir.h"

namespace holdfast {
namespace {

using testing::Shell;
using testing::ShellResult;
using testing::TempDir;
using testing::TestPki;

void Write(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

struct Case {
  const char* name;
  KeyType root, issuing;
};
class OpensslCli : public ::testing::TestWithParam<Case> {
 protected:
  TestPki pki{GetParam().root, GetParam().issuing};
  TempDir dir;

  // The license file serves as the certificate, the untrusted chain and the CRL source at once.
  ShellResult Verify(const LicenseFile& file, const std::string& options) {
    Write(dir.path() / "root.pem", Armor(kLabelCertificate, pki.root.der()));
    Write(dir.path() / "license.pem", FormatLicenseFile(file));
    return Shell(
        "cd " + dir.path().string() + " && openssl verify -x509_strict " + options +
        " -attime 1795327200 -CAfile root.pem -untrusted license.pem -CRLfile license.pem license.pem");
  }
};

TEST_P(OpensslCli, VerifiesALicenseFileStrictlyWithItsCrl) {
  const ShellResult result = Verify(pki.MakeLicenseFile(), "-crl_check");
  EXPECT_EQ(result.status, 0) << result.output;
}

TEST_P(OpensslCli, VerifiesTheWholeChainWithARootCrl) {
  const ShellResult result = Verify(pki.MakeLicenseFile(true), "-crl_check_all");
  EXPECT_EQ(result.status, 0) << result.output;
}

TEST_P(OpensslCli, SeesARevocation) {
  LicenseFile file = pki.MakeLicenseFile();
  CrlFields crl = pki.ShardCrlFields();
  crl.entries = {{file.license.fields().serial, testing::kPkiNow, RevocationReason::kKeyCompromise}};
  file.crl = pki.IssueCrl(crl);
  const ShellResult result = Verify(file, "-crl_check");
  EXPECT_EQ(result.status, 2) << result.output;
  EXPECT_NE(result.output.find("certificate revoked"), std::string::npos) << result.output;
}

TEST_P(OpensslCli, SeesThatAnotherShardsCrlDoesNotCoverTheLicense) {
  LicenseFile file = pki.MakeLicenseFile();
  file.crl = pki.IssueCrl(pki.ShardCrlFields(1));
  const ShellResult result = Verify(file, "-crl_check");
  EXPECT_EQ(result.status, 2) << result.output;
  EXPECT_NE(result.output.find("different CRL scope"), std::string::npos) << result.output;
}

INSTANTIATE_TEST_SUITE_P(, OpensslCli,
                         ::testing::Values(Case{"P256", KeyType::kEcP256, KeyType::kEcP256},
                                           Case{"P384", KeyType::kEcP384, KeyType::kEcP384},
                                           Case{"Rsa3072", KeyType::kRsa, KeyType::kRsa},
                                           Case{"P384OverP256", KeyType::kEcP384, KeyType::kEcP256}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace holdfast
