// A whole signer on a SoftHSM token: ceremony held, issuer loaded, with a clock that the test sets.
#pragma once

#include <gtest/gtest.h>

#include "certs/path.h"
#include "signer/hsm/change.h"
#include "signer/hsm/key_ceremony.h"
#include "signer/hsm/signer_loader.h"
#include "tests/signer/hsm/orders.h"
#include "tests/testing/tokens.h"

namespace holdfast::hsm {

// Not ConfigOf: the fixture of pkcs11/ has that name, and both are linked into hsm_test.
inline TokenConfig CeremonyConfigOf(const testing::TestToken& token) {
  TokenConfig config;
  config.module = token.module;
  config.module_env = token.module_env;
  config.uri = token.uri;
  config.pin_file = token.pin_file;
  config.sessions = 2;
  return config;
}

class SignerTest : public ::testing::Test {
 protected:
  Ceremony MakeCeremony(const std::string& key_type = "ec-p256") {
    Ceremony ceremony;
    ceremony.plan =
        MakeSimplePlan({.vendor = kTestVendor, .key_type = key_type, .token = CeremonyConfigOf(token_)});
    ceremony.plan_text = FormatCeremonyPlan(ceremony.plan, directory());
    ceremony.directory = directory();
    ceremony.clock = clock_;
    return ceremony;
  }
  void Hold(const std::string& key_type = "ec-p256") {
    auto transcript = HoldCeremony(MakeCeremony(key_type));
    ASSERT_TRUE(transcript) << transcript.error().check << ": " << transcript.error().message;
  }
  void Load() {
    signer_.reset();
    auto loaded = LoadSigner(paths_.Config(), clock_);
    ASSERT_TRUE(loaded) << loaded.error().check << ": " << loaded.error().message;
    signer_.emplace(std::move(*loaded));
  }
  Issuer& issuer() { return *signer_->issuer; }
  Path directory() const { return paths_.directory; }

  // The license, its issuing certificate and list as a file, verified as a customer does.
  Result<VerifiedLicense> Verify(const Bytes& license, const Bytes& crl, int generation = 1) {
    HOLDFAST_TRY(Certificate leaf, Certificate::Parse(license, CertificateProfile::kLicense));
    HOLDFAST_TRY(Certificate issuing,
                 ReadCertificate(paths_.Issuing("default", generation), CertificateProfile::kIssuing));
    HOLDFAST_TRY(Crl list, Crl::Parse(crl));
    HOLDFAST_TRY(Certificate root, ReadRoot(paths_));
    return VerifyLicense({std::move(leaf), std::move(issuing), std::move(list), {}}, {{std::move(root)}});
  }

  testing::SoftToken token_ = testing::SoftToken::Create();
  testing::ScratchDirectory scratch_;
  const SignerPaths paths_{scratch_.path() / "signer"};
  Time now_ = kTestNow;
  const Clock clock_ = [this] { return now_; };
  std::optional<LoadedSigner> signer_;
};

}  // namespace holdfast::hsm
