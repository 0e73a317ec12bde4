#include "agent/ledger/ledger_content.h"

#include <algorithm>

#include "agent/state/state_members.h"
#include "protocol/base64.h"
#include "protocol/json_text.h"

namespace holdfast {
namespace {

Json FormatTimeRecord(const TimeRecord& record) {
  Json json{{"floor", FormatTime(record.floor)},
            {"signed_until", FormatTime(record.signed_until)},
            {"headroom", FormatDuration(record.headroom)}};
  if (record.tpm) {
    json["tpm"] = {{"clock", record.tpm->clock_ms},
                   {"resets", record.tpm->reset_count},
                   {"restarts", record.tpm->restart_count}};
  }
  return json;
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
  const Json* tpm = o.OptionalObject("tpm");
  HOLDFAST_CHECK(o.Finish());
  if (tpm != nullptr) {
    HOLDFAST_TRY(record.tpm, ParseClock(*tpm));
  }
  return record;
}

Json FormatAccount(const LicenseAccount& account) {
  Json json{{"accepted", account.accepted}};
  if (!account.nonce.empty()) json["nonce"] = Base64UrlEncode(account.nonce);
  return json;
}

Result<LicenseAccount> ParseAccount(const Json& json) {
  JsonObject o(json, "ledger.licenses");
  LicenseAccount account;
  account.accepted = o.Integer("accepted", 0, INT64_MAX);
  if (o.Has("nonce")) {
    account.nonce = o.Base64Url("nonce", kLedgerNonceSize);
    if (account.nonce.size() != kLedgerNonceSize) o.Fault("nonce", "not 32 octets");
  }
  HOLDFAST_CHECK(o.Finish());
  return account;
}

bool IsAccountName(const std::string& name) {
  const auto digest = HexDecode(name);
  return digest && digest->size() == Sha256Digest().size() && HexEncode(*digest) == name;
}

Status ParseAccounts(const Json& json, std::map<std::string, LicenseAccount>& accounts) {
  if (json.size() > kMaxLedgerLicenses)
    return Malformed("ledger.licenses", "more accounts than a ledger has");
  for (const auto& [name, value] : json.items()) {
    if (!IsAccountName(name)) return Malformed("ledger.licenses", "not the name of an account");
    HOLDFAST_TRY(accounts[name], ParseAccount(value));
  }
  return {};
}

}  // namespace

std::string AccountName(const Sha256Digest& spki_hash) {
  return HexEncode(spki_hash);
}

std::string FormatLedgerContent(const LedgerContent& content) {
  Json licenses = Json::object();
  for (const auto& [name, account] : content.licenses) licenses[name] = FormatAccount(account);
  const Json json{{"schema", kStateSchema},
                  {"birth", content.birth},
                  {"stamp", content.stamp},
                  {"disturbed", content.disturbed},
                  {"time", FormatTimeRecord(content.time)},
                  {"licenses", std::move(licenses)}};
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
  const Json* licenses = o.Object("licenses");
  HOLDFAST_CHECK(o.Finish());
  HOLDFAST_TRY(content.time, ParseTimeRecord(*time));
  HOLDFAST_CHECK(ParseAccounts(*licenses, content.licenses));
  return content;
}

}  // namespace holdfast
