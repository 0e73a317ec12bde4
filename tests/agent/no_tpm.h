// A TPM that is not there: what a test does not override cannot be asked.
#pragma once

#include "agent/tpm/tpm.h"

namespace holdfast::testing {

class NoTpm : public Tpm {
 public:
  Result<KeySet> CreateKeys(uint32_t) override { return NoAnswer(); }
  Result<std::vector<Bytes>> EkCertificates(const KeySet&) override { return NoAnswer(); }
  Result<Bytes> GatePublic(const KeySet&) override { return NoAnswer(); }
  Result<RequestEvidence> Attest(const KeySet&, const LedgerCounter&, const Sha256Digest&) override {
    return NoAnswer();
  }
  Result<Secret> ActivateCredential(const KeySet&, ByteView) override { return NoAnswer(); }
  Result<Bytes> Sign(const KeySet&, const Sha256Digest&) override { return NoAnswer(); }
  Result<Secret> OpenContentKey(const KeySet&, const SealedContentKey&) override { return NoAnswer(); }
  Result<SealedKey> Seal(const Secret&) override { return NoAnswer(); }
  Result<bool> HasCounter(uint32_t) override { return NoAnswer(); }
  Result<uint64_t> CreateCounter(const LedgerCounter&) override { return NoAnswer(); }
  Result<Reading> Read(const SealedKey&, const LedgerCounter&) override { return NoAnswer(); }
  Status Advance(const LedgerCounter&, uint64_t) override { return NoAnswer(); }
  Result<tpm::ClockInfo> ReadClock() override { return NoAnswer(); }
  Result<SignedAttest> AttestCounter(const KeySet&, const LedgerCounter&, const Sha256Digest&) override {
    return NoAnswer();
  }
  Result<std::optional<uint64_t>> PrepareMeter(uint32_t) override { return NoAnswer(); }
  Result<SignedAttest> AttestMeter(const KeySet&, uint32_t, const Sha256Digest&) override {
    return NoAnswer();
  }
  Status ChargeMeter(const HardMeter&) override { return NoAnswer(); }
  Status DropMeter(uint32_t) override { return NoAnswer(); }
  Result<int64_t> MeterUsed(const KeySet&, const HardMeter&) override { return NoAnswer(); }
  Result<Use> UseMeter(const KeySet&, const HardMeter&, int64_t) override { return NoAnswer(); }
  Result<SignedAttest> Retire(const KeySet&, const Sha256Digest&) override { return NoAnswer(); }
  Result<std::map<std::string, std::string>> Properties() override { return NoAnswer(); }
  void Release() override {}

 protected:
  static tl::unexpected<Error> NoAnswer() {
    return Fail(ErrorKind::kUnavailable, "tpm.open", "there is no TPM");
  }
};

}  // namespace holdfast::testing
