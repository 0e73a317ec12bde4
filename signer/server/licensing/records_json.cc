#include "signer/server/licensing/records_json.h"

#include "protocol/armor.h"
#include "protocol/meter_usage.h"

namespace holdfast {
namespace {

// What the store holds as JSON text becomes part of the document; should it be damaged, the text shows it.
Json Embedded(const std::string& text) {
  auto value = ParseJson(text, text.size());
  return value ? std::move(*value) : Json(text);
}

template <class Record>
Json ToArray(const std::vector<Record>& records) {
  Json array = Json::array();
  for (const Record& record : records) array.push_back(ToJson(record));
  return array;
}

}  // namespace

Json ToJson(const ProductRecord& product) {
  return {{"product", product.id},
          {"version", product.version},
          {"created", FormatTime(product.created)},
          {"file", Embedded(product.file)}};
}

Json ToJson(const CustomerRecord& customer) {
  return {{"customer", customer.id}, {"name", customer.name}, {"created", FormatTime(customer.created)}};
}

Json ToJson(const LicenseRecord& license) {
  Json json{{"license", license.id},
            {"product", license.product},
            {"product_version", license.product_version},
            {"plan", license.plan},
            {"customer", license.customer},
            {"status", LicenseStatusName(license.status)},
            {"status_since", FormatTime(license.status_since)},
            {"sold", FormatTime(license.created)},
            {"product_key_id", license.product_key_id},
            {"possession_key", HexEncode(license.possession_key)},
            {"activation_limit", license.activation_limit},
            {"activations_used", license.activations}};
  if (license.ends) json["ends"] = FormatTime(*license.ends);
  if (license.time_left) json["time_left"] = license.time_left->count();
  return json;
}

Json ToJson(const ActivationRecord& activation) {
  Json json{{"activation", activation.id},
            {"license", activation.license},
            {"state", ActivationStateName(activation.state)},
            {"state_since", FormatTime(activation.state_since)},
            {"created", FormatTime(activation.created)},
            {"host", activation.host},
            {"request", HexEncode(activation.content_hash)},
            {"ek_name", HexEncode(activation.ek_name)},
            {"license_key_name", HexEncode(activation.license_key_name)},
            {"ak_public", HexEncode(activation.ak_public)},
            {"serial", HexEncode(activation.serial)},
            {"line", activation.line},
            {"issuer_key_id", HexEncode(activation.issuer_key_id)},
            {"shard", activation.shard},
            {"not_before", FormatTime(activation.not_before)},
            {"not_after", FormatTime(activation.not_after)},
            {"terms", Embedded(activation.terms)}};
  if (!activation.takes_over.empty()) json["takes_over"] = activation.takes_over;
  if (!activation.certificate.empty()) json["certificate"] = Armor(kLabelCertificate, activation.certificate);
  return json;
}

Json ToJson(const SightingRecord& sighting) {
  return {{"seen", FormatTime(sighting.seen)},
          {"license", sighting.license},
          {"request", HexEncode(sighting.content_hash)},
          {"ek_name", HexEncode(sighting.ek_name)},
          {"gate_index", sighting.gate_index},
          {"gate_base", std::to_string(sighting.gate_base)},
          {"clock_ms", std::to_string(sighting.clock_ms)},
          {"reset_count", sighting.reset_count},
          {"restart_count", sighting.restart_count}};
}

Json ToJson(const ReturnRecord& record) {
  Json json{{"activation", record.activation},       {"accepted", FormatTime(record.accepted)},
            {"attested", record.gate_value != 0},    {"gate_value", std::to_string(record.gate_value)},
            {"nonce", HexEncode(record.nonce)},      {"proof_sha256", HexEncode(record.proof_hash)},
            {"proof", Embedded(record.proof)},       {"units", UnitCountName(record.units)},
            {"used", FormatMeterUsages(record.used)}};
  if (record.time_left) json["time_left"] = record.time_left->count();
  return json;
}

Json ToJson(const ReturnNonceRecord& nonce) {
  return {{"activation", nonce.activation},
          {"nonce", HexEncode(nonce.nonce)},
          {"issued", FormatTime(nonce.issued)},
          {"used", nonce.used}};
}

Json ToJson(const HeartbeatRecord& heartbeat) {
  Json json{{"seen", FormatTime(heartbeat.seen)},
            {"activation", heartbeat.activation},
            {"host", heartbeat.host},
            {"ek_name", HexEncode(heartbeat.ek_name)},
            {"report_id", HexEncode(heartbeat.report_id)},
            {"sequence", heartbeat.report_sequence},
            {"counter", std::to_string(heartbeat.counter)},
            {"ledger_birth", std::to_string(heartbeat.birth)},
            {"answer_id", HexEncode(heartbeat.answer_id)},
            {"notes", heartbeat.notes},
            {"report", heartbeat.report}};
  if (const auto parsed = ParseHeartbeatReport(heartbeat.report))
    json["usage"] = FormatMeterUsages(parsed->report.usage);
  return json;
}

Json ToJson(const HostUsage& usage) {
  return {{"license", usage.license},
          {"host", usage.host},
          {"ek_name", HexEncode(usage.ek_name)},
          {"limit", usage.usage.limit},
          {"period", MeterPeriodName(usage.usage.period)},
          {"since", FormatTime(usage.usage.since)},
          {"units", usage.usage.units},
          {"acknowledged", FormatTime(usage.acknowledged)}};
}

Json ToJson(const CrlRecord& crl) {
  return {{"line", crl.line},
          {"issuer_key_id", HexEncode(crl.issuer_key_id)},
          {"shard", crl.shard},
          {"number", crl.number},
          {"this_update", FormatTime(crl.this_update)},
          {"next_update", FormatTime(crl.next_update)},
          {"crl", Armor(kLabelCrl, crl.der)}};
}

Json ToJson(const AuditRecord& record) {
  return {{"sequence", record.sequence},
          {"at", FormatTime(record.at)},
          {"actor", record.actor},
          {"action", record.action},
          {"subject", record.subject},
          {"detail", Embedded(record.detail)},
          {"previous", HexEncode(record.previous)},
          {"hash", HexEncode(record.hash)}};
}

Result<Json> DescribeLicense(Store& store, const LicenseRecord& license) {
  HOLDFAST_TRY(const auto activations, store.ListActivations(license.id));
  HOLDFAST_TRY(const auto sightings, store.ListSightings(license.id));
  HOLDFAST_TRY(const auto repairs, store.ListRepairs(license.id));
  HOLDFAST_TRY(const auto returns, store.ListReturns(license.id));
  HOLDFAST_TRY(const auto nonces, store.ListReturnNonces(license.id));
  HOLDFAST_TRY(const auto heartbeats, store.ListHeartbeats(license.id));
  Json json = ToJson(license);
  json["activations"] = ToArray(activations);
  json["sightings"] = ToArray(sightings);
  json["repairs"] = Json::array();
  for (const RepairedActivation& repair : repairs)
    json["repairs"].push_back(
        {{"replaced", repair.replaced}, {"replacement", repair.replacement}, {"at", FormatTime(repair.at)}});
  json["returns"] = ToArray(returns);
  json["return_nonces"] = ToArray(nonces);
  json["heartbeats"] = ToArray(heartbeats);
  return json;
}

}  // namespace holdfast
