// An Error as JSON, as the local API, the signer's seam and `--json` show it:
//   { "kind": "refused", "check": "answer.request", "message": "...", "advice": "..." }   advice may be
//   absent
#pragma once

#include "protocol/strict_json.h"

namespace holdfast {

std::string_view ErrorKindName(
    ErrorKind kind);  // "usage", "malformed", "refused", "denied", "not_found", ...
Json ErrorToJson(const Error& error);
// What a peer sent. An unknown kind becomes kInternal. Check: error.<member>.
Result<Error> ErrorFromJson(const Json& json);

}  // namespace holdfast
