// What a request of HTTP asks for (docs/openapi.json). Pure.
#pragma once

#include <variant>

#include "agent/api/api_request.h"
#include "agent/api/http/http_message.h"

namespace holdfast::api {

// Seats and gauges over HTTP, where a connection is nobody in particular: leases.h.
struct TakeLease {
  LimitRequest limit;
  Seconds length{60};
};
struct RenewLease {
  std::string id;
};
struct EndLease {
  std::string id;
};

// OpenFeature's remote evaluation protocol: ofrep.h.
struct EvaluateFlag {
  std::string product, flag;
};
struct EvaluateFlags {
  std::string product, if_none_match;
};

using HttpQuestion = std::variant<ApiRequest, TakeLease, RenewLease, EndLease, EvaluateFlag, EvaluateFlags>;

inline constexpr Seconds kMinLease{10}, kMaxLease{3600};

// Refusals: the answer, of status 400, 404 (nothing has that path) or 405.
tl::expected<HttpQuestion, HttpResponse> Route(const HttpRequest& request);

}  // namespace holdfast::api
