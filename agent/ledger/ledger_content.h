// What the agent must not lose and nobody may set back: one for each host, whatever is licensed on it (docs/ledger.md).
//
//   { "schema": "1.0", "birth": 17, "stamp": 42, "disturbed": 0,
//     "time": { "floor": "2026-11-28T06:00:00Z", "signed_until": "...", "headroom": "1d",
//               "tpm": { "clock": 123456, "resets": 7, "restarts": 0 }, "passed": 86400 },
//     "question": { "nonce": "...", "passed": 80000 },
//     "meters": [ { "root": "<hex>", "product": "editor", "license": "L-0001", "limit": "renders", "period": "month",
//                   "since": "2026-11-01T00:00:00Z", "units": 120 } ],
//     "past": [ { ..., "reported": 3 } ],
//     "heartbeats": [ { "root": "<hex>", "product": "editor", "license": "L-0001", "sequence": 3, "answer": "<hex>",
//                       "unanswered": [ "<hex>" ], "contact": "2026-11-20T06:00:00Z" } ],
//     "vouchers": [ { "root": "<hex>", "product": "editor", "license": "L-0001", "used": 1, "from": "...", "until": "...", "passed": 80000 } ],
//     "repairs": [ { "root": "<hex>", "product": "editor", "license": "L-0001", "serial": "<hex>", "from": "...", "until": "...", "passed": 1 } ],
//     "newest": [ { "root": "<hex>", "product": "editor", "license": "L-0001", "begins": "...", "list": 7 } ],
//     "forgotten": "2026-11-01T00:00:00Z" }
//
// Records of before have no "root", and most of them the vendor's name in its place, which says nothing: TakeOver gives them one
// (docs/decisions/0112).
//
// Parsing authenticates nothing: ledger.h does.
#pragma once

#include "agent/enforcement/meter.h"
#include "protocol/heartbeat_report.h"

namespace holdfast {

inline constexpr size_t kMaxMeterRecords = 128;
inline constexpr size_t kMaxPastUsage = 64;
inline constexpr size_t kMaxConversations = 64;
inline constexpr size_t kMaxVoucherRecords = 32;
inline constexpr size_t kMaxRepairRecords = 32;
inline constexpr size_t kMaxNewestRecords = 64;
inline constexpr size_t kMaxLedgerContentSize = 256 * 1024;

// What the vendor was asked the time with, until the answer is installed.
struct TimeQuestion {
  Bytes nonce;        // 32 octets
  Seconds passed{0};  // TimeRecord::passed when it was asked
};

// What was used up in a period that is over, until the vendor has acknowledged it.
struct PastUsage {
  MeterRecord meter;
  int64_t reported = 0;  // the first heartbeat that tells it; 0: none yet
};

// How the conversation with a vendor about one license stands (protocol/heartbeat_report.h).
struct ConversationRecord {
  LicenseId id;
  int64_t sequence = 0;                  // of the last report
  std::optional<Sha256Digest> answer;    // the last that was applied
  std::vector<Sha256Digest> unanswered;  // reports made since, oldest first, the last kMaxUnanswered
  std::optional<Time> contact;           // when the vendor made that answer
};

// What was used of a license's vouchers.
struct VoucherRecord {
  LicenseId id;
  int used = 0;
  GrantedPeriod last;
};

// An emergency period of a repair (repairs.h).
struct RepairRecord {
  LicenseId id;
  Bytes serial;  // of the license certificate that it was given for
  GrantedPeriod period;
};

// The newest that was installed of a license: an older file of it is a restored one (newest.h).
struct NewestRecord {
  LicenseId id;
  Time begins;  // the certificate's notBefore
  int64_t list =
      0;  // number of its revocation list, which only grows, also when the vendor's clock is put right
};

struct LedgerContent {
  int64_t birth = 0;  // the counter's value when this ledger was begun
  int64_t stamp =
      0;  // the counter's value that this content belongs to. 0: none yet, it is being begun (ledger.h)
  // Licenses of before this stamp have been used with another ledger, or with more of this one. 0: nothing was ever found.
  int64_t disturbed = 0;
  TimeRecord time;
  std::vector<MeterRecord> meters;  // one for each meter, at most kMaxMeterRecords
  std::vector<PastUsage> past;  // oldest first; at most kMaxPastUsage, then one gives way (conversation.h)
  std::vector<ConversationRecord>
      heartbeats;  // one for each license, the one that reported last at the end; at most kMaxConversations
  std::vector<NewestRecord> newest;  // one for each license, at most kMaxNewestRecords
  // A license that has no record in `newest` and begins no later may be one whose record had to give way.
  std::optional<Time> forgotten;
  std::vector<RepairRecord> repairs;  // at most kMaxRepairRecords
  std::vector<VoucherRecord>
      vouchers;  // one for each license of which any was used, at most kMaxVoucherRecords
  // Only as long as the ledger is good: an older one asks what was answered already.
  std::optional<TimeQuestion> question;
};

// Records of before that bear the license's name are its own from then on: it is the first that is seen here after the change.
void TakeOver(LedgerContent& content, const LicenseId& license);

std::string FormatLedgerContent(const LedgerContent& content);
// Checks: those of ParseJson, state.schema, ledger.<member>.
Result<LedgerContent> ParseLedgerContent(std::string_view json);

}  // namespace holdfast
