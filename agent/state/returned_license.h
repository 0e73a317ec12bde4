// STATE/returns/<product>.json: a license that is being returned, or was. It is written with the statement before the license
// key dies, so that a return that was interrupted is completed, and keeps the proof, so that it can be had again.
//
//   { "schema": "1.0", "product": "nls", "keys": {...} (agent/license_keys.h), "statement": "<JWS, compact>",
//     "root": "<hex>", "proof": "<JSON>" }
//
// `root`: whose license it was, by the SPKI hash of the root that it led to; absent in files of before roots were recorded.
// No `proof` yet: the return was begun. Parsing verifies no signature; whoever alters this file makes a proof that the
// vendor refuses.
#pragma once

#include "agent/license_keys.h"
#include "protocol/return_proof.h"

namespace holdfast {

struct ReturnedLicense {
  std::string product;
  LicenseKeys keys;
  SignedReturnStatement statement;
  std::optional<ReturnProof> proof;
  std::optional<Sha256Digest> root = {};
};

std::string FormatReturnedLicense(const ReturnedLicense& license);
// Checks: those of ParseJson, state.schema, state.<member>, and those of ParseLicenseKeys, ParseReturnStatement and
// ParseReturnProof.
Result<ReturnedLicense> ParseReturnedLicense(std::string_view json);

}  // namespace holdfast
