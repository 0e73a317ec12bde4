// What came of request and install, as the local API says it.
#pragma once

#include "agent/activation.h"
#include "protocol/strict_json.h"

namespace holdfast::api {

Json RequestAnswer(const Result<RequestOutcome>& outcome);
Json InstallAnswer(const Result<InstallOutcome>& outcome);

}  // namespace holdfast::api
