// Good records to put into a store.
#pragma once

#include <gtest/gtest.h>

#include <atomic>

#include "signer/server/store/sqlite_store.h"
#include "tests/testing/temp_dir.h"

namespace holdfast {

inline constexpr Time kStoreTime{Seconds{1'800'000'000}};
inline Change At(int64_t seconds, std::string actor = "test") {
  return {kStoreTime + Seconds{seconds}, std::move(actor)};
}

// `n` makes the values of one sale, host or request differ from those of another.
inline NewLicense SaleNumber(int n, int64_t limit = 1) {
  const std::string suffix = std::to_string(n);
  return {"license-" + suffix,  "demo", "standard",      "Customer " + suffix,
          "customer-" + suffix, limit,  "key-" + suffix, Bytes(32, 7)};
}

inline ActivationProposal ProposalFor(const std::string& license, int host, int request) {
  static std::atomic<int> count{0};
  const auto number = static_cast<uint8_t>(++count);
  ActivationProposal proposal;
  proposal.id = "activation-" + std::to_string(count);
  proposal.license = license;
  proposal.ek_name = Bytes(34, static_cast<uint8_t>(host));
  proposal.content_hash = Bytes(32, static_cast<uint8_t>(request));
  proposal.license_key_name = Bytes(34, static_cast<uint8_t>(request + 100));
  proposal.serial = Bytes(16, number);
  proposal.serial[0] = 1;
  proposal.serial[1] = static_cast<uint8_t>(count.load() >> 8);
  proposal.line = "default";
  proposal.issuer_key_id = Bytes(20, 0xaa);
  proposal.not_before = kStoreTime;
  proposal.not_after = kStoreTime + Seconds{86400};
  proposal.terms = R"({"schema":"1.0"})";
  proposal.sighting =
      SightingRecord{proposal.ek_name, license, proposal.content_hash, 0x1500000, 1, 1000, 5, 2, kStoreTime};
  return proposal;
}

}  // namespace holdfast
