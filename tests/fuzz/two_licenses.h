// What clients of the local API are licensed for under a fuzzer: two licenses, with a ledger that always commits; and what must hold
// of them whatever was asked.
#pragma once

#include "agent/api/service.h"
#include "tests/agent/enforcement/views.h"
#include "tests/fuzz/require.h"

namespace holdfast::api {

// The first: has seats of which user 1000 alone may have some.
inline LicenseView WithDesks(LicenseView view) {
  Limit& desks = view.verified->terms.grants.limits["desks"];
  desks = {.kind = LimitKind::kSeats, .max = 5};
  desks.only = Callers{{uint32_t{1000}}, {}, {}};
  return view;
}

// The second: has a meter, a key, and another one in its fallback edition, which is not reached.
inline LicenseView OtherView() {
  LicenseView view = GoodView();
  view.product = "other";
  view.verified->terms.grants.limits["pages"] = {.kind = LimitKind::kMeter, .max = 40};
  view.verified->terms.grants.keys = {"content"};
  view.verified->terms.fallback->keys = {"basic"};
  return view;
}

// As the agent does it.
inline Json Consume(Service& service, const ConsumeRequest& request) {
  for (;;) {
    const auto outcome = service.Consume(request);
    if (const auto* answer = std::get_if<Json>(&outcome)) return *answer;
    service.Add(std::get<NextBatch>(outcome));
  }
}

// The callers are others than user 1000.
inline void RequireNoLimitExceeded(Service& service) {
  const Json status = service.Status();
  for (const Json& license : status["licenses"]) {
    HOLDFAST_REQUIRE(license["limits"]["users"]["used"] <= 10);
    HOLDFAST_REQUIRE(license["limits"]["jobs"]["used"] <= 55);
    if (license["product"] == "nls") HOLDFAST_REQUIRE(license["limits"]["desks"]["used"] == 0);
    if (license["product"] == "other") HOLDFAST_REQUIRE(license["limits"]["pages"]["used"] <= 40);
  }
}

}  // namespace holdfast::api
