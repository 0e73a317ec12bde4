// OpenFeature's remote evaluation protocol (OFREP, protocol repository of open-feature, v1): features of a license as flags. What a flag's context says is of no
// consequence. docs/local-api.md, "OpenFeature", says how decisions are mapped:
//
//   granted                            its value, STATIC, the edition as variant
//   denied, and true where granted     false, DISABLED
//   denied, and a number or a text     FLAG_NOT_FOUND with the reason in words: the application's default applies
//   not in the license at all          FLAG_NOT_FOUND
#pragma once

#include "agent/api/http/routes.h"
#include "agent/api/service.h"

namespace holdfast::api {

HttpResponse Evaluate(Service& service, const EvaluateFlag& question);
// Those that have a value and those that have none. With an ETag; 304 where the question names it.
HttpResponse EvaluateAll(Service& service, const EvaluateFlags& question);

}  // namespace holdfast::api
