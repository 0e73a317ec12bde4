// A request and an answer of HTTP/1.1 (RFC 9110, RFC 9112), as far as the local API has use for them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "protocol/strict_json.h"

namespace holdfast::api {

inline constexpr size_t kMaxHttpBody = 64 * 1024;

struct HttpRequest {
  std::string method;         // as it was sent: "GET"
  std::string target;         // origin form, as it was sent: path and query, in percent encoding
  std::string body;           // without its transfer coding
  std::string authorization;  // that field's value; empty: absent
  std::string if_none_match;  // the same
  bool keep_alive = true;     // the connection stays open after the answer
};

struct HttpResponse {
  int status = 200;
  std::string body = {};  // JSON; none with status 304
  std::vector<std::pair<std::string, std::string>> fields =
      {};  // further than those of the content and the connection
};

// The status that goes with an error: 400 usage and malformed, 403 refused and denied, 404 not found, 409 conflict, 503 unavailable, 500 internal.
int HttpStatusOf(ErrorKind kind);
// 200 for what was answered, denied or not; else the error's.
HttpResponse JsonResponse(const Json& answer);
HttpResponse ErrorResponse(const Error& error, int status);

// All octets of an answer. Without the body, whose length is told all the same, for HEAD.
std::string FormatHttpResponse(const HttpResponse& response, bool keep_alive, bool with_body);

}  // namespace holdfast::api
