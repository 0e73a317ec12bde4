// What came of request, install and return, as the local API says it.
#pragma once

#include "agent/activation.h"
#include "agent/api/api_request.h"
#include "agent/return_license.h"
#include "protocol/strict_json.h"

namespace holdfast::api {

Json RequestAnswer(const Result<RequestOutcome>& outcome);
Json InstallAnswer(const Result<InstallOutcome>& outcome);
Json ReturnAnswer(const ReturnRequest& request, const Result<ReturnOutcome>& outcome);

// Does what `request` asks for: ReturnLicense or ForgetReturn.
Result<ReturnOutcome> DoReturn(const ReturnRequest& request, const std::string& agent_version,
                               const Hardware& hardware, const StateDirectory& state,
                               const TrustAnchors& anchors, const Clock& clock);

}  // namespace holdfast::api
