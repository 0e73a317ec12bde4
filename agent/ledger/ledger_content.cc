#include "agent/ledger/ledger_content.h"

#include <algorithm>

#include "agent/state/state_members.h"
#include "protocol/base64.h"
#include "protocol/json_text.h"
#include "protocol/license_message.h"
#include "protocol/return_members.h"
#include "protocol/terms_members.h"

namespace holdfast {
namespace {

Json FormatTimeRecord(const TimeRecord& record) {
  Json json{{"floor", FormatTime(record.floor)},
            {"signed_until", FormatTime(record.signed_until)},
            {"headroom", FormatDuration(record.headroom)},
            {"passed", record.passed.count()}};
  if (record.tpm) {
    json["tpm"] = {{"clock", record.tpm->clock_ms},
                   {"resets", record.tpm->reset_count},
                   {"restarts", record.tpm->restart_count}};
  }
  return json;
}

constexpr int64_t kLongest = INT64_MAX / 2;

Result<TimeQuestion> ParseQuestion(const Json& json) {
  JsonObject o(json, "ledger.question");
  TimeQuestion question{o.Base64Url("nonce", kNonceSize), Seconds(o.Integer("passed", 0, kLongest))};
  if (question.nonce.size() != kNonceSize) o.Fault("nonce", "not 32 octets");
  HOLDFAST_CHECK(o.Finish());
  return question;
}

Result<tpm::ClockInfo> ParseClock(const Json& json) {
  JsonObject o(json, "ledger.time.tpm");
  tpm::ClockInfo clock;
  clock.clock_ms = static_cast<uint64_t>(o.Integer("clock", 0, INT64_MAX));
  clock.reset_count = static_cast<uint32_t>(o.Integer("resets", 0, UINT32_MAX));
  clock.restart_count = static_cast<uint32_t>(o.Integer("restarts", 0, UINT32_MAX));
  clock.safe = true;
  HOLDFAST_CHECK(o.Finish());
  return clock;
}

Result<TimeRecord> ParseTimeRecord(const Json& json) {
  JsonObject o(json, "ledger.time");
  TimeRecord record;
  record.floor = o.Time("floor");
  record.signed_until = o.Time("signed_until");
  record.headroom = o.Duration("headroom");
  if (record.headroom > kFullHeadroom) o.Fault("headroom", "longer than a day");
  record.passed = Seconds(o.Integer("passed", 0, kLongest, 0));
  const Json* tpm = o.OptionalObject("tpm");
  HOLDFAST_CHECK(o.Finish());
  if (tpm != nullptr) {
    HOLDFAST_TRY(record.tpm, ParseClock(*tpm));
  }
  return record;
}

// What a record begins with.
Json FormatId(const LicenseId& id) {
  Json json = Json::object();
  if (id.root) json["root"] = HexEncode(*id.root);
  json["product"] = id.product;
  json["license"] = id.license;
  return json;
}

LicenseId ReadId(JsonObject& o) {
  LicenseId id;
  if (o.Has("root")) {
    id.root = ReadDigest(o, "root");
  } else {
    static_cast<void>(o.String("vendor", kMaxNameSize, ""));  // of before
  }
  id.product = ReadProduct(o);
  id.license = o.String("license", kMaxNameSize);
  return id;
}

Json FormatMeter(const MeterRecord& meter) {
  Json json = FormatId(meter.id);
  json["limit"] = meter.limit;
  json["period"] = MeterPeriodName(meter.period);
  json["since"] = FormatTime(meter.since);
  json["units"] = meter.units;
  return json;
}

Json FormatMeters(const std::vector<MeterRecord>& meters) {
  Json json = Json::array();
  for (const MeterRecord& meter : meters) json.push_back(FormatMeter(meter));
  return json;
}

Json FormatPast(const std::vector<PastUsage>& past) {
  Json json = Json::array();
  for (const PastUsage& usage : past) {
    json.push_back(FormatMeter(usage.meter));
    json.back()["reported"] = usage.reported;
  }
  return json;
}

MeterRecord ReadMeter(JsonObject& o) {
  MeterRecord meter;
  meter.id = ReadId(o);
  meter.limit = o.String("limit", kMaxNameSize);
  meter.period = ReadMeterPeriod(o);
  meter.since = o.Time("since");
  meter.units = o.Integer("units", 0, INT64_MAX);
  return meter;
}

Result<MeterRecord> ParseMeter(const Json& json) {
  JsonObject o(json, "ledger.meters");
  MeterRecord meter = ReadMeter(o);
  HOLDFAST_CHECK(o.Finish());
  return meter;
}

Result<PastUsage> ParsePastUsage(const Json& json) {
  JsonObject o(json, "ledger.past");
  PastUsage usage{ReadMeter(o), o.Integer("reported", 0, INT64_MAX)};
  HOLDFAST_CHECK(o.Finish());
  return usage;
}

// Each item of an array that may be absent.
template <class T>
Result<std::vector<T>> ParseEach(const Json* array, Result<T> (*parse)(const Json&)) {
  std::vector<T> all;
  if (array == nullptr) return all;
  for (const Json& item : *array) {
    HOLDFAST_TRY(T one, parse(item));
    all.push_back(std::move(one));
  }
  return all;
}

Result<std::vector<MeterRecord>> ParseMeters(const Json& json) {
  if (json.size() > kMaxMeterRecords) return Malformed("ledger.meters", "more meters than a ledger has");
  std::vector<MeterRecord> meters;
  for (const Json& each : json) {
    HOLDFAST_TRY(MeterRecord meter, ParseMeter(each));
    for (const MeterRecord& other : meters)
      if (IsSameMeter(meter, other) && meter.id == other.id)
        return Malformed("ledger.meters", "one meter twice");
    meters.push_back(std::move(meter));
  }
  return meters;
}

Json FormatHeartbeats(const std::vector<ConversationRecord>& records) {
  Json json = Json::array();
  for (const ConversationRecord& record : records) {
    Json unanswered = Json::array();
    for (const Sha256Digest& id : record.unanswered) unanswered.push_back(HexEncode(id));
    Json item = FormatId(record.id);
    item["sequence"] = record.sequence;
    if (record.answer) item["answer"] = HexEncode(*record.answer);
    item["unanswered"] = std::move(unanswered);
    if (record.contact) item["contact"] = FormatTime(*record.contact);
    json.push_back(std::move(item));
  }
  return json;
}

Result<ConversationRecord> ParseConversation(const Json& json) {
  JsonObject o(json, "ledger.heartbeats");
  ConversationRecord record;
  record.id = ReadId(o);
  record.sequence = o.Integer("sequence", 1, INT64_MAX);
  if (o.Has("answer")) record.answer = ReadDigest(o, "answer");
  record.unanswered = ReadDigests(o, "unanswered", kMaxUnanswered);
  record.contact = o.OptionalTime("contact");
  HOLDFAST_CHECK(o.Finish());
  return record;
}

void AddPeriod(Json& json, const GrantedPeriod& period) {
  json["from"] = FormatTime(period.from);
  json["until"] = FormatTime(period.until);
  json["passed"] = period.passed.count();
}

GrantedPeriod ReadPeriod(JsonObject& o) {
  GrantedPeriod period{o.Time("from"), o.Time("until"), Seconds(o.Integer("passed", 0, kLongest))};
  if (period.until < period.from) o.Fault("until", "before its beginning");
  return period;
}

Json FormatNewest(const std::vector<NewestRecord>& records) {
  Json json = Json::array();
  for (const NewestRecord& record : records) {
    json.push_back(FormatId(record.id));
    json.back()["begins"] = FormatTime(record.begins);
    json.back()["list"] = record.list;
  }
  return json;
}

Result<NewestRecord> ParseNewestRecord(const Json& json) {
  JsonObject o(json, "ledger.newest");
  NewestRecord record;
  record.id = ReadId(o);
  record.begins = o.Time("begins");
  record.list = o.Integer("list", 0, INT64_MAX);
  HOLDFAST_CHECK(o.Finish());
  return record;
}

Json FormatVouchers(const std::vector<VoucherRecord>& records) {
  Json json = Json::array();
  for (const VoucherRecord& record : records) {
    json.push_back(FormatId(record.id));
    json.back()["used"] = record.used;
    AddPeriod(json.back(), record.last);
  }
  return json;
}

Result<VoucherRecord> ParseVoucherRecord(const Json& json) {
  JsonObject o(json, "ledger.vouchers");
  VoucherRecord record;
  record.id = ReadId(o);
  record.used = static_cast<int>(o.Integer("used", 1, INT32_MAX));
  record.last = ReadPeriod(o);
  HOLDFAST_CHECK(o.Finish());
  return record;
}

Json FormatRepairs(const std::vector<RepairRecord>& records) {
  Json json = Json::array();
  for (const RepairRecord& record : records) {
    json.push_back(FormatId(record.id));
    json.back()["serial"] = HexEncode(record.serial);
    AddPeriod(json.back(), record.period);
  }
  return json;
}

Result<RepairRecord> ParseRepairRecord(const Json& json) {
  JsonObject o(json, "ledger.repairs");
  RepairRecord record;
  record.id = ReadId(o);
  record.serial = ReadSerial(o);
  record.period = ReadPeriod(o);
  HOLDFAST_CHECK(o.Finish());
  return record;
}

}  // namespace

void TakeOver(LedgerContent& content, const LicenseId& license) {
  const auto take = [&](LicenseId& id) {
    if (IsSameLicense(id, license)) id = license;
  };
  for (MeterRecord& record : content.meters) take(record.id);
  for (PastUsage& record : content.past) take(record.meter.id);
  for (ConversationRecord& record : content.heartbeats) take(record.id);
  for (VoucherRecord& record : content.vouchers) take(record.id);
  for (RepairRecord& record : content.repairs) take(record.id);
  for (NewestRecord& record : content.newest) take(record.id);
}

std::string FormatLedgerContent(const LedgerContent& content) {
  Json json{{"schema", kStateSchema},
            {"birth", content.birth},
            {"stamp", content.stamp},
            {"disturbed", content.disturbed},
            {"time", FormatTimeRecord(content.time)}};
  if (content.question)
    json["question"] = {{"nonce", Base64UrlEncode(content.question->nonce)},
                        {"passed", content.question->passed.count()}};
  if (!content.meters.empty()) json["meters"] = FormatMeters(content.meters);
  if (!content.past.empty()) json["past"] = FormatPast(content.past);
  if (!content.heartbeats.empty()) json["heartbeats"] = FormatHeartbeats(content.heartbeats);
  if (!content.vouchers.empty()) json["vouchers"] = FormatVouchers(content.vouchers);
  if (!content.repairs.empty()) json["repairs"] = FormatRepairs(content.repairs);
  if (!content.newest.empty()) json["newest"] = FormatNewest(content.newest);
  if (content.forgotten) json["forgotten"] = FormatTime(*content.forgotten);
  return FormatJson(json);
}

Result<LedgerContent> ParseLedgerContent(std::string_view json) {
  HOLDFAST_TRY(const Json value, ParseJson(json, kMaxLedgerContentSize));
  JsonObject o(value, "ledger");
  HOLDFAST_CHECK(ReadStateSchema(o));
  LedgerContent content;
  content.birth = o.Integer("birth", 0, INT64_MAX);
  content.stamp = o.Integer("stamp", 0, INT64_MAX);
  if ((content.birth == 0) != (content.stamp == 0))
    o.Fault("birth", "not begun, and with a stamp, or the other way round");
  content.disturbed = o.Integer("disturbed", 0, INT64_MAX);
  const Json* time = o.Object("time");
  const Json* question = o.OptionalObject("question");
  const Json* meters = o.OptionalArray("meters", kMaxMeterRecords);
  const Json* past = o.OptionalArray("past", kMaxPastUsage);
  const Json* vouchers = o.OptionalArray("vouchers", kMaxVoucherRecords);
  const Json* newest = o.OptionalArray("newest", kMaxNewestRecords);
  const Json* repairs = o.OptionalArray("repairs", kMaxRepairRecords);
  const Json* heartbeats = o.OptionalArray("heartbeats", kMaxConversations);
  content.forgotten = o.OptionalTime("forgotten");
  HOLDFAST_CHECK(o.Finish());
  HOLDFAST_TRY(content.time, ParseTimeRecord(*time));
  if (question != nullptr) {
    HOLDFAST_TRY(content.question, ParseQuestion(*question));
  }
  if (meters != nullptr) {
    HOLDFAST_TRY(content.meters, ParseMeters(*meters));
  }
  HOLDFAST_TRY(content.past, ParseEach(past, ParsePastUsage));
  HOLDFAST_TRY(content.vouchers, ParseEach(vouchers, ParseVoucherRecord));
  HOLDFAST_TRY(content.newest, ParseEach(newest, ParseNewestRecord));
  HOLDFAST_TRY(content.repairs, ParseEach(repairs, ParseRepairRecord));
  HOLDFAST_TRY(content.heartbeats, ParseEach(heartbeats, ParseConversation));
  // The time of an answer raises the floor, so none is later but for one of a vendor whose clock was ahead until he put time right, and what was written
  // by hand into a ledger without a TPM, which goes on with one.
  for (ConversationRecord& record : content.heartbeats)
    if (record.contact) record.contact = std::min(*record.contact, content.time.floor);
  return content;
}

}  // namespace holdfast
