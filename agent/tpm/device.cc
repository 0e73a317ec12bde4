// The implementation of tpm.h: opens the connection when it is needed and strings the steps together.
#include <stdlib.h>

#include <thread>

#include "agent/tpm/content_key.h"
#include "agent/tpm/ek_certificates.h"
#include "agent/tpm/evidence.h"
#include "agent/tpm/gate.h"
#include "agent/tpm/keys.h"
#include "agent/tpm/ledger_counter.h"
#include "agent/tpm/meter.h"
#include "agent/tpm/meter_charge.h"
#include "agent/tpm/properties.h"
#include "agent/tpm/sealed_key.h"
#include "agent/tpm/tpm.h"
#include "agent/tpm/use.h"

namespace holdfast {
namespace tpm {
namespace {

class Device final : public Tpm {
 public:
  Device(std::string tcti, TpmOptions options) : tcti_(std::move(tcti)), options_(std::move(options)) {}

  Result<KeySet> CreateKeys(uint32_t gate_index) override {
    return Use([&](Connection& tpm) { return MakeKeys(tpm, gate_index); });
  }
  Result<std::vector<Bytes>> EkCertificates(const KeySet& keys) override {
    return Use([&](Connection& tpm) { return ek_certificates_.Read(tpm, keys.ek, keys.ek_public); });
  }
  // Computed: NV_Certify and the Verifier compare it with what the TPM has.
  Result<Bytes> GatePublic(const KeySet& keys) override { return tpm::GatePublic(keys.gate_index).encoded; }
  Result<RequestEvidence> Attest(const KeySet& keys, const LedgerCounter& counter,
                                 const Sha256Digest& qualifying_data) override {
    return Use([&](Connection& tpm) { return MakeEvidence(tpm, keys, counter, qualifying_data); });
  }
  Result<Secret> ActivateCredential(const KeySet& keys, ByteView encrypted_key) override {
    return Use([&](Connection& tpm) { return OpenCredential(tpm, keys, encrypted_key); });
  }
  Result<Bytes> Sign(const KeySet& keys, const Sha256Digest& digest) override {
    return Use([&](Connection& tpm) { return SignDigest(tpm, keys, digest); });
  }
  Result<Secret> OpenContentKey(const KeySet& keys, const SealedContentKey& key) override {
    return Use([&](Connection& tpm) { return tpm::OpenContentKey(tpm, keys, key); });
  }
  Result<SealedKey> Seal(const Secret& key) override {
    return Use([&](Connection& tpm) { return SealKey(tpm, key); });
  }
  Result<bool> HasCounter(uint32_t index) override {
    return Use([&](Connection& tpm) { return tpm::HasCounter(tpm, index); });
  }
  Result<uint64_t> CreateCounter(const LedgerCounter& counter) override {
    return Use([&](Connection& tpm) { return MakeCounter(tpm, counter); });
  }
  Result<Reading> Read(const SealedKey& key, const LedgerCounter& counter) override {
    return Use([&](Connection& tpm) { return ReadLedgerAnchor(tpm, key, counter); });
  }
  Status Advance(const LedgerCounter& counter, uint64_t to) override {
    return Use([&](Connection& tpm) { return AdvanceCounter(tpm, counter, to); });
  }
  Result<ClockInfo> ReadClock() override {
    return Use([&](Connection& tpm) { return tpm::ReadClock(tpm, ESYS_TR_NONE); });
  }
  Result<SignedAttest> AttestCounter(const KeySet& keys, const LedgerCounter& counter,
                                     const Sha256Digest& qualifying_data) override {
    return Use([&](Connection& tpm) -> Result<SignedAttest> {
      HOLDFAST_TRY(const Handle ak, LoadAk(tpm, keys));
      return CertifyCounter(tpm, keys, ak, counter, qualifying_data);
    });
  }
  Result<std::optional<uint64_t>> PrepareMeter(uint32_t counter_index) override {
    return Use([&](Connection& tpm) { return tpm::PrepareMeter(tpm, counter_index); });
  }
  Result<SignedAttest> AttestMeter(const KeySet& keys, uint32_t counter_index,
                                   const Sha256Digest& qualifying_data) override {
    return Use([&](Connection& tpm) -> Result<SignedAttest> {
      HOLDFAST_TRY(const Handle ak, LoadAk(tpm, keys));
      return CertifyMeterCounter(tpm, keys, ak, counter_index, qualifying_data);
    });
  }
  Status ChargeMeter(const HardMeter& meter) override {
    return Use([&](Connection& tpm) { return tpm::ChargeMeter(tpm, meter); });
  }
  Status DropMeter(uint32_t counter_index) override {
    return Use([&](Connection& tpm) { return tpm::DropMeter(tpm, counter_index); });
  }
  Result<int64_t> MeterUsed(const KeySet& keys, const HardMeter& meter) override {
    return Use([&](Connection& tpm) { return tpm::MeterUsed(tpm, keys, meter); });
  }
  Result<HardMeters::Use> UseMeter(const KeySet& keys, const HardMeter& meter, int64_t amount) override {
    return Use([&](Connection& tpm) { return tpm::UseMeter(tpm, keys, meter, amount); });
  }
  Result<SignedAttest> Retire(const KeySet& keys, const Sha256Digest& qualifying_data) override {
    return Use([&](Connection& tpm) { return RetireKeys(tpm, keys, qualifying_data); });
  }
  Result<std::map<std::string, std::string>> Properties() override {
    return Use([](Connection& tpm) { return ReadProperties(tpm); });
  }
  void Release() override {
    connection_.reset();
    ek_certificates_ = {};
  }

 private:
  // A connection that broke is not used again: the next call makes a new one.
  template <class Operation>
  std::invoke_result_t<Operation, Connection&> Use(Operation operation) {
    if (!connection_) {
      HOLDFAST_TRY(connection_, Connection::Open(tcti_, options_));
    }
    auto result = operation(*connection_);
    if (connection_->broken()) Release();
    return result;
  }

  Result<KeySet> MakeKeys(Connection& tpm, uint32_t gate_index) {
    KeySet keys;
    keys.gate_index = gate_index;
    HOLDFAST_CHECK(MakeAk(tpm, keys));
    HOLDFAST_TRY(keys.gate_base, PrepareGate(tpm, gate_index));
    HOLDFAST_TRY(Primary srk, OpenSrk(tpm));
    keys.srk_public = srk.public_area;
    Bytes policy = GatePolicy(NameOf(tpm::GatePublic(gate_index)), keys.gate_base);
    HOLDFAST_TRY(KeyBlobs key, CreateLicenseKey(tpm, srk, policy));
    keys.license_key_public = std::move(key.public_area);
    keys.license_key_private = std::move(key.private_area);
    return keys;
  }

  Status MakeAk(Connection& tpm, KeySet& keys) {
    HOLDFAST_TRY(auto choice, ek_certificates_.ChooseEk(tpm));
    HOLDFAST_TRY(KeyBlobs ak, CreateAk(tpm, choice.ek, choice.which));
    keys.ek = choice.which;
    keys.ek_public = choice.ek.public_area;
    keys.ak_public = std::move(ak.public_area);
    keys.ak_private = std::move(ak.private_area);
    return {};
  }

  Result<RequestEvidence> MakeEvidence(Connection& tpm, const KeySet& keys, const LedgerCounter& counter,
                                       const Sha256Digest& qualifying_data) {
    HOLDFAST_TRY(Handle ak, LoadAk(tpm, keys));
    RequestEvidence evidence;
    {
      HOLDFAST_TRY(Handle key, LoadLicenseKey(tpm, keys));
      HOLDFAST_TRY(evidence.certify, CertifyKey(tpm, keys, ak, key, qualifying_data));
    }
    HOLDFAST_TRY(Handle gate, OpenGate(tpm, keys.gate_index));
    HOLDFAST_TRY(evidence.gate, CertifyGate(tpm, keys, ak, gate, qualifying_data));
    HOLDFAST_TRY(evidence.counter, CertifyCounter(tpm, keys, ak, counter, qualifying_data));
    HOLDFAST_TRY(QuotedPcrs quoted, QuotePcrs(tpm, keys, ak, qualifying_data));
    evidence.quote = std::move(quoted.quote);
    evidence.pcrs = std::move(quoted.pcrs);
    return evidence;
  }

  Result<SignedAttest> RetireKeys(Connection& tpm, const KeySet& keys, const Sha256Digest& qualifying_data) {
    HOLDFAST_TRY(Handle ak, LoadAk(tpm, keys));
    HOLDFAST_CHECK(RetireGate(tpm, keys.gate_index, keys.gate_base));
    HOLDFAST_TRY(Handle gate, OpenGate(tpm, keys.gate_index));
    return CertifyRetiredGate(tpm, keys, ak, gate, qualifying_data);
  }

  std::string tcti_;
  TpmOptions options_;
  std::unique_ptr<Connection> connection_;
  tpm::EkCertificates ek_certificates_;
};

}  // namespace
}  // namespace tpm

Result<std::unique_ptr<Tpm>> Tpm::Open(const std::string& tcti, TpmOptions options) {
  constexpr int kKeepIfSet = 0;
  setenv("TSS2_LOG", "all+none",
         kKeepIfSet);  // libraries do not log; tpm2-tss reads this with its first message
  if (!options.sleep)
    options.sleep = [](std::chrono::milliseconds wait) { std::this_thread::sleep_for(wait); };
  return std::make_unique<tpm::Device>(tcti, std::move(options));
}

}  // namespace holdfast
