// Members that both state files have.
#pragma once

#include "protocol/crypto/digest.h"
#include "protocol/strict_json.h"

namespace holdfast {

inline constexpr std::string_view kStateSchema = "1.0";
inline constexpr int kStateSchemaMajor = 1;

Status ReadStateSchema(JsonObject& o);
std::string ReadProduct(JsonObject& o);
std::string ReadProductKeyId(JsonObject& o);
Sha256Digest ReadRequestHash(JsonObject& o);

}  // namespace holdfast
