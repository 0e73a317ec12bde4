// What came of request, install, return, time_request, heartbeat and break_glass, as the local API says it.
#pragma once

#include "agent/activation.h"
#include "agent/api/api_request.h"
#include "agent/break_glass.h"
#include "agent/heartbeat.h"
#include "agent/return_license.h"
#include "agent/time_exchange.h"
#include "protocol/strict_json.h"

namespace holdfast::api {

Json RequestAnswer(const Result<RequestOutcome>& outcome);
Json InstallAnswer(const Result<InstallOutcome>& outcome);
Json TimeRequestAnswer(const Result<TimeRequestOutcome>& outcome);
Json HeartbeatAnswer(const Result<HeartbeatOutcome>& outcome);
Json BreakGlassAnswer(const BreakGlassRequest& request, const Result<BreakGlassOutcome>& outcome);
Json ReturnAnswer(const ReturnRequest& request, const Result<ReturnOutcome>& outcome);

// Installs whatever the file is: Install, InstallTimeAnswer or ApplyHeartbeatAnswer.
Result<InstallOutcome> DoInstall(const InstallRequest& request, const Hardware& hardware,
                                 const StateDirectory& state, const TrustAnchors& anchors,
                                 const TimeKeeper& keeper);

// `used`: of the meters, by who serves them; empty where nobody does.
Result<HeartbeatOutcome> DoHeartbeat(const HeartbeatRequest& request, const std::string& agent_version,
                                     const std::vector<MeterRecord>& used, const Hardware& hardware,
                                     const StateDirectory& state, const TrustAnchors& anchors,
                                     const TimeKeeper& keeper);

// Does what `request` asks for: ReturnLicense or ForgetReturn.
Result<ReturnOutcome> DoReturn(const ReturnRequest& request, const std::string& agent_version,
                               const Hardware& hardware, const StateDirectory& state,
                               const TrustAnchors& anchors, const Clock& clock, Books& books);

}  // namespace holdfast::api
