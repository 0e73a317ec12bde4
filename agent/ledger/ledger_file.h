// STATE/ledger.json: the ledger's content with what authenticates it.
//
//   { "schema": "1.0", "protection": "tpm", "counter_auth": "...", "srk": "...", "key_public": "...", "key_private": "...",
//     "content": "<JSON text>", "mac": "..." }
//   { "schema": "1.0", "protection": "none", "content": "<JSON text>", "mac": "..." }
//
// With protection "tpm" `mac` is HMAC-SHA256 over "holdfast ledger v1" 0x00 content, with a key that is sealed in the TPM.
// Without, on a host of class host only, it is SHA-256 of the same and finds damage, not intent.
#pragma once

#include "agent/ledger/ledger_content.h"
#include "agent/tpm/tpm.h"
#include "protocol/crypto/digest.h"

namespace holdfast {

inline constexpr size_t kMaxLedgerFileSize = 512 * 1024;  // the content, escaped, and what stands around it

struct LedgerProtection {  // "tpm"
  LedgerCounter counter;
  SealedKey key;
};

struct LedgerFile {
  std::optional<LedgerProtection> protection;
  std::string content;
  Bytes mac;
};

std::string FormatLedgerFile(const LedgerProtection* protection, std::string_view content, ByteView mac);
// Checks: those of ParseJson, state.schema, ledger.<member>.
Result<LedgerFile> ParseLedgerFile(std::string_view json);

// `key` is empty for protection "none".
Bytes LedgerMac(const Secret& key, std::string_view content);

}  // namespace holdfast
