// A LedgerAnchor without a TPM, for tests of thousands of sequences: a key store and a counter in memory, whose Advance can be
// made to fail as a TPM's does, before or after the counter has moved, as can the making of the counter. tests/agent/tpm/ledger_anchor_test.cc shows what a TPM does.
#pragma once

#include <map>
#include <utility>

#include "agent/tpm/tpm.h"
#include "protocol/crypto/random.h"

namespace holdfast::testing {

class PlayedAnchor : public LedgerAnchor {
 public:
  enum class Fault { kNone, kBefore, kAfter };
  Fault fault = Fault::kNone;         // of the next Advance
  Fault create_fault = Fault::kNone;  // of the next CreateCounter
  std::optional<uint64_t> counter;
  uint64_t highest = 0;
  bool owner_auth_set = false;  // then no counter can be made
  int increments = 0;
  std::map<Bytes, Bytes> sealed;
  tpm::ClockInfo clock{1000, 1, 0, true};

  Result<SealedKey> Seal(const Secret& key) override {
    Bytes handle = RandomBytes(8);
    sealed[handle] = ToBytes(key.Reveal());
    return SealedKey{Bytes(1), Bytes(1), std::move(handle)};
  }
  Result<bool> HasCounter(uint32_t) override { return counter.has_value(); }
  Result<uint64_t> CreateCounter(const LedgerCounter& made) override {
    if (owner_auth_set) return Refused("tpm.owner_auth", "the owner hierarchy has a password");
    const Fault now = std::exchange(create_fault, Fault::kNone);
    if (now == Fault::kBefore) return Lost();
    auth_ = ToBytes(made.auth.Reveal());
    counter = ++highest;
    if (now != Fault::kNone) return Lost();
    return *counter;
  }
  Result<Reading> Read(const SealedKey& key, const LedgerCounter& made) override {
    const auto found = sealed.find(key.private_area);
    if (found == sealed.end()) return Refused("tpm.cleared", "not a key of this TPM");
    Reading reading{Secret::CopyOf(found->second), {}, clock};
    if (Equal(auth_, made.auth.Reveal())) reading.counter = counter;
    return reading;
  }
  Status Advance(const LedgerCounter& made, uint64_t to) override {
    const Fault now = std::exchange(fault, Fault::kNone);
    if (now == Fault::kBefore) return Lost();
    if (!counter || !Equal(auth_, made.auth.Reveal()) || *counter + 1 != to)
      return Refused("tpm.counter", "elsewhere");
    highest = std::max(highest, ++*counter), increments++;
    if (now != Fault::kNone) return Lost();
    return {};
  }
  Result<tpm::ClockInfo> ReadClock() override { return clock; }

 private:
  static tl::unexpected<Error> Lost() {
    return Fail(ErrorKind::kUnavailable, "tpm.command", "the answer was lost");
  }
  Bytes auth_;
};

}  // namespace holdfast::testing
