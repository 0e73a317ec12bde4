// What a license grants. A *product file* is what the vendor writes: plans with lengths of time. *License
// terms* are one plan resolved for one license, with points in time; they are carried as JSON in the license
// certificate. Schemas: docs/schemas/product.schema.json and docs/schemas/terms.schema.json; docs/formats.md
// explains each member.
#pragma once

#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "protocol/callers.h"
#include "protocol/fingerprint.h"
#include "protocol/strict_json.h"

namespace holdfast {

inline constexpr int kTermsSchemaMajor = 1;  // "schema": "1.0"; see schema_version.h for other versions
inline constexpr int kTermsSchemaMinor = 0;
// A certificate begins so long before it is issued, so that hosts whose clocks are slow can verify it at once.
inline constexpr Seconds kLicenseBackdating{3600};
inline constexpr size_t kMaxTermsSize = 16 * 1024;
inline constexpr size_t kMaxProductFileSize = 128 * 1024;
inline constexpr size_t kMaxPlans = 64, kMaxFeatures = 256, kMaxLimits = 64, kMaxWarnings = 16, kMaxKeys = 16;
inline constexpr size_t kMaxTextSize = 256;  // octets of a feature's text value, a product's name
inline constexpr size_t kMaxNameSize = 64;   // octets of a license id, a vendor's name
// Numbers are within what every JSON tool reads exactly (RFC 7493 2.2); max + max * overage / 100 fits int64.
inline constexpr int64_t kMaxNumber = (int64_t{1} << 53) - 1;
inline constexpr int kMaxOveragePercent = 1000;

// Ids (product, plan, edition, feature, limit, content key): [a-z0-9][a-z0-9._-]{0,63}.
bool IsIdentifier(std::string_view text);

using FeatureValue = std::variant<bool, int64_t, std::string>;  // false is "not granted"

enum class LimitKind {
  kSeats,  // units held by connections; the sum over all connections is at most max
  kGauge,  // a level that applications report; the sum over all connections is at most max
  kMeter,  // units that are used up, per period
};
enum class MeterPeriod { kNever, kMonth, kYear };  // when a meter begins anew (UTC calendar)

struct Limit {
  LimitKind kind = LimitKind::kSeats;
  int64_t max = 0;
  MeterPeriod period = MeterPeriod::kNever;  // meters only
  int overage_percent = 0;                   // soft overage above max, 0 to 1000
  // Counted by the TPM itself where it can (MeterPin): a meter that never begins anew, without overage, of at most kMaxHardUnits.
  bool hard = false;
  std::optional<Callers> only = {};  // absent: whoever may connect to the agent
};
inline constexpr int64_t kMaxHardUnits = 10'000;  // each costs the TPM's NV two writes

struct Grants {
  std::string edition;
  std::map<std::string, FeatureValue> features;
  std::map<std::string, Limit> limits;
  std::set<std::string> keys = {};  // content keys (content_key.h) that are handed out; never with class host
};
// Those of all editions: what an answer brings.
std::set<std::string> AllKeys(const Grants& grants, const std::optional<Grants>& fallback);

// The one hard meter that the editions may have, each of them the same.
struct HardLimit {
  std::string name;
  int64_t max = 0;
  bool operator==(const HardLimit&) const = default;
};
// Nothing: they have none. Check: <context>.limits, when they have two, or one that is another in the fallback edition.
Result<std::optional<HardLimit>> FindHardLimit(const Grants& grants, const std::optional<Grants>& fallback,
                                               const std::string& context);

// How sure the vendor is of the hardware (requirement C5).
enum class AssuranceClass { kHwTpm, kVtpm, kHost };
std::string_view AssuranceName(AssuranceClass value);  // "hw-tpm", "vtpm", "host"
std::string_view LimitKindName(LimitKind value);       // "seats", "gauge", "meter"
std::string_view MeterPeriodName(MeterPeriod value);   // "never", "month", "year"

enum class Policy { kAllow, kWarn, kDeny };
std::string_view PolicyName(Policy value);  // "allow", "warn", "deny"

enum class ClonePolicy { kAllow, kWarn, kDeny, kSuspend };
std::string_view ClonePolicyName(ClonePolicy value);  // "allow", "warn", "deny", "suspend"

struct Policies {                   // what to do when it happens
  Policy clock = Policy::kWarn;     // clock set back; enforced by the agent
  Policy rollback = Policy::kDeny;  // state restored from a backup; enforced by the agent
  ClonePolicy clone =
      ClonePolicy::kWarn;  // two hosts with one TPM state; enforced by the vendor (docs/heartbeat.md)
};

// Which ledger of the agent's the license was born into: the NV counter that stamps it, and what that stood at when the
// license was asked for. A ledger that began at a higher value was made later, in the place of one that is gone.
struct LedgerPin {
  uint32_t index = 0;  // NV index
  int64_t base = 0;
  bool operator==(const LedgerPin&) const = default;
};

// Where the TPM counts the hard meter of a license: an NV counter of the gate's form (tpm::MeterCounterIndex), and what it stood at when the
// license was asked for. The meter's index can be charged at that value only, so once.
struct MeterPin {
  uint32_t index = 0;  // NV index
  int64_t base = 0;
  bool operator==(const MeterPin&) const = default;
};

// Break-glass: so often, and so long each time, the edition is granted although the license has ended or the vendor was not heard of.
inline constexpr int kMaxVouchers = 16;
struct Vouchers {
  int count = 0;
  Seconds length{0};
  bool operator==(const Vouchers&) const = default;
};

// What a host that lost its hardware may do without a new sale.
inline constexpr int kMaxRepairs = 100;
struct Repairs {
  int per_year = 0;  // of the license, in any 365 days
  Seconds emergency{7 *
                    86400};  // how long the edition is granted on the new hardware until the answer is there
  bool operator==(const Repairs&) const = default;
};

// What a return gives back beside the activation (docs/operations.md): the units of meters that were not used, and the time that is left.
struct ReturnCredit {
  bool units = false, time = false;
  bool operator==(const ReturnCredit&) const = default;
};

// What was used up of one meter in one period.
struct MeterUsage {
  std::string limit;
  MeterPeriod period = MeterPeriod::kNever;
  Time since;         // the period's beginning; the epoch where it never begins anew
  int64_t units = 0;  // used up
  bool operator==(const MeterUsage&) const = default;
};
// How long decisions that an application keeps stand when the agent is gone: long enough to restart it, unless the plan says otherwise.
inline constexpr Seconds kAgentAbsence{5 * 60}, kMaxAgentAbsence{7 * 86400};

struct LicenseTerms {
  std::string schema = "1.0";
  std::string license;  // license id, as in the certificate's subject
  std::string vendor;
  std::string product;
  std::string plan;
  Grants grants;                   // members edition, features, limits, keys
  std::optional<Grants> fallback;  // what is left after grace; absent: nothing
  Time valid_from;
  std::optional<Time> expires;       // absent: perpetual
  Seconds expiry_grace{0};           // certificate notAfter = expires + expiry_grace
  std::vector<Seconds> warn_before;  // descending; "expiring" begins at the first
  Seconds offline_window{0};         // 0: unlimited
  Seconds heartbeat_interval{0};
  Seconds agent_absence = kAgentAbsence;
  std::optional<Time> maintenance_until;
  AssuranceClass assurance = AssuranceClass::kHwTpm;  // what was established at activation
  Fingerprint fingerprint;          // of the licensed host: class host has one, the others are empty
  std::optional<LedgerPin> ledger;  // never with class host
  std::optional<MeterPin> meter;    // of the hard limit; absent: the ledger counts it
  Policies policies;
  bool advisory = false;  // nothing is denied, and what would have been is recorded
  std::optional<Vouchers> vouchers;
  std::optional<Repairs> repairs;
  ReturnCredit returns;  // member return
  // Of the units, what was used up before this activation, by one that was returned: a meter begins with no less. One for each meter.
  std::vector<MeterUsage> used;
};

// Checks: those of ParseJson, terms.schema (kRefused: another major), terms.<member>, terms.unknown.
Result<LicenseTerms> ParseTerms(std::string_view json);
// The octets that go into the certificate. Deterministic: members in the order of docs/formats.md, features
// and limits sorted by id, no white space. Names must be UTF-8; whether they keep to the limits is for
// ParseTerms.
std::string FormatTerms(const LicenseTerms& terms);

struct Plan {
  Grants grants;
  std::optional<Grants> fallback;
  std::optional<Seconds> duration;  // absent: perpetual
  Seconds expiry_grace{7 * 86400};
  std::vector<Seconds> warn_before{Seconds{30 * 86400}, Seconds{14 * 86400}, Seconds{7 * 86400},
                                   Seconds{86400}};
  Seconds offline_window{30 * 86400};
  Seconds heartbeat_interval{86400};
  Seconds agent_absence = kAgentAbsence;
  std::optional<Seconds> maintenance;
  std::vector<AssuranceClass> assurance{AssuranceClass::kHwTpm};  // classes that may activate
  bool allow_simulator = false;  // a simulated TPM counts as vtpm; for demonstrations and tests
  Policies policies;
  bool advisory = false;
  std::optional<Vouchers> vouchers;
  std::optional<Repairs> repairs;
  ReturnCredit returns;  // member return
};

struct ProductFile {
  std::string schema = "1.0";
  std::string name;              // for people
  std::string line = "default";  // the product line: which issuing key signs
  std::map<std::string, Plan> plans;
};

// Checks: those of ParseJson, product.schema, product.<member>, product.plans.<member>, product.unknown.
Result<ProductFile> ParseProductFile(std::string_view json);

struct Resolution {
  std::string license, vendor, product, plan;
  Time valid_from;
  AssuranceClass assurance;
  Fingerprint fingerprint = {};          // class host only
  std::optional<LedgerPin> ledger = {};  // the other classes
  std::optional<MeterPin> meter = {};    // goes into terms that have a hard limit and do not only advise
};
// A plan from valid_from on: expires = valid_from + duration, maintenance_until = valid_from + maintenance;
// neither goes beyond the last day of 9999, which certificates cannot either.
LicenseTerms ResolvePlan(const Plan& plan, const Resolution& resolution);

}  // namespace holdfast
