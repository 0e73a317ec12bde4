// Content keys, sealed by the vendor without a TPM, opened by a real (software) one, or not.
#include <gmock/gmock.h>

#include "protocol/byte_cursor.h"
#include "signer/server/verifier/seal_content_key.h"
#include "tests/activation/real_request.h"

namespace holdfast {
namespace {

using ::testing::HasSubstr;
using testing::SwTpm;

constexpr uint32_t kGate = 0x01912345;

tpm::Public SrkOf(const KeySet& keys) {
  return Must(tpm::ParsePublic(keys.srk_public));
}

Bytes PolicyOf(const KeySet& keys) {
  return Must(tpm::ParsePublic(keys.license_key_public)).auth_policy;
}

class ContentKeyTest : public ::testing::Test {
 protected:
  ContentKeyTest()
      : swtpm_(SwTpm::Start(dir_.path() / "tpm")),
        tpm_(Must(Tpm::Open(swtpm_->tcti()))),
        keys_(Must(tpm_->CreateKeys(kGate))) {}

  SealedContentKey Seal() const { return Must(SealContentKey(SrkOf(keys_), PolicyOf(keys_), key_)); }
  std::string CheckOf(const SealedContentKey& sealed) { return CheckOf(*tpm_, keys_, sealed); }
  static std::string CheckOf(Tpm& tpm, const KeySet& keys, const SealedContentKey& sealed) {
    const auto opened = tpm.OpenContentKey(keys, sealed);
    tpm.Release();
    return opened ? "opened" : opened.error().check;
  }
  testing::ShellResult Tools(const std::string& commands) {
    tpm_->Release();
    return swtpm_->Tools(commands);
  }
  void Write(const char* name, ByteView content) const {
    const Bytes sized = Writer().Sized16(content).Take();
    std::ofstream(swtpm_->dir() / name, std::ios::binary)
        .write(AsText(sized).data(), static_cast<std::streamsize>(sized.size()));
  }

  testing::TempDir dir_;
  std::unique_ptr<SwTpm> swtpm_;
  std::unique_ptr<Tpm> tpm_;
  KeySet keys_;
  const Secret key_ = RandomSecret(kContentKeySize);
};

TEST_F(ContentKeyTest, IsOpenedByTheTpmThatItWasSealedTo) {
  const SealedContentKey sealed = Seal();
  const auto opened = tpm_->OpenContentKey(keys_, sealed);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_TRUE(opened->Equals(key_));
  tpm_->Release();
  swtpm_->Reboot();
  const auto again = tpm_->OpenContentKey(keys_, sealed);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(again->Equals(key_));
}

TEST_F(ContentKeyTest, IsAsLongAsTheFormatSays) {
  const SealedContentKey sealed = Seal();
  EXPECT_EQ(sealed.public_area.size(), kContentKeyAreaSize);
  EXPECT_EQ(sealed.duplicate.size(), kDuplicateSize);
  EXPECT_EQ(sealed.seed.size(), kWrappedSeedSize);
  EXPECT_NE(sealed.seed, Seal().seed);
}

TEST_F(ContentKeyTest, IsNeverOnTheBusInClear) {
  const auto loud = SwTpm::Start(dir_.path() / "loud", {.identity = "a", .log_bus = true});
  const auto tpm = Must(Tpm::Open(loud->tcti()));
  const KeySet keys = Must(tpm->CreateKeys(kGate));
  const SealedContentKey sealed = Must(SealContentKey(SrkOf(keys), PolicyOf(keys), key_));
  ASSERT_EQ(CheckOf(*tpm, keys, sealed), "opened");
  std::string seen;
  std::ifstream log(loud->bus_log());
  for (char c; log.get(c);)
    if (isxdigit(static_cast<unsigned char>(c)) != 0)
      seen += static_cast<char>(tolower(static_cast<unsigned char>(c)));
  ASSERT_NE(seen.find(HexEncode(sealed.duplicate)), std::string::npos) << "the log has what crosses the bus";
  EXPECT_EQ(seen.find(HexEncode(key_.Reveal())), std::string::npos);
}

TEST_F(ContentKeyTest, IsNotOpenedByAnotherTpm) {
  const SealedContentKey sealed = Seal();
  const auto other_swtpm = SwTpm::Start(dir_.path() / "other", {.identity = "b"});
  const auto other = Must(Tpm::Open(other_swtpm->tcti()));
  EXPECT_EQ(CheckOf(*other, keys_, sealed), "tpm.cleared") << "copied with the keys of its machine";
  const KeySet own = Must(other->CreateKeys(kGate));
  const auto under_its_gate = Must(SealContentKey(SrkOf(keys_), PolicyOf(own), key_));
  EXPECT_EQ(CheckOf(*other, own, under_its_gate), "tpm.content_key") << "in the place of one of its own";
  EXPECT_EQ(CheckOf(*other, own, Must(SealContentKey(SrkOf(own), PolicyOf(own), key_))), "opened")
      << "control";
}

TEST_F(ContentKeyTest, IsNotOpenedWhenTheGateHasMoved) {
  const SealedContentKey sealed = Seal();
  ASSERT_TRUE(tpm_->Retire(keys_, Sha256Digest{}));
  EXPECT_EQ(CheckOf(sealed), "tpm.gate");
  const std::string gate = std::to_string(kGate);
  const auto made_anew =
      Tools("tpm2_nvundefine -C owner " + gate + "; tpm2_nvdefine -Q -C owner -s 8 -a " +
            "'ownerread|authread|authwrite|no_da|nt=counter' " + gate + "; tpm2_nvincrement " + gate);
  ASSERT_EQ(made_anew.status, 0) << made_anew.output;
  EXPECT_EQ(CheckOf(sealed), "tpm.gate");
}

TEST_F(ContentKeyTest, IsBoundToTheGateByItsName) {
  KeySet moved = keys_;
  ASSERT_TRUE(tpm_->Retire(keys_, Sha256Digest{}));
  moved.gate_base++;  // where the gate is now
  SealedContentKey sealed = Seal();
  EXPECT_EQ(CheckOf(*tpm_, moved, sealed), "tpm.content_key") << "its policy is another";
  const Bytes policy = tpm::GatePolicy(tpm::NameOf(tpm::GatePublic(kGate)), moved.gate_base);
  sealed.public_area = tpm::ContentKeyArea(policy, ByteView(sealed.public_area).last(32));
  EXPECT_EQ(CheckOf(*tpm_, moved, sealed), "tpm.content_key") << "with the policy altered it is not imported";
  EXPECT_EQ(CheckOf(*tpm_, moved, Must(SealContentKey(SrkOf(moved), policy, key_))), "opened") << "control";
}

// One bit in every 13: each costs the TPM a command where it is reached.
TEST_F(ContentKeyTest, IsNotOpenedWithAFlippedBit) {
  const SealedContentKey sealed = Seal();
  const auto flipped = [&](Bytes SealedContentKey::*part) {
    for (size_t bit = 0; bit < (sealed.*part).size() * 8; bit += 13) {
      SealedContentKey bad = sealed;
      (bad.*part)[bit / 8] ^= uint8_t(1 << bit % 8);
      const auto opened = tpm_->OpenContentKey(keys_, bad);
      ASSERT_FALSE(opened) << bit;
      EXPECT_EQ(opened.error().check, "tpm.content_key") << bit << ": " << opened.error().message;
    }
  };
  flipped(&SealedContentKey::public_area);
  flipped(&SealedContentKey::duplicate);
  flipped(&SealedContentKey::seed);
}

TEST_F(ContentKeyTest, WhatIsCutOffIsRefused) {
  const SealedContentKey sealed = Seal();
  for (auto part : {&SealedContentKey::public_area, &SealedContentKey::duplicate, &SealedContentKey::seed}) {
    for (const size_t size : {size_t{0}, size_t{1}, (sealed.*part).size() - 1}) {
      SealedContentKey bad = sealed;
      (bad.*part).resize(size);
      EXPECT_EQ(CheckOf(bad), "tpm.content_key") << size;
    }
  }
}

// By a program of root's own: without the gate's policy, and to take it elsewhere.
TEST_F(ContentKeyTest, HasNoOtherWayOut) {
  const SealedContentKey sealed = Seal();
  Write("imp.pub", sealed.public_area);
  Write("imp.dup", sealed.duplicate);
  Write("imp.seed", sealed.seed);
  const auto run = [&](const std::string& commands) {
    return Tools("tpm2_flushcontext -t; tpm2_flushcontext -l\n" + commands);
  };
  const std::string policy =
      "tpm2_startauthsession -Q --policy-session -S s.ctx\n"
      "tpm2_nvread -C 0x01912345 -s 8 0x01912345 > base\n"
      "tpm2_policynv -Q -S s.ctx -C 0x01912345 -i base 0x01912345 eq\n";
  const auto imported = run(R"(for i in x y; do printf '\x20\x00'; head -c 128 /dev/zero; done > unique
    tpm2_createprimary -Q -C owner -G ecc -u unique -c srk.ctx -a "restricted|decrypt|fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda"
    tpm2_import -Q -C srk.ctx -i imp.dup -s imp.seed -u imp.pub -r imp.priv)");
  ASSERT_EQ(imported.status, 0) << imported.output;
  const auto loaded = run("tpm2_load -Q -C srk.ctx -u imp.pub -r imp.priv -c imp.ctx");
  ASSERT_EQ(loaded.status, 0) << loaded.output;
  ASSERT_EQ(run("tpm2_createprimary -Q -C endorsement -G ecc -c other.ctx").status, 0);
  EXPECT_THAT(run("tpm2_unseal -c imp.ctx").output, HasSubstr("0x12F")) << "by password";
  EXPECT_THAT(
      run(policy + "tpm2_duplicate -C other.ctx -c imp.ctx -G null -p session:s.ctx -r d -s e").output,
      HasSubstr("0x99D"));
  const auto unsealed = run(policy + "tpm2_unseal -c imp.ctx -p session:s.ctx -o key");
  EXPECT_EQ(unsealed.status, 0) << unsealed.output << ": control";
}

TEST_F(ContentKeyTest, LeavesNothingInTheTpm) {
  ASSERT_TRUE(tpm_->OpenContentKey(keys_, Seal()));
  EXPECT_EQ(Tools("tpm2_getcap handles-transient; tpm2_getcap handles-loaded-session").output, "");
}

TEST(SealContentKey, RefusesWhatIsNotForAnSrkUnderAGate) {
  const tpm::Public no_srk;
  EXPECT_EQ(SealContentKey(no_srk, Bytes(32), RandomSecret(31)).error().check, "content_key.size");
  EXPECT_EQ(SealContentKey(no_srk, Bytes(32), RandomSecret(32)).error().check, "content_key.parent");
}

}  // namespace
}  // namespace holdfast
