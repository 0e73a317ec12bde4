#include "agent/state/returned_license.h"

#include "agent/state/installed_license.h"
#include "agent/state/state_members.h"
#include "protocol/json_text.h"
#include "protocol/return_members.h"

namespace holdfast {
namespace {

Status CheckTogether(const ReturnedLicense& license) {
  const ReturnStatement& statement = license.statement.statement;
  if (statement.product != license.product)
    return Malformed("state.statement", "the return statement is about the product " + statement.product);
  if (statement.gate.has_value() == IsHost(license.keys))
    return Malformed("state.statement", "the return statement is not of the keys' class");
  if (license.proof && license.proof->statement.compact != license.statement.compact)
    return Malformed("state.proof", "the return proof is of another statement");
  return {};
}

}  // namespace

std::string FormatReturnedLicense(const ReturnedLicense& license) {
  Json json{{"schema", kStateSchema},
            {"product", license.product},
            {"keys", FormatLicenseKeys(license.keys)},
            {"statement", license.statement.compact}};
  if (license.root) json["root"] = HexEncode(*license.root);
  if (license.proof) json["proof"] = FormatReturnProof(*license.proof);
  return FormatJson(json, 1) + "\n";
}

Result<ReturnedLicense> ParseReturnedLicense(std::string_view json) {
  HOLDFAST_TRY(const Json value, ParseJson(json, kMaxStateFileSize));
  JsonObject o(value, "state");
  HOLDFAST_CHECK(ReadStateSchema(o));
  ReturnedLicense license;
  license.product = ReadProduct(o);
  const std::string statement = o.String("statement", kMaxJwsSize);
  const std::string proof = o.String("proof", kMaxStateFileSize, "");
  if (o.Has("root")) license.root = ReadDigest(o, "root");
  const Json* keys = o.Object("keys");
  HOLDFAST_CHECK(o.Finish());
  HOLDFAST_TRY(license.keys, ParseLicenseKeys(*keys));
  HOLDFAST_TRY(license.statement, ParseReturnStatement(statement));
  if (!proof.empty()) {
    HOLDFAST_TRY(license.proof, ParseReturnProof(proof));
  }
  HOLDFAST_CHECK(CheckTogether(license));
  return license;
}

}  // namespace holdfast
