#include "agent/ledger/ledger_content.h"

#include "agent/state/state_members.h"
#include "protocol/base64.h"
#include "protocol/json_text.h"
#include "protocol/license_message.h"

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

Json FormatMeters(const std::vector<MeterRecord>& meters) {
  Json json = Json::array();
  for (const MeterRecord& meter : meters) {
    json.push_back({{"product", meter.product},
                    {"license", meter.license},
                    {"limit", meter.limit},
                    {"period", MeterPeriodName(meter.period)},
                    {"since", FormatTime(meter.since)},
                    {"units", meter.units}});
  }
  return json;
}

MeterPeriod ReadPeriod(JsonObject& o) {
  const std::string name = o.String("period", 8);
  for (const MeterPeriod period : {MeterPeriod::kNever, MeterPeriod::kMonth, MeterPeriod::kYear})
    if (name == MeterPeriodName(period)) return period;
  o.Fault("period", "not a period");
  return MeterPeriod::kNever;
}

Result<MeterRecord> ParseMeter(const Json& json) {
  JsonObject o(json, "ledger.meters");
  MeterRecord meter;
  meter.product = ReadProduct(o);
  meter.license = o.String("license", kMaxNameSize);
  meter.limit = o.String("limit", kMaxNameSize);
  meter.period = ReadPeriod(o);
  meter.since = o.Time("since");
  meter.units = o.Integer("units", 0, INT64_MAX);
  HOLDFAST_CHECK(o.Finish());
  return meter;
}

Result<std::vector<MeterRecord>> ParseMeters(const Json& json) {
  if (json.size() > kMaxMeterRecords) return Malformed("ledger.meters", "more meters than a ledger has");
  std::vector<MeterRecord> meters;
  for (const Json& each : json) {
    HOLDFAST_TRY(MeterRecord meter, ParseMeter(each));
    for (const MeterRecord& other : meters)
      if (IsSameMeter(meter, other)) return Malformed("ledger.meters", "one meter twice");
    meters.push_back(std::move(meter));
  }
  return meters;
}

}  // namespace

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
  return FormatJson(json);
}

Result<LedgerContent> ParseLedgerContent(std::string_view json) {
  HOLDFAST_TRY(const Json value, ParseJson(json, kMaxLedgerContentSize));
  JsonObject o(value, "ledger");
  HOLDFAST_CHECK(ReadStateSchema(o));
  LedgerContent content;
  content.birth = o.Integer("birth", 1, INT64_MAX);
  content.stamp = o.Integer("stamp", 1, INT64_MAX);
  content.disturbed = o.Integer("disturbed", 0, INT64_MAX);
  const Json* time = o.Object("time");
  const Json* question = o.OptionalObject("question");
  const Json* meters = o.OptionalArray("meters", kMaxMeterRecords);
  HOLDFAST_CHECK(o.Finish());
  HOLDFAST_TRY(content.time, ParseTimeRecord(*time));
  if (question != nullptr) {
    HOLDFAST_TRY(content.question, ParseQuestion(*question));
  }
  if (meters != nullptr) {
    HOLDFAST_TRY(content.meters, ParseMeters(*meters));
  }
  return content;
}

}  // namespace holdfast
