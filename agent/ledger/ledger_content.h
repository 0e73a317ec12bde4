// What the agent must not lose and nobody may set back: one for each host, whatever is licensed on it (docs/ledger.md).
//
//   { "schema": "1.0", "birth": 17, "stamp": 42, "disturbed": 0,
//     "time": { "floor": "2026-11-28T06:00:00Z", "signed_until": "...", "headroom": "1d",
//               "tpm": { "clock": 123456, "resets": 7, "restarts": 0 } },
//     "licenses": { "<SHA-256 of the license key, hex>": { "accepted": 40, "nonce": "<32 octets, base64url>" } } }
//
// Parsing authenticates nothing: ledger.h does.
#pragma once

#include <map>

#include "agent/time/owned_time.h"
#include "protocol/crypto/digest.h"
#include "protocol/strict_json.h"

namespace holdfast {

inline constexpr size_t kMaxLedgerContentSize = 128 * 1024;
inline constexpr size_t kMaxLedgerLicenses = 256;
inline constexpr size_t kLedgerNonceSize = 32;

// What is kept for one license key, as long as the host has a ledger.
struct LicenseAccount {
  // Disturbances of the ledger up to this stamp are forgiven, by the vendor's word. 0: none.
  int64_t accepted = 0;
  Bytes nonce;  // of the open time request; empty: none is open
  bool operator==(const LicenseAccount&) const = default;
};

struct LedgerContent {
  int64_t birth = 0;  // the counter's value when this ledger was begun
  int64_t stamp = 0;  // the counter's value that this content belongs to
  // Licenses of before this stamp have been used with another ledger, or with more of this one. 0: nothing was ever found.
  int64_t disturbed = 0;
  TimeRecord time;
  std::map<std::string, LicenseAccount> licenses;
};

// The name of a license key in `licenses`.
std::string AccountName(const Sha256Digest& spki_hash);

std::string FormatLedgerContent(const LedgerContent& content);
// Checks: those of ParseJson, state.schema, ledger.<member>.
Result<LedgerContent> ParseLedgerContent(std::string_view json);

}  // namespace holdfast
