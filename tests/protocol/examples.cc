#include "tests/protocol/examples.h"

namespace holdfast::examples {

LicenseTerms Terms() {
  LicenseTerms terms;
  terms.license = "0199aa00-7b1e-7c3d-8f00-1234567890ab";
  terms.vendor = "Example Vendor";
  terms.product = "modeler";
  terms.plan = "pro";
  terms.grants.edition = "pro";
  terms.grants.features = {
      {"export", true}, {"import", false}, {"max-size", int64_t{500}}, {"tier", std::string("gold")}};
  terms.grants.limits = {{"calls", {LimitKind::kMeter, 1000000, MeterPeriod::kMonth, 10}},
                         {"storage", {LimitKind::kGauge, 500, MeterPeriod::kNever, 0}},
                         {"users", {LimitKind::kSeats, 25, MeterPeriod::kNever, 20}}};
  terms.fallback =
      Grants{"lite", {{"export", true}}, {{"users", {LimitKind::kSeats, 1, MeterPeriod::kNever, 0}}}};
  terms.valid_from = At("2026-11-22T06:00:00Z");
  terms.expires = At("2027-11-22T06:00:00Z");
  terms.expiry_grace = Seconds{7 * 86400};
  terms.warn_before = {Seconds{30 * 86400}, Seconds{86400}};
  terms.offline_window = Seconds{30 * 86400};
  terms.heartbeat_interval = Seconds{12 * 3600};
  terms.maintenance_until = At("2027-05-22T06:00:00Z");
  terms.assurance = AssuranceClass::kVtpm;
  terms.ledger = LedgerPin{0x01a00000, 41};
  terms.policies = {Policy::kWarn, Policy::kDeny, ClonePolicy::kAllow};
  return terms;
}

std::string ProductJson() {
  return R"({
  "schema": "1.0",
  "name": "Modeler",
  "line": "desktop",
  "plans": {
    "pro": {
      "edition": "pro",
      "features": {"export": true, "max-size": 500, "tier": "gold"},
      "limits": {
        "users": {"kind": "seats", "max": 25, "overage_percent": 20},
        "storage": {"kind": "gauge", "max": 500},
        "calls": {"kind": "meter", "max": 1000000, "period": "month"}
      },
      "fallback": {"edition": "lite", "features": {"export": true}, "limits": {"users": {"kind": "seats", "max": 1}}},
      "duration": "365d",
      "expiry_grace": "3d",
      "warn_before": ["60d", "7d"],
      "offline_window": "20d",
      "heartbeat_interval": "12h",
      "maintenance": "180d",
      "assurance": ["hw-tpm", "vtpm"],
      "allow_simulator": true,
      "policies": {"clock": "deny", "rollback": "warn", "clone": "allow"}
    },
    "basic": {"edition": "basic"}
  }
})";
}

ProductFile Product() {
  return ParseProductFile(ProductJson()).value();
}

RequestContent Content() {
  RequestContent content;
  content.product_key_id = "AAECAwQFBgcICQoLDA0ODw";
  content.vendor = "Example Vendor";
  content.product = "modeler";
  content.created = At("2026-11-22T06:00:00Z");
  content.agent_version = "0.1.0";
  content.host = {{"hostname", "node7.example"}, {"machine", "x86_64"}, {"os", "Debian GNU/Linux 12"}};
  content.ek_public = Bytes(122, 1);
  content.srk_public = Bytes(90, 2);
  content.ak_public = Bytes(88, 3);
  content.license_key_public = Bytes(118, 4);
  content.gate_public = Bytes(14, 5);
  content.counter_public = Bytes(14, 15);
  content.ek_certificates = {Bytes(700, 6), Bytes(900, 7)};
  return content;
}

RequestEvidence Evidence() {
  RequestEvidence evidence;
  evidence.certify = {Bytes(161, 8), Bytes(72, 9)};
  evidence.gate = {Bytes(131, 10), Bytes(72, 11)};
  evidence.counter = {Bytes(131, 16), Bytes(72, 17)};
  evidence.quote = {Bytes(145, 12), Bytes(72, 13)};
  for (int pcr = 0; pcr < 8; pcr++) evidence.pcrs[pcr] = Bytes(32, static_cast<uint8_t>(pcr));
  return evidence;
}

std::string UnsignedRequest(std::string_view content_text, std::string_view payload) {
  const Bytes built =
      payload.empty() ? RequestPayload(content_text, Evidence(), Bytes(64, 14)) : ToBytes(payload);
  return FinishJws(JwsSigningInput(MessageType::kRequest, SignatureAlgorithm::kEcdsaSha256, "", built),
                   Bytes(64, 0));
}

}  // namespace holdfast::examples
