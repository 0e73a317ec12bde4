// What a key ceremony makes, as one reviewable JSON file; docs/operations.md has an example. The octets of
// the file are what the operators approve.
//
//   {"schema": "1.0", "vendor": "Nova",
//    "tokens": {"main": {"embedded": true} | {"module", "module_env", "uri", "pin_file", "sessions"}, ..},
//    "root":   {"name": "License Root", "key": KEY, "validity": "7300d", "crl_validity": "3650d"},
//    "lines":  [{"line": "default", "issuing": KEY, "message": KEY, "validity": "3650d"}, ..],
//    "quorum": {"needed": 2, "operators": [{"name", "key"}, ..]}}
//   KEY: {"token": "main", "generate": "ec-p256" | "ec-p384" | "rsa-3072"} or {"token": "main", "uri":
//   "pkcs11:.."}, an existing key. All members but validity, crl_validity, name and quorum are required.
#pragma once

#include "signer/hsm/signer_config.h"

namespace holdfast::hsm {

inline constexpr size_t kMaxPlanSize = 256 * 1024;

struct KeyPlan {
  std::string token;
  std::string generate;  // empty: an existing key, at `uri`
  std::string uri;
};
struct TokenPlan {
  bool embedded = false;  // a SoftHSM token below the signer's directory, made in the ceremony
  TokenConfig config;
};
struct LinePlan {
  std::string line;
  KeyPlan issuing, message;
  Seconds validity{3650 * 86400};
};
struct CeremonyPlan {
  std::string vendor;
  std::map<std::string, TokenPlan> tokens;
  std::string root_name = "License Root";
  KeyPlan root;
  Seconds root_validity{7300 * 86400}, root_crl_validity{3650 * 86400};
  std::vector<LinePlan> lines;
  Quorum quorum;
};

// Relative pin files are relative to `directory`. Checks: plan.<member>, those of ParseJson.
Result<CeremonyPlan> ParseCeremonyPlan(std::string_view json, const Path& directory);
std::string FormatCeremonyPlan(const CeremonyPlan& plan, const Path& directory);

// A change to what a ceremony has made, approved in the same way.
//   {"schema": "1.0", "operation": "rotate" | "add-line" | "root-crl", "vendor": "Nova",
//    "root": "<hex SHA-256 of the root key's SubjectPublicKeyInfo>", "expires": "2026-12-22T06:00:00Z",
//    "line": "default", "generation": 2, "issuing": KEY, "message": KEY, "validity": "3650d"}
// "vendor" and "root" name the signer that is changed: an approval is for no other one. "generation" is the one
// that is made: an approval cannot be used twice, and after "expires" not at all. root-crl has "number" (the
// list's), "validity", and "revoke": [{"line", "generation"}, ..] instead of line to message.
struct RevokedGeneration {
  std::string line;
  int generation = 0;
};
inline constexpr Seconds kChangePlanLife{30 * 86400};  // of a plan that is proposed
struct ChangePlan {
  std::string operation;
  std::string vendor, root;  // root: hex, lower case
  Time expires;
  LinePlan line;
  int generation = 0;
  int64_t crl_number = 0;
  Seconds crl_validity{3650 * 86400};
  std::vector<RevokedGeneration> revoke;
};
Result<ChangePlan> ParseChangePlan(std::string_view json);  // check: change.<member>
std::string FormatChangePlan(const ChangePlan& plan);

// "ec-p256", .. ; check: plan.generate.
Result<KeySpec> ParseKeySpec(std::string_view name);
std::string KeyTypeName(const PublicKey& key);

}  // namespace holdfast::hsm
