#include "agent/patient_tpm.h"

#include <condition_variable>
#include <mutex>
#include <optional>

namespace holdfast {
namespace {

constexpr std::string_view kAdvice =
    "check the TPM and --tcti of the agent, and that no other program holds the TPM";

tl::unexpected<Error> Busy() {
  return Fail(ErrorKind::kUnavailable, "tpm.busy",
              "the agent still waits for the TPM, which has not answered an earlier command",
              std::string(kAdvice) + "; then restart the agent");
}

// std::function wants what can be copied, and secrets cannot.
std::shared_ptr<const Secret> Shared(const Secret& secret) {
  return std::make_shared<const Secret>(Secret::CopyOf(secret.Reveal()));
}

std::shared_ptr<const LedgerCounter> Shared(const LedgerCounter& counter) {
  return std::make_shared<const LedgerCounter>(
      LedgerCounter{counter.index, Secret::CopyOf(counter.auth.Reveal())});
}

}  // namespace

Error TpmSilent(std::chrono::seconds patience) {
  return {ErrorKind::kUnavailable, "tpm.silent",
          "the TPM has not answered for " + std::to_string(patience.count()) + " seconds",
          std::string(kAdvice) + "; what was asked may still be done when it answers: see holdfast status"};
}

// What the one who asks and the worker share. Questions own what they are about: who asked may be gone.
template <class T>
struct PatientTpm::Call {
  std::mutex mutex;
  std::condition_variable answered;
  std::optional<T> answer;
  bool given_up = false;
};

template <class Question>
std::invoke_result_t<Question, Tpm&> PatientTpm::Ask(Question question) {
  if (silent_) return Busy();
  const auto call = std::make_shared<Call<std::invoke_result_t<Question, Tpm&>>>();
  worker_.Post([this, call, question = std::move(question)] {
    auto answer = question(*tpm_);
    const std::lock_guard lock(call->mutex);
    if (call->given_up) {
      tpm_->Release();
      silent_ = false;
      return;
    }
    call->answer = std::move(answer);
    call->answered.notify_one();
  });
  std::unique_lock lock(call->mutex);
  if (call->answered.wait_for(lock, patience_, [&] { return call->answer.has_value(); }))
    return std::move(*call->answer);
  call->given_up = true;
  silent_ = true;
  return tl::unexpected(TpmSilent(patience_));
}

Result<KeySet> PatientTpm::CreateKeys(uint32_t gate_index) {
  return Ask([=](Tpm& tpm) { return tpm.CreateKeys(gate_index); });
}

Result<std::vector<Bytes>> PatientTpm::EkCertificates(const KeySet& keys) {
  return Ask([keys](Tpm& tpm) { return tpm.EkCertificates(keys); });
}

Result<Bytes> PatientTpm::GatePublic(const KeySet& keys) {
  return Ask([keys](Tpm& tpm) { return tpm.GatePublic(keys); });
}

Result<RequestEvidence> PatientTpm::Attest(const KeySet& keys, const LedgerCounter& counter,
                                           const Sha256Digest& qualifying_data) {
  return Ask([keys, counter = Shared(counter), qualifying_data](Tpm& tpm) {
    return tpm.Attest(keys, *counter, qualifying_data);
  });
}

Result<Secret> PatientTpm::ActivateCredential(const KeySet& keys, ByteView encrypted_key) {
  return Ask(
      [keys, wrapped = ToBytes(encrypted_key)](Tpm& tpm) { return tpm.ActivateCredential(keys, wrapped); });
}

Result<Bytes> PatientTpm::Sign(const KeySet& keys, const Sha256Digest& digest) {
  return Ask([=](Tpm& tpm) { return tpm.Sign(keys, digest); });
}

Result<Secret> PatientTpm::OpenContentKey(const KeySet& keys, const SealedContentKey& key) {
  return Ask([=](Tpm& tpm) { return tpm.OpenContentKey(keys, key); });
}

Result<SealedKey> PatientTpm::Seal(const Secret& key) {
  return Ask([key = Shared(key)](Tpm& tpm) { return tpm.Seal(*key); });
}

Result<bool> PatientTpm::HasCounter(uint32_t index) {
  return Ask([=](Tpm& tpm) { return tpm.HasCounter(index); });
}

Result<uint64_t> PatientTpm::CreateCounter(const LedgerCounter& counter) {
  return Ask([counter = Shared(counter)](Tpm& tpm) { return tpm.CreateCounter(*counter); });
}

Result<LedgerAnchor::Reading> PatientTpm::Read(const SealedKey& key, const LedgerCounter& counter) {
  return Ask([key, counter = Shared(counter)](Tpm& tpm) { return tpm.Read(key, *counter); });
}

Status PatientTpm::Advance(const LedgerCounter& counter, uint64_t to) {
  return Ask([counter = Shared(counter), to](Tpm& tpm) { return tpm.Advance(*counter, to); });
}

Result<tpm::ClockInfo> PatientTpm::ReadClock() {
  return Ask([](Tpm& tpm) { return tpm.ReadClock(); });
}

Result<SignedAttest> PatientTpm::AttestCounter(const KeySet& keys, const LedgerCounter& counter,
                                               const Sha256Digest& qualifying_data) {
  return Ask([keys, counter = Shared(counter), qualifying_data](Tpm& tpm) {
    return tpm.AttestCounter(keys, *counter, qualifying_data);
  });
}

Result<std::optional<uint64_t>> PatientTpm::PrepareMeter(uint32_t counter_index) {
  return Ask([=](Tpm& tpm) { return tpm.PrepareMeter(counter_index); });
}

Result<SignedAttest> PatientTpm::AttestMeter(const KeySet& keys, uint32_t counter_index,
                                             const Sha256Digest& qualifying_data) {
  return Ask([=](Tpm& tpm) { return tpm.AttestMeter(keys, counter_index, qualifying_data); });
}

Status PatientTpm::ChargeMeter(const HardMeter& meter) {
  return Ask([=](Tpm& tpm) { return tpm.ChargeMeter(meter); });
}

Status PatientTpm::DropMeter(uint32_t counter_index) {
  return Ask([=](Tpm& tpm) { return tpm.DropMeter(counter_index); });
}

Result<int64_t> PatientTpm::MeterUsed(const KeySet& keys, const HardMeter& meter) {
  return Ask([=](Tpm& tpm) { return tpm.MeterUsed(keys, meter); });
}

Result<HardMeters::Use> PatientTpm::UseMeter(const KeySet& keys, const HardMeter& meter, int64_t amount) {
  return Ask([=](Tpm& tpm) { return tpm.UseMeter(keys, meter, amount); });
}

Result<SignedAttest> PatientTpm::Retire(const KeySet& keys, const Sha256Digest& qualifying_data) {
  return Ask([=](Tpm& tpm) { return tpm.Retire(keys, qualifying_data); });
}

Result<std::map<std::string, std::string>> PatientTpm::Properties() {
  return Ask([](Tpm& tpm) { return tpm.Properties(); });
}

void PatientTpm::Release() {
  static_cast<void>(Ask([](Tpm& tpm) -> Status {
    tpm.Release();
    return {};
  }));
}

}  // namespace holdfast
