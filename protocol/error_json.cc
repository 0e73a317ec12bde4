#include "protocol/error_json.h"

namespace holdfast {
namespace {

constexpr size_t kMaxText = 4096;
constexpr ErrorKind kKinds[] = {ErrorKind::kUsage,      ErrorKind::kMalformed, ErrorKind::kRefused,
                                ErrorKind::kDenied,     ErrorKind::kNotFound,  ErrorKind::kConflict,
                                ErrorKind::kUnavailable};

}  // namespace

std::string_view ErrorKindName(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
      return "usage";
    case ErrorKind::kMalformed:
      return "malformed";
    case ErrorKind::kRefused:
      return "refused";
    case ErrorKind::kDenied:
      return "denied";
    case ErrorKind::kNotFound:
      return "not_found";
    case ErrorKind::kConflict:
      return "conflict";
    case ErrorKind::kUnavailable:
      return "unavailable";
    case ErrorKind::kInternal:
      break;
  }
  return "internal";
}

Json ErrorToJson(const Error& error) {
  Json json{{"kind", ErrorKindName(error.kind)}, {"check", error.check}, {"message", error.message}};
  if (!error.advice.empty()) json["advice"] = error.advice;
  return json;
}

Result<Error> ErrorFromJson(const Json& json) {
  JsonObject o(json, "error");
  Error error;
  const std::string kind = o.String("kind", 64);
  error.check = o.String("check", kMaxText);
  error.message = o.String("message", kMaxText);
  error.advice = o.String("advice", kMaxText, "");
  HOLDFAST_CHECK(o.Finish());
  for (ErrorKind known : kKinds) {
    if (ErrorKindName(known) == kind) error.kind = known;
  }
  return error;
}

}  // namespace holdfast
