// decisions/0024: a host forges an AK in software, and the attests with it, around the EK and the license key of a
// genuine TPM. The vendor cannot tell; the answer must not open. What the host may try is done with tpm2-tools, which
// do as they are told, where the agent would not.
#include <gmock/gmock.h>
#include <openssl/pem.h>

#include "protocol/byte_cursor.h"
#include "protocol/crypto/random.h"
#include "signer/server/verifier/make_credential.h"
#include "tests/activation/real_request.h"
#include "tests/testing/tpm_encoding.h"

namespace holdfast {
namespace {

using ::testing::HasSubstr;
using tpm::EkTemplate;

const std::string kFlush = "tpm2_flushcontext -t; tpm2_flushcontext -l\n";
const std::string kAkAttributes =
    "'restricted|sign|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda'";
// `unique` of the TCG's SRK is twice 32 zeros, in a file that mirrors tpm2-tss' structure.
const std::string kSrk =
    "for i in x y; do printf '\\x20\\x00'; head -c 128 /dev/zero; done > unique\n"
    "tpm2_createprimary -Q -C owner -G ecc -u unique -c srk.ctx -a "
    "'restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda'\n";

class SoftwareAk : public RealRequest {
 protected:
  SoftwareAk() { WriteKeys(); }

  AttestationResult AppraiseForged() {
    RequestContent content = ContentFor(*tpm_, keys_);
    content.ak_public = software_public_;
    const std::string text = FormatRequestContent(content);
    const Sha256Digest hash = RequestContentHash(text);
    const RequestEvidence evidence = Forged(Must(tpm_->Attest(keys_, counter_, hash)), content);
    return Must(Appraise(Sign(*tpm_, keys_, text, hash, evidence), policy_, kNow));
  }

  // Each attest again, in the name of the software AK, with firmware that is on no deny list.
  RequestEvidence Forged(RequestEvidence evidence, const RequestContent& content) {
    const tpm::Name ek =
        tpm::QualifiedName(tpm::kEndorsement, NameOf(Must(tpm::ParsePublic(content.ek_public))));
    const tpm::Name ak = tpm::QualifiedName(ek, NameOf(Must(tpm::ParsePublic(content.ak_public))));
    for (SignedAttest* forged : {&evidence.certify, &evidence.gate, &evidence.counter, &evidence.quote}) {
      tpm::Attest attest = Must(tpm::ParseAttest(forged->attest));
      attest.qualified_signer = ak;
      attest.firmware = kClaimedFirmware;
      forged->attest = testing::EncodeAttest(attest);
      forged->signature = testing::SignAttest(software_, forged->attest);
    }
    return evidence;
  }

  void WriteKeys() {
    Write("software.pub", Writer().Sized16(software_public_).bytes());
    Write("ak.pub", Writer().Sized16(keys_.ak_public).bytes());
    Write("ak.priv", Writer().Sized16(keys_.ak_private).bytes());
    Write("key.pub", Writer().Sized16(keys_.license_key_public).bytes());
    Write("key.priv", Writer().Sized16(keys_.license_key_private).bytes());
    std::unique_ptr<FILE, int (*)(FILE*)> pem(fopen((swtpm_->dir() / "software.pem").c_str(), "w"), fclose);
    PEM_write_PrivateKey(pem.get(), software_.handle(), nullptr, nullptr, 0, nullptr, nullptr);
  }
  void Write(const std::string& file, ByteView octets) {
    std::ofstream(swtpm_->dir() / file, std::ios::binary) << AsText(octets);
  }

  // What tpm2_activatecredential needs as its key file: magic, version, both parts of the credential.
  void WriteCredential(const tpm::Name& name) {
    const Bytes credential = Must(MakeCredential(appraised_.ek_public, name, secret_));
    Write("credential", Writer().U32(0xbadcc0de).U32(1).Raw(credential).bytes());
  }

  std::string EkPolicySession() const {
    if (GetParam() != EkTemplate::kEccP384)
      return "tpm2_startauthsession --policy-session -S s.ctx; tpm2_policysecret -Q -S s.ctx -c "
             "endorsement\n";
    return "echo " + HexEncode(tpm::PolicyCSha384()) +
           " | xxd -r -p > polC; tpm2_startauthsession --policy-session -g sha384 -S s.ctx\n"
           "tpm2_policysecret -Q -S s.ctx -c endorsement -L polA; tpm2_policyor -Q -S s.ctx -l "
           "sha384:polA,polC\n";
  }

  // Loads an object as object.ctx by `load`, with the EK in ek.ctx, then TPM2_ActivateCredential with it.
  testing::ShellResult Activate(const std::string& load) {
    const char* kind = GetParam() == EkTemplate::kRsa2048   ? "rsa"
                       : GetParam() == EkTemplate::kEccP384 ? "ecc384"
                                                            : "ecc";
    tpm_->Release();
    Administer("rm -f secret; tpm2_createek -G " + std::string(kind) + " -c ek.ctx; " + kFlush);
    Administer(load + kFlush);
    return swtpm_->Tools(EkPolicySession() +
                         "tpm2_activatecredential -Q -c object.ctx -C ek.ctx -i credential -o secret -P "
                         "session:s.ctx && echo opened");
  }
  bool SecretIsOut() const {
    std::ifstream in(swtpm_->dir() / "secret", std::ios::binary);
    return Equal(secret_.Reveal(), Bytes{std::istreambuf_iterator<char>(in), {}});
  }
  std::string LoadAk() const {
    return EkPolicySession() + "tpm2_load -Q -C ek.ctx -P session:s.ctx -u ak.pub -r ak.priv -c object.ctx\n";
  }
  static std::string LoadLicenseKey() {
    return kSrk + "tpm2_load -Q -C srk.ctx -u key.pub -r key.priv -c object.ctx\n";
  }

  static constexpr uint64_t kClaimedFirmware = 0x7777;
  const testing::TpmKey software_ = testing::TpmKey::Generate(KeyType::kEcP256);
  const Bytes software_public_ = testing::PublicArea(tpm::AkTemplateBytes(), software_.public_key());
  const Secret secret_ = RandomSecret(32);
  const AttestationResult appraised_ = AppraiseForged();
};

TEST_P(SoftwareAk, PassesAppraisal) {
  EXPECT_EQ(appraised_.firmware, kClaimedFirmware);
  EXPECT_NE(appraised_.ak_name, NameOf(Must(tpm::ParsePublic(keys_.ak_public))));
}

TEST_P(SoftwareAk, DoesNotOpenTheAnswerInTheAgent) {
  const Bytes credential = Must(MakeCredential(appraised_.ek_public, appraised_.ak_name, secret_));
  EXPECT_EQ(tpm_->ActivateCredential(keys_, credential).error().check, "tpm.credential");
  KeySet claimed = keys_;
  claimed.ak_public = software_public_;
  EXPECT_EQ(tpm_->ActivateCredential(claimed, credential).error().check, "tpm.cleared");
}

constexpr char kNoPrivatePart[] = "Esys_ActivateCredential(0x12F)",
               kIntegrity[] = "Esys_ActivateCredential(0x1DF)", kInconsistentAttributes[] = "(0x2C2)";

TEST_P(SoftwareAk, DoesNotOpenTheAnswerLoadedWithoutItsPrivatePart) {
  WriteCredential(appraised_.ak_name);
  EXPECT_THAT(Activate("tpm2_loadexternal -Q -C endorsement -u software.pub -c object.ctx\n").output,
              HasSubstr(kNoPrivatePart));
  EXPECT_FALSE(SecretIsOut());
}

TEST_P(SoftwareAk, DoesNotLoadWithItsPrivatePart) {
  tpm_->Release();
  const auto external =
      swtpm_->Tools("tpm2_loadexternal -Q -C null -G ecc:ecdsa-sha256:null -r software.pem -a " +
                    kAkAttributes + " -c object.ctx");
  EXPECT_THAT(external.output, HasSubstr(kInconsistentAttributes));
  const auto imported =
      swtpm_->Tools(kFlush + kSrk + "tpm2_import -C srk.ctx -G ecc:ecdsa-sha256:null -i software.pem -a " +
                    kAkAttributes + " -u imported.pub -r imported.priv");
  EXPECT_THAT(imported.output, HasSubstr(kInconsistentAttributes));
}

TEST_P(SoftwareAk, DoesNotOpenTheAnswerByTheTpmsRealKeysInItsPlace) {
  WriteCredential(appraised_.ak_name);
  EXPECT_THAT(Activate(LoadAk()).output, HasSubstr(kIntegrity));
  EXPECT_THAT(Activate(LoadLicenseKey()).output, HasSubstr(kIntegrity));
  EXPECT_FALSE(SecretIsOut());
}

// The control: with these same commands the AK in the TPM does open what names it.
TEST_P(SoftwareAk, IsRefusedByWhatTheRealAkPasses) {
  WriteCredential(NameOf(Must(tpm::ParsePublic(keys_.ak_public))));
  EXPECT_THAT(Activate(LoadAk()).output, HasSubstr("opened"));
  EXPECT_TRUE(SecretIsOut());
}

// The other control, and why the license key is not what an answer names: it is real, and opens whatever the AK was.
TEST_P(SoftwareAk, WouldHaveTheAnswerOpenedIfThatNamedTheLicenseKey) {
  WriteCredential(appraised_.license_key_name);
  EXPECT_THAT(Activate(LoadLicenseKey()).output, HasSubstr("opened"));
  EXPECT_TRUE(SecretIsOut());
}

INSTANTIATE_TEST_SUITE_P(EachEk, SoftwareAk, EachEk());

}  // namespace
}  // namespace holdfast
