// Members that return statements and proofs, and messages about a license, have in common. Internal to these.
#pragma once

#include "protocol/crypto/digest.h"
#include "protocol/strict_json.h"

namespace holdfast {

// The required member "schema", before all others. Check: <context>.schema.
Status ReadHead(JsonObject& o, std::string_view context, std::string& schema);

std::string ReadName(JsonObject& o, std::string_view name);              // text of 1 to 64 octets
std::string ReadVersion(JsonObject& o);                                  // "agent_version"
Bytes ReadHex(JsonObject& o, std::string_view name, size_t max_octets);  // lower case
Sha256Digest ReadDigest(JsonObject& o, std::string_view name);           // 64 hexadecimal digits
std::vector<Sha256Digest> ReadDigests(JsonObject& o, std::string_view name, size_t max_count);
Bytes ReadSerial(JsonObject& o);  // 1 to 20 octets

}  // namespace holdfast
