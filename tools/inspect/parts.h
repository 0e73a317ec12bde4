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
Json DescribeTerms(const LicenseTerms& terms);
Json DescribeGrants(const Grants& grants);
Json DescribeEvidence(const ActivationRequest& request);  // attests and public areas, decoded
Json DescribeReturnStatement(const ReturnStatement& statement);
// Keyed hashes by component, in hex: no fact of the host can be read in them.
Json DescribeFingerprint(const Fingerprint& fingerprint);
std::string DescribeKey(const PublicKey& key);

}  // namespace holdfast::inspect
