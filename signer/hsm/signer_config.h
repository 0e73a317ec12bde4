// signer.conf: strict JSON, written by the ceremony and by rotate and add-line (always whole and atomically),
// and readable for people. Everything else of the signer lies at fixed places beside it (SignerPaths), so a
// signer is one directory to back up. docs/man/holdfast-signer.8 describes each member.
#pragma once

#include <map>

#include "signer/hsm/issuance_policy.h"
#include "signer/hsm/pkcs11/token.h"

namespace holdfast::hsm {

inline constexpr size_t kMaxSignerConfig = 256 * 1024;

// A private key: which token holds it, and a URI that narrows the search. What identifies it is the public
// key in its certificate.
struct KeyReference {
  std::string token;  // name in SignerConfig::tokens
  std::string uri;    // may be empty
  bool operator==(const KeyReference&) const = default;
};

// One generation of a product line's keys; certificates at SignerPaths.
struct LineGeneration {
  std::string line;
  int generation = 1;
  KeyReference issuing_key, message_key;
};

// Whoever may approve what the root key signs.
struct Operator {
  std::string name;
  PublicKey key;  // P-256
};
struct Quorum {
  int needed = 0;  // 0: no approvals
  std::vector<Operator> operators;
};

struct SignerConfig {
  std::string vendor;
  std::map<std::string, TokenConfig> tokens;
  KeyReference root_key;              // opened by ceremony, rotate, add-line and root-crl only
  std::vector<LineGeneration> lines;  // the highest generation of a line is the current one
  Quorum quorum;
  IssuancePolicy policy;
  std::vector<uint32_t> allowed_uids;  // besides the signer's own
  // How long an order waits for the HSM, and a call into it may last before the HSM is called down.
  Seconds hsm_deadline{20};
};

// Relative paths in the text are relative to `directory`. Checks: config.<member>, those of ParseJson.
Result<SignerConfig> ParseSignerConfig(std::string_view json, const Path& directory);
std::string FormatSignerConfig(const SignerConfig& config, const Path& directory);
Result<SignerConfig> ReadSignerConfig(const Path& file);

int CurrentGeneration(const SignerConfig& config, std::string_view line);  // 0: no such line

struct SignerPaths {
  Path directory;
  Path Config() const { return directory / "signer.conf"; }
  Path Roots() const { return directory / "roots.pem"; }
  Path RootCrl() const { return directory / "root.crl"; }  // DER
  Path Issuing(std::string_view line, int generation) const {
    return Certificate(line, generation, "issuing");
  }
  Path Message(std::string_view line, int generation) const {
    return Certificate(line, generation, "message");
  }
  Path Crl(ByteView issuer_key_id, int shard) const;  // DER, the newest list that was signed
  Path AuditLog() const { return directory / "audit" / "audit.jsonl"; }
  Path Serials() const { return directory / "audit" / "serials"; }  // serial_index.h
  Path Lock() const { return directory / "signer.lock"; }

 private:
  Path Certificate(std::string_view line, int generation, std::string_view kind) const;
};

}  // namespace holdfast::hsm
