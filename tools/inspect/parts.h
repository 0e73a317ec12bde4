// The kinds of files, one function each. `text` is the whole file, `value` the JSON in it.
#pragma once

#include "certs/certificate.h"
#include "certs/crl.h"
#include "protocol/request.h"
#include "protocol/return_statement.h"
#include "protocol/strict_json.h"
#include "protocol/terms.h"

namespace holdfast::inspect {

Result<Json> InspectRequest(std::string_view text);
Result<Json> InspectAnswer(std::string_view text);
Result<Json> InspectReturn(std::string_view text);       // a return proof
Result<Json> InspectReturnNonce(std::string_view text);  // with the certificates behind it
Result<Json> InspectTimeRequest(std::string_view text);
Result<Json> InspectTimeAnswer(std::string_view text);  // with the certificates behind it
Result<Json> InspectHeartbeat(std::string_view text);
Result<Json> InspectHeartbeatAnswer(std::string_view text);  // with the license file in it
Result<Json> InspectCertificates(std::string_view text);     // a license file, or roots, or one of ours
Result<Json> InspectCrlFile(std::string_view text);
Result<Json> InspectProductKey(std::string_view text);
Result<Json> InspectJson(std::string_view text);  // product file, EK roots, state files

Json DescribeCertificate(const Certificate& certificate);
Json DescribeCrl(const Crl& crl);
// What terms and plans have in common beside what they grant: windows, warnings, vouchers, repairs, policies.
template <class T>
Json DescribeRules(const T& of) {
  Json json{
      {"offline_window", of.offline_window.count() == 0 ? "unlimited" : FormatDuration(of.offline_window)},
      {"heartbeat_interval", FormatDuration(of.heartbeat_interval)},
      {"agent_absence", FormatDuration(of.agent_absence)}};
  json["warn_before"] = Json::array();
  for (const Seconds before : of.warn_before) json["warn_before"].push_back(FormatDuration(before));
  if (of.vouchers)
    json["vouchers"] = std::to_string(of.vouchers->count) + " of " + FormatDuration(of.vouchers->length);
  if (of.repairs)
    json["repairs"] = std::to_string(of.repairs->per_year) + " a year, each with an emergency period of " +
                      FormatDuration(of.repairs->emergency);
  json["policies"] = {{"clock", PolicyName(of.policies.clock)},
                      {"rollback", PolicyName(of.policies.rollback)},
                      {"clone", ClonePolicyName(of.policies.clone)}};
  if (of.advisory) json["advisory"] = "nothing is denied";
  return json;
}
Json DescribeTerms(const LicenseTerms& terms);
Json DescribeGrants(const Grants& grants);
Json DescribeEvidence(const ActivationRequest& request);  // attests and public areas, decoded
Json DescribeReturnStatement(const ReturnStatement& statement);
// Keyed hashes by component, in hex: no fact of the host can be read in them.
Json DescribeFingerprint(const Fingerprint& fingerprint);
std::string DescribeKey(const PublicKey& key);

}  // namespace holdfast::inspect
