// Members that return statements, proofs and nonces have in common. Internal to these.
#pragma once

#include "protocol/strict_json.h"

namespace holdfast {

// The required member "schema", before all others. Checks: return.schema.
Status ReadReturnHead(JsonObject& o, std::string& schema);

std::string ReadName(JsonObject& o, std::string_view name);              // text of 1 to 64 octets
Bytes ReadHex(JsonObject& o, std::string_view name, size_t max_octets);  // lower case
Bytes ReadSerial(JsonObject& o);                                         // 1 to 20 octets

}  // namespace holdfast
