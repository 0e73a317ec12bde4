// JSON (RFC 8259) from outside, read strictly: a size limit first, then valid UTF-8, no duplicate member
// names, nesting at most kMaxJsonDepth, at most kMaxJsonMembers an object, no byte order mark, nothing after the value, no numbers outside int64 (and no fractions:
// no message of ours has any). Messages are never re-encoded to be verified: signatures are over exact
// octets.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/secret.h"
#include "protocol/time.h"

namespace holdfast {

using Json = nlohmann::ordered_json;
inline constexpr int kMaxJsonDepth = 16;
inline constexpr size_t kMaxJsonMembers = 1024;  // names are compared with each other

// Checks: json.size, json.syntax, json.utf8, json.duplicate, json.depth, json.members, json.number.
Result<Json> ParseJson(std::string_view text, size_t max_size);

// Reads the members of one object and refuses what is left over. Usage:
//   JsonObject o(value, "terms"); auto id = o.String("product", 64); ...; HOLDFAST_CHECK(o.Finish());
// Getters return a default after the first error; Finish() reports that error, or the first unknown member.
// Error checks are "<context>.<member>".
class JsonObject {
 public:
  JsonObject(const Json& value, std::string context);

  bool Has(std::string_view name) const;
  std::string String(std::string_view name, size_t max_size);  // required
  std::string String(std::string_view name, size_t max_size, std::string_view otherwise);
  int64_t Integer(std::string_view name, int64_t min, int64_t max);  // required
  int64_t Integer(std::string_view name, int64_t min, int64_t max, int64_t otherwise);
  bool Bool(std::string_view name);
  bool Bool(std::string_view name, bool otherwise);
  holdfast::Time Time(std::string_view name);  // RFC 3339
  std::optional<holdfast::Time> OptionalTime(std::string_view name);
  Seconds Duration(std::string_view name);  // "30d"
  Seconds Duration(std::string_view name, Seconds otherwise);
  Bytes Base64Url(std::string_view name, size_t max_size);  // decoded
  Bytes Base64(std::string_view name, size_t max_size);     // decoded
  // Decoded without a copy of the text. The text stays in the JSON and in what that was parsed from.
  Secret Base64UrlSecret(std::string_view name, size_t max_size);
  const Json* Object(std::string_view name);                   // required
  const Json* OptionalObject(std::string_view name);           // nullptr when absent
  const Json* Array(std::string_view name, size_t max_count);  // required
  const Json* OptionalArray(std::string_view name, size_t max_count);
  // For an object whose member names are data: the caller iterates it, and Finish() must not complain.
  void Accept(std::string_view name);
  // Records an error of the caller's own about a member.
  void Fault(std::string_view name, std::string message);
  Status Finish();

 private:
  const Json* Find(std::string_view name, bool required);
  const Json& value_;
  std::string context_;
  std::vector<std::string> seen_;
  std::optional<Error> error_;
};

}  // namespace holdfast
