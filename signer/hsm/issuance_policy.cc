#include "signer/hsm/issuance_policy.h"

#include <algorithm>

#include "certs/crl_rules.h"
#include "protocol/heartbeat_answer.h"
#include "protocol/return_nonce.h"
#include "protocol/strict_json.h"
#include "protocol/terms.h"
#include "protocol/time_answer.h"

namespace holdfast::hsm {
namespace {

constexpr int64_t kLargestNumberStep = 1'000'000;

constexpr Seconds kClockTolerance{300};
constexpr Seconds kMinute{60};
constexpr size_t kSerialSize = 16;  // what the store reserves; 128 bits, so never twice by chance

Status CheckClock(const PolicyContext& context) {
  if (!context.last_signed || context.now + kClockTolerance >= *context.last_signed) return {};
  return Refused(
      "policy.clock",
      "this machine's clock says " + FormatTime(context.now) +
          ", before the last record of the audit log at " + FormatTime(*context.last_signed),
      "Set the signer's clock. If it was ahead then and is right now: holdfast-signer audit accept-clock");
}

Status CheckRate(const PolicyContext& context, int limit) {
  if (context.signed_last_minute < limit) return {};
  return Refused("policy.rate", "more than " + std::to_string(limit) + " signatures of this kind in a minute",
                 "Wait a minute; the limit is in signer.conf");
}

Status CheckValidity(const LicenseOrder& order, const IssuancePolicy& policy, const PolicyContext& context) {
  const auto refuse = [](std::string what) { return Refused("policy.validity", std::move(what)); };
  if (order.not_after <= order.not_before) return refuse("notAfter is not after notBefore");
  if (order.not_after - order.not_before > policy.maximum_validity)
    return refuse("the license is valid for more than " + FormatDuration(policy.maximum_validity));
  if (order.not_before < context.now - policy.maximum_backdating)
    return refuse("notBefore " + FormatTime(order.not_before) + " is too far in the past");
  if (order.not_before > context.now + policy.maximum_postdating)
    return refuse("notBefore " + FormatTime(order.not_before) + " is too far in the future");
  if (order.not_before < context.issuer_not_before || order.not_after > context.issuer_not_after)
    return refuse("the license is valid outside the issuing certificate's time, which ends " +
                  FormatTime(context.issuer_not_after));
  return {};
}

Status CheckTerms(const LicenseOrder& order, const PolicyContext& context) {
  auto terms = ParseTerms(order.terms_json);
  if (!terms) return Refused("policy.terms", "the terms are malformed: " + terms.error().message);
  if (terms->license != order.license_id)
    return Refused("policy.terms", "the terms are those of another license");
  if (terms->vendor != context.vendor)
    return Refused("policy.terms", "the terms are those of another vendor");
  if (terms->expires && *terms->expires + terms->expiry_grace != order.not_after)
    return Refused("policy.terms", "notAfter is not the end of the terms with their grace");
  return {};
}

Result<PublicKey> CheckSubjectKey(const LicenseOrder& order) {
  auto key = PublicKey::FromSpki(order.subject_spki);
  if (!key) return Refused("policy.key", "the license key cannot be read: " + key.error().message);
  if (key->type() != KeyType::kEcP256) return Refused("policy.key", "the license key is not a P-256 key");
  return std::move(*key);
}

bool IsSerial(const Bytes& serial) {
  return serial.size() == kSerialSize && serial[0] > 0 && serial[0] < 0x80;
}

bool IsEntrySerial(const Bytes& serial) {
  return !serial.empty() && serial.size() <= 20 && serial[0] > 0 && serial[0] < 0x80;
}

bool Has(const CrlFields* list, const RevokedEntry& entry) {
  return list && std::find(list->entries.begin(), list->entries.end(), entry) != list->entries.end();
}

Status CheckEntries(const CrlFields& list, const PolicyContext& context, const CrlFields* previous) {
  const auto refuse = [](std::string what) { return Refused("policy.crl_entries", std::move(what)); };
  if (list.entries.size() > kMaxCrlEntries)
    return refuse("more than " + std::to_string(kMaxCrlEntries) + " entries in one shard");
  for (size_t i = 0; i < list.entries.size(); i++) {
    const RevokedEntry& entry = list.entries[i];
    if (!IsEntrySerial(entry.serial)) return refuse("an entry's serial number is malformed");
    // What is published keeps its date, whatever was allowed, or whatever the clock said, when it was.
    if (entry.date > list.this_update + kClockTolerance && !Has(previous, entry))
      return refuse("serial " + HexEncode(entry.serial) + " is revoked after thisUpdate");
    if (entry.date < context.issuer_not_before && !Has(previous, entry))
      return refuse("serial " + HexEncode(entry.serial) +
                    " is revoked before its issuer's certificate begins");
    if (i > 0 && !SerialLess(list.entries[i - 1].serial, entry.serial))
      return refuse("serial " + HexEncode(entry.serial) + " occurs twice");
  }
  return {};
}

// What is revoked was ordered before, to begin `maximum_postdating` later at most and to last no longer than
// `maximum_validity`.
std::vector<Bytes> MayDrop(const CrlFields& previous, const CrlFields& next, const IssuancePolicy& policy) {
  std::vector<Bytes> serials;
  for (const auto& entry : previous.entries)
    if (entry.reason == RevocationReason::kCertificateHold ||
        entry.date + policy.maximum_postdating + policy.maximum_validity < next.this_update)
      serials.push_back(entry.serial);
  return serials;
}

}  // namespace

void RateWindow::Add(Time time) {
  times_.push_back(times_.empty() ? time : std::max(time, times_.back()));
  if (times_.size() < 4096 || times_[times_.size() / 2] >= time - kMinute) return;
  times_.erase(times_.begin(), times_.begin() + static_cast<std::ptrdiff_t>(times_.size() / 2));
}

int RateWindow::LastMinute(Time now) const {
  const auto first = std::upper_bound(times_.begin(), times_.end(), now - kMinute);
  return static_cast<int>(times_.end() - first);
}

Result<PublicKey> CheckLicenseOrder(const LicenseOrder& order, const IssuancePolicy& policy,
                                    const PolicyContext& context) {
  HOLDFAST_CHECK(CheckClock(context));
  HOLDFAST_CHECK(CheckRate(context, policy.licenses_per_minute));
  if (!IsSerial(order.serial))
    return Refused("policy.serial", "a license's serial number is 16 octets, positive, the first not zero");
  HOLDFAST_CHECK(CheckValidity(order, policy, context));
  if (auto name = EncodeName({order.customer, order.license_id}); !name)
    return Refused("policy.subject", "the subject cannot be a name: " + name.error().message);
  HOLDFAST_TRY(PublicKey key, CheckSubjectKey(order));
  HOLDFAST_CHECK(CheckTerms(order, context));
  return key;
}

Status CheckCrl(const CrlFields& list, const IssuancePolicy& policy, const PolicyContext& context,
                const CrlFields* previous) {
  HOLDFAST_CHECK(CheckClock(context));
  if (list.number < 1) return Refused("policy.crl_number", "CRL numbers begin with 1");
  // Numbers follow the clock. One list far ahead would be the shard's last: every later one has to be higher.
  const int64_t from =
      std::max(previous ? previous->number : 0, int64_t{context.now.time_since_epoch().count()});
  if (list.number > from + kLargestNumberStep)
    return Refused("policy.crl_number", "the CRL number is more than " + std::to_string(kLargestNumberStep) +
                                            " ahead of the last one and of the clock");
  if (list.this_update > context.now + kClockTolerance ||
      list.this_update < context.now - policy.maximum_backdating)
    return Refused("policy.crl_dates", "thisUpdate " + FormatTime(list.this_update) + " is not about now");
  if (list.next_update <= list.this_update)
    return Refused("policy.crl_dates", "nextUpdate is not after thisUpdate");
  if (list.next_update - list.this_update > policy.maximum_crl_lifetime)
    return Refused("policy.crl_dates",
                   "nextUpdate is more than " + FormatDuration(policy.maximum_crl_lifetime) + " ahead");
  HOLDFAST_CHECK(CheckEntries(list, context, previous));
  if (!previous) return {};
  CrlFields before = *previous;
  // CheckClock was passed, so the operator has accepted that the clock was ahead when that list was signed: the
  // shard would have no list until then. Its number still grows, and that is what customers go by.
  if (before.this_update > context.now + kClockTolerance) before.this_update = list.this_update;
  return CheckSuccession(before, list, MayDrop(before, list, policy));
}

static bool IsAboutNow(Time time, const IssuancePolicy& policy, const PolicyContext& context) {
  return time <= context.now + policy.maximum_backdating && time >= context.now - policy.maximum_backdating;
}

static Status CheckProductKey(JsonObject& o, const IssuancePolicy& policy, const PolicyContext& context) {
  if (o.String("jti", 22).size() != 22) o.Fault("jti", "is not 22 characters long");
  if (o.String("iss", 64) != context.vendor) o.Fault("iss", "is not this vendor");
  if (!IsIdentifier(o.String("product", 64))) o.Fault("product", "is not an identifier");
  if (!IsIdentifier(o.String("plan", 64))) o.Fault("plan", "is not an identifier");
  if (!IsAboutNow(Time(Seconds(o.Integer("iat", 0, INT64_MAX / 4))), policy, context))
    o.Fault("iat", "is not about now");
  if (o.Base64Url("seed", 64).size() != 32) o.Fault("seed", "is not 32 octets");
  return o.Finish();
}

static Status CheckReturnNonce(ByteView payload, const IssuancePolicy& policy, const PolicyContext& context) {
  const auto nonce = ParseMessage(kReturnNonce, payload);
  if (!nonce) return Refused("policy.message", "the payload cannot be read: " + nonce.error().message);
  if (nonce->vendor != context.vendor) return Refused("policy.message.vendor", "vendor is not this vendor");
  if (IsAboutNow(nonce->time, policy, context)) return {};
  return Refused("policy.message.issued", "issued is not about now");
}

// The signer's own clock is what a host will go by: a time that is further off than two machines' clocks are is not signed.
template <class Answer>
static Status CheckTellsTime(const Result<Answer>& answer, const PolicyContext& context) {
  if (!answer) return Refused("policy.message", "the payload cannot be read: " + answer.error().message);
  if (answer->vendor != context.vendor) return Refused("policy.message.vendor", "vendor is not this vendor");
  const Seconds off = answer->time - context.now;
  if (off >= -kClockTolerance && off <= kClockTolerance) return {};
  return Refused("policy.message.time",
                 "the time is " + FormatTime(answer->time) + ", and here it is " + FormatTime(context.now));
}

Status CheckMessageOrder(const MessageOrder& order, const IssuancePolicy& policy,
                         const PolicyContext& context) {
  HOLDFAST_CHECK(CheckClock(context));
  HOLDFAST_CHECK(CheckRate(context, policy.messages_per_minute));
  if (order.type == MessageType::kReturnNonce) return CheckReturnNonce(order.payload, policy, context);
  if (order.type == MessageType::kTimeAnswer)
    return CheckTellsTime(ParseMessage(kTimeAnswer, order.payload), context);
  if (order.type == MessageType::kHeartbeatAnswer)
    return CheckTellsTime(ParseHeartbeatAnswer(order.payload), context);
  if (order.type != MessageType::kProductKey)
    return Refused("policy.message", "messages of this type are not signed with the message key");
  auto json = ParseJson(AsText(order.payload), 4096);
  if (!json) return Refused("policy.message", "the payload cannot be read: " + json.error().message);
  JsonObject o(*json, "policy.message");
  auto finished = CheckProductKey(o, policy, context);
  if (!finished) finished.error().kind = ErrorKind::kRefused;
  return finished;
}

}  // namespace holdfast::hsm
