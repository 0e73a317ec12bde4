// Credentials made without a TPM, opened by a (software) TPM.
#include "signer/server/verifier/make_credential.h"

#include <gtest/gtest.h>

#include "protocol/byte_cursor.h"
#include "protocol/crypto/random.h"
#include "protocol/tpm/templates.h"
#include "tests/testing/activate_credential.h"
#include "tests/testing/swtpm.h"

namespace holdfast {
namespace {

using testing::SoftwareTpm;
using testing::Swtpm;

tpm::Public PublicIn(const Swtpm& tpm, const std::string& file) {
  Bytes content = tpm.Read(file);
  return tpm::ParsePublic(Reader(content).Sized16()).value();
}

// tpm2-tools' credential file: magic, version, TPM2B_ID_OBJECT, TPM2B_ENCRYPTED_SECRET.
void WriteCredential(const Swtpm& tpm, const Bytes& credential) {
  tpm.Write("credential", Writer().U32(0xbadcc0de).U32(1).Raw(credential).bytes());
}

// A session that satisfies the EK's policy.
std::string EkSession(const std::string& kind) {
  if (kind != "ecc384")
    return "tpm2_startauthsession --policy-session -S s.ctx; tpm2_policysecret -Q -S s.ctx -c endorsement\n";
  return "echo " + HexEncode(tpm::PolicyCSha384()) +
         " | xxd -r -p > polC; tpm2_startauthsession --policy-session -g sha384 -S s.ctx\n"
         "tpm2_policysecret -Q -S s.ctx -c endorsement -L polA; tpm2_policyor -Q -S s.ctx -l "
         "sha384:polA,polC\n";
}

class MakeCredentialFor : public ::testing::TestWithParam<const char*> {
 protected:
  MakeCredentialFor() {
    tpm_.Run(std::string("tpm2_createek -G ") + GetParam() + R"( -c ek.ctx -u ek.pub -f tss
      tpm2_createprimary -Q -C owner -G ecc -c srk.ctx; tpm2_flushcontext -t
      tpm2_create -Q -C srk.ctx -G ecc256:ecdsa-sha256:null -a "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign|noda" -u key.pub -r key.priv
      tpm2_flushcontext -t; tpm2_load -Q -C srk.ctx -u key.pub -r key.priv -c key.ctx; tpm2_flushcontext -t)");
  }
  bool Opens() {
    return tpm_.Succeeds(
        EkSession(GetParam()) +
        "tpm2_activatecredential -Q -c key.ctx -C ek.ctx -i credential -o secret -P session:s.ctx");
  }
  Swtpm tpm_;
};

TEST_P(MakeCredentialFor, IsOpenedByTheTpmThatHoldsTheNamedKey) {
  Secret secret = RandomSecret(32);
  WriteCredential(
      tpm_, MakeCredential(PublicIn(tpm_, "ek.pub"), NameOf(PublicIn(tpm_, "key.pub")), secret).value());
  ASSERT_TRUE(Opens());
  EXPECT_EQ(HexEncode(tpm_.Read("secret")), HexEncode(secret.Reveal()));
}

TEST_P(MakeCredentialFor, IsNotOpenedWhenItNamesAnotherKey) {
  tpm::Name other = NameOf(PublicIn(tpm_, "ek.pub"));
  WriteCredential(tpm_, MakeCredential(PublicIn(tpm_, "ek.pub"), other, RandomSecret(32)).value());
  EXPECT_FALSE(Opens());
}

INSTANTIATE_TEST_SUITE_P(EachEk, MakeCredentialFor, ::testing::Values("rsa", "ecc", "ecc384"));

class SoftwareEk : public ::testing::TestWithParam<tpm::EkTemplate> {
 protected:
  SoftwareTpm tpm_{GetParam()};
  ActivationRequest request_ = ParseRequest(testing::BuildRequest(tpm_)).value();
  tpm::Public ek_ = tpm::ParsePublic(request_.content.ek_public).value();
  tpm::Name name_ = testing::AkName(request_);
};

TEST_P(SoftwareEk, OpensWhatWasMadeForItAndNoOther) {
  Secret secret = RandomSecret(32);
  Bytes credential = MakeCredential(ek_, name_, secret).value();
  EXPECT_TRUE(ActivateCredential(tpm_, name_, credential)->Equals(secret));
  EXPECT_FALSE(ActivateCredential(SoftwareTpm(GetParam()), name_, credential));
  EXPECT_FALSE(ActivateCredential(tpm_, NameOf(ek_), credential));
}

TEST_P(SoftwareEk, GetsAFreshCredentialEachTime) {
  Secret secret = RandomSecret(32);
  EXPECT_NE(MakeCredential(ek_, name_, secret).value(), MakeCredential(ek_, name_, secret).value());
}

TEST_P(SoftwareEk, OpensNoCredentialWithAFlippedBit) {
  Bytes credential = MakeCredential(ek_, name_, RandomSecret(32)).value();
  for (size_t bit = 0; bit < credential.size() * 8; bit += 7) {
    credential[bit / 8] ^= uint8_t(1 << bit % 8);
    EXPECT_FALSE(ActivateCredential(tpm_, name_, credential)) << bit;
    credential[bit / 8] ^= uint8_t(1 << bit % 8);
  }
}

INSTANTIATE_TEST_SUITE_P(MakeCredential, SoftwareEk,
                         ::testing::Values(tpm::EkTemplate::kRsa2048, tpm::EkTemplate::kEccP256,
                                           tpm::EkTemplate::kEccP384));

TEST(MakeCredential, RefusesASecretThatTheTpmWouldNotTake) {
  EXPECT_EQ(MakeCredential(tpm::Public{}, {}, RandomSecret(33)).error().check, "credential.secret");
  EXPECT_EQ(MakeCredential(tpm::Public{}, {}, Secret()).error().check, "credential.secret");
}

}  // namespace
}  // namespace holdfast
