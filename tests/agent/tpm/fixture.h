// A software TPM, the agent's Tpm on it, and what an administrator does to it with tpm2-tools.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "agent/tpm/tpm.h"
#include "protocol/byte_cursor.h"
#include "tests/testing/swtpm.h"
#include "tests/testing/temp_dir.h"

namespace holdfast::testing {

inline constexpr uint32_t kGate = 0x01912345;

template <class T>
std::string CheckOf(const Result<T>& result) {
  return result ? "" : result.error().check;
}

inline void WriteFile(const std::filesystem::path& file, ByteView octets) {
  std::ofstream(file, std::ios::binary)
      .write(AsText(octets).data(), static_cast<std::streamsize>(octets.size()));
}
inline Bytes ReadFile(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class TpmTest : public ::testing::Test {
 protected:
  void SetUp() override {
    swtpm_ = SwTpm::Start(dir_.path() / "tpm");
    tpm_ = Open(swtpm_->tcti());
  }
  // Counts the waits in waits_ instead of waiting.
  std::unique_ptr<Tpm> Open(const std::string& tcti) {
    return *Tpm::Open(tcti, {.sleep = [this](std::chrono::milliseconds) { waits_++; }});
  }
  void Administer(const std::string& commands) {
    tpm_->Release();
    ShellResult ran = swtpm_->Tools(commands);
    ASSERT_EQ(ran.status, 0) << commands << "\n" << ran.output;
  }
  // The lower ranks come to their turn when the EK certificates above them are gone.
  void KeepOnlyEk(tpm::EkTemplate which) {
    if (which != tpm::EkTemplate::kEccP256) Administer("tpm2_nvundefine -C platform 0x01c0000a");
    if (which == tpm::EkTemplate::kRsa2048) Administer("tpm2_nvundefine -C platform 0x01c00016");
  }
  KeySet Keys() {
    Result<KeySet> keys = tpm_->CreateKeys(kGate);
    if (!keys) ADD_FAILURE() << keys.error().message;
    return keys ? *keys : KeySet();
  }
  // The ledger's, made when it is first needed.
  const LedgerCounter& Counter() {
    if (first_count_ != 0) return ledger_counter_;
    ledger_counter_.auth = Secret(Bytes(kCounterAuthSize, 0x5a));
    Result<uint64_t> first = tpm_->CreateCounter(ledger_counter_);
    if (!first) ADD_FAILURE() << first.error().message;
    first_count_ = first.value_or(0);
    return ledger_counter_;
  }
  // What the vendor sends, by tpm2_makecredential: TPM2B_ID_OBJECT || TPM2B_ENCRYPTED_SECRET.
  Bytes Credential(const KeySet& keys, const Bytes& secret, ByteView for_public) {
    tpm::Name name = tpm::NameOf(*tpm::ParsePublic(for_public));
    WriteFile(swtpm_->dir() / "ek.pub", Writer().Sized16(keys.ek_public).bytes());
    WriteFile(swtpm_->dir() / "secret", secret);
    ShellResult made =
        swtpm_->Tools("tpm2_makecredential -T none -u ek.pub -s secret -o credential -n " + HexEncode(name));
    EXPECT_EQ(made.status, 0) << made.output;
    Bytes file = ReadFile(swtpm_->dir() / "credential");
    constexpr size_t kHeader = 8;  // magic and version of tpm2-tools
    if (file.size() < kHeader) return {};
    return Bytes(file.begin() + kHeader, file.end());
  }
  Bytes Credential(const KeySet& keys, const Bytes& secret) {
    return Credential(keys, secret, keys.ak_public);
  }

  static bool Signs(Tpm& tpm, const KeySet& keys) { return tpm.Sign(keys, kDigest).has_value(); }

  static constexpr Sha256Digest kDigest{1, 2, 3};
  static constexpr Sha256Digest kQualifyingData{4, 5, 6};
  TempDir dir_;
  std::unique_ptr<SwTpm> swtpm_;
  std::unique_ptr<Tpm> tpm_;
  int waits_ = 0;
  LedgerCounter ledger_counter_;
  uint64_t first_count_ = 0;
};

}  // namespace holdfast::testing
