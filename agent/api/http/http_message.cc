#include "agent/api/http/http_message.h"

#include "agent/api/api_request.h"
#include "protocol/error_json.h"
#include "protocol/json_text.h"

namespace holdfast::api {
namespace {

std::string_view Phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Internal Server Error";
  }
}

}  // namespace

int HttpStatusOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
    case ErrorKind::kMalformed:
      return 400;
    case ErrorKind::kRefused:
    case ErrorKind::kDenied:
      return 403;
    case ErrorKind::kNotFound:
      return 404;
    case ErrorKind::kConflict:
      return 409;
    case ErrorKind::kUnavailable:
      return 503;
    case ErrorKind::kInternal:
      break;
  }
  return 500;
}

HttpResponse ErrorResponse(const Error& error, int status) {
  HttpResponse response{.status = status, .body = FormatJson(ErrorAnswer(error))};
  if (status == 503) response.fields.emplace_back("Retry-After", "1");
  return response;
}

HttpResponse JsonResponse(const Json& answer) {
  if (answer.value("ok", false)) return {.body = FormatJson(answer)};
  const auto error =
      answer.contains("error") ? ErrorFromJson(answer["error"]) : Malformed("api.answer", "no answer");
  return ErrorResponse(error ? *error : error.error(),
                       HttpStatusOf(error ? error->kind : ErrorKind::kInternal));
}

// No Date: what the agent's time is, is a question of its own (docs/time.md), and RFC 9110 (6.6.1) wants none of a clock that cannot be relied on.
std::string FormatHttpResponse(const HttpResponse& response, bool keep_alive, bool with_body) {
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + ' ';
  text += Phrase(response.status);
  text += "\r\nCache-Control: no-store\r\n";
  for (const auto& [name, value] : response.fields) text += name + ": " + value + "\r\n";
  if (!keep_alive) text += "Connection: close\r\n";
  if (response.status != 304)
    text +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(response.body.size()) + "\r\n";
  text += "\r\n";
  if (with_body && response.status != 304) text += response.body;
  return text;
}

}  // namespace holdfast::api
