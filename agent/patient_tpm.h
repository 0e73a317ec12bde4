// A TPM, or what stands in for one, that takes a command and never answers blocks its caller in the TSS library for ever. Here the
// caller is a thread of this class's own; whoever asks waits for it, but not longer than `patience`, and can go on with what needs
// no TPM.
#pragma once

#include <atomic>

#include "agent/tpm/tpm.h"
#include "agent/worker.h"

namespace holdfast {

// What is said of a TPM that has not answered in time: tpm.silent (kUnavailable).
Error TpmSilent(std::chrono::seconds patience);

class PatientTpm final : public Tpm {
 public:
  PatientTpm(std::unique_ptr<Tpm> tpm, std::chrono::seconds patience)
      : tpm_(std::move(tpm)), patience_(patience) {}
  // A call was given up and has not come back yet. From any thread.
  bool silent() const { return silent_; }

  // Of every call, besides its own checks: tpm.silent, when the time is up; tpm.busy (kUnavailable), at once, as long as an earlier
  // call has not come back. One that was given up leaves nothing behind but what it did in the TPM. Not thread safe.
  Result<KeySet> CreateKeys(uint32_t gate_index) override;
  Result<std::vector<Bytes>> EkCertificates(const KeySet& keys) override;
  Result<Bytes> GatePublic(const KeySet& keys) override;
  Result<RequestEvidence> Attest(const KeySet& keys, const LedgerCounter& counter,
                                 const Sha256Digest& qualifying_data) override;
  Result<Secret> ActivateCredential(const KeySet& keys, ByteView encrypted_key) override;
  Result<Bytes> Sign(const KeySet& keys, const Sha256Digest& digest) override;
  Result<Secret> OpenContentKey(const KeySet& keys, const SealedContentKey& key) override;
  Result<SealedKey> Seal(const Secret& key) override;
  Result<bool> HasCounter(uint32_t index) override;
  Result<uint64_t> CreateCounter(const LedgerCounter& counter) override;
  Result<Reading> Read(const SealedKey& key, const LedgerCounter& counter) override;
  Status Advance(const LedgerCounter& counter, uint64_t to) override;
  Result<tpm::ClockInfo> ReadClock() override;
  Result<SignedAttest> AttestCounter(const KeySet& keys, const LedgerCounter& counter,
                                     const Sha256Digest& qualifying_data) override;
  Result<std::optional<uint64_t>> PrepareMeter(uint32_t counter_index) override;
  Result<SignedAttest> AttestMeter(const KeySet& keys, uint32_t counter_index,
                                   const Sha256Digest& qualifying_data) override;
  Status ChargeMeter(const HardMeter& meter) override;
  Status DropMeter(uint32_t counter_index) override;
  Result<int64_t> MeterUsed(const KeySet& keys, const HardMeter& meter) override;
  Result<Use> UseMeter(const KeySet& keys, const HardMeter& meter, int64_t amount) override;
  Result<SignedAttest> Retire(const KeySet& keys, const Sha256Digest& qualifying_data) override;
  Result<std::map<std::string, std::string>> Properties() override;
  // A call that was given up releases the TPM itself when it comes back.
  void Release() override;

 private:
  template <class T>
  struct Call;
  template <class Question>
  std::invoke_result_t<Question, Tpm&> Ask(Question question);

  const std::unique_ptr<Tpm> tpm_;  // the worker's
  const std::chrono::seconds patience_;
  std::atomic<bool> silent_ = false;
  Worker worker_;  // last: it ends before what it uses, and not before the TPM has answered
};

}  // namespace holdfast
