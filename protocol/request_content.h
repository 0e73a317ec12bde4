// The two forms of a request's content, read. Internal to this folder.
#pragma once

#include "protocol/request.h"

namespace holdfast {

using AnyContent = std::variant<RequestContent, HostRequestContent>;

// Each form refuses the members of the other as unknown; "assurance" says which it is.
// Checks: those of ParseJson, request.schema, request.<member>, request.unknown.
Result<AnyContent> ParseRequestContent(std::string_view text);

// The required member "host".
std::map<std::string, std::string> ReadHostFacts(JsonObject& o);
// A required member of 1 to kMaxTpmStructureSize octets.
Bytes ReadStructure(JsonObject& o, std::string_view name);

}  // namespace holdfast
