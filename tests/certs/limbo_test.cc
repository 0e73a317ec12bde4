// The 207 chains of x509-limbo: none of their certificates, in whatever place, and none of their CRLs is taken
// for one of a license; and a certificate that names URLs is only read, never followed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "certs/license_file.h"
#include "protocol/armor.h"

namespace holdfast {
namespace {

std::filesystem::path LimboFile() {
  const char* directory = std::getenv("HOLDFAST_VECTORS");
  return std::filesystem::path(directory ? directory : HOLDFAST_SOURCE_DIR "/../shared/vectors") /
         "limbo.json";
}

bool IsOurs(const std::string& pem) {
  const auto blocks = ParseArmor(pem);
  // Otherwise nobody would have looked at the certificate.
  EXPECT_TRUE(blocks) << blocks.error().message << "\n" << pem;
  if (!blocks) return false;
  for (const ArmorBlock& block : *blocks) {
    for (auto profile : {CertificateProfile::kRoot, CertificateProfile::kIssuing,
                         CertificateProfile::kLicense, CertificateProfile::kMessage})
      if (Certificate::Parse(block.content, profile)) return true;
    // A plain list may look like our root's; none covers a shard of licenses.
    const auto crl = Crl::Parse(block.content);
    if (crl && !crl->fields().uri.empty()) return true;
  }
  return false;
}

TEST(Limbo, NoCertificateOrCrlIsTakenForOneOfOurs) {
  std::ifstream in(LimboFile());
  if (!in) GTEST_SKIP() << "no " << LimboFile();
  const auto cases = nlohmann::json::parse(in).at("testcases");
  ASSERT_EQ(cases.size(), 207u);
  size_t looked_at = 0;
  for (const auto& c : cases) {
    std::vector<std::string> all{c.at("peer_certificate")};
    for (const char* member : {"trusted_certs", "untrusted_intermediates", "crls"})
      for (const auto& pem : c.at(member)) all.push_back(pem);
    for (const std::string& pem : all) {
      EXPECT_FALSE(IsOurs(pem)) << c.at("id");
      looked_at++;
    }
  }
  EXPECT_GT(looked_at, 500u);
}

}  // namespace
}  // namespace holdfast
