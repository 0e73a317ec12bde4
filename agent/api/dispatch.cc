#include "agent/api/dispatch.h"

#include "agent/api/decision_json.h"

namespace holdfast::api {
namespace {

std::variant<Json, ApiRequest> DispatchLimited(Service& service, const Asker& asker, ApiRequest request) {
  const auto* limit = std::get_if<LimitRequest>(&request);
  const auto* consume = std::get_if<ConsumeRequest>(&request);
  const bool gives_back = limit != nullptr && limit->verb == LimitVerb::kRelease;
  const std::string& product = limit != nullptr ? limit->product : consume->product;
  const std::string& name = limit != nullptr ? limit->limit : consume->limit;
  if (auto denied = gives_back ? std::nullopt : service.Excluded(product, name, asker.caller)) return *denied;
  if (limit != nullptr) return service.Limit(asker.id, *limit);
  const auto outcome = service.Consume(*consume);
  if (const auto* answer = std::get_if<Json>(&outcome)) return *answer;
  return request;
}

}  // namespace

std::variant<Json, ApiRequest> Dispatch(Service& service, const Asker& asker, ApiRequest request) {
  if (IsAdministration(request)) {
    if (asker.administrator) return request;
    return ErrorAnswer({ErrorKind::kRefused, "api.permission",
                        "only root and the agent's own user may do this", "run it as root"});
  }
  if (const auto* check = std::get_if<CheckRequest>(&request)) return service.Check(*check);
  if (const auto* entitlements = std::get_if<EntitlementsRequest>(&request))
    return service.Entitlements(*entitlements);
  if (std::holds_alternative<LimitRequest>(request) || std::holds_alternative<ConsumeRequest>(request))
    return DispatchLimited(service, asker, std::move(request));
  if (const auto* key = std::get_if<KeyRequest>(&request)) {
    const Json decision = service.Key(*key);
    if (IsAllowed(decision)) return request;
    return decision;
  }
  return service.Status();
}

}  // namespace holdfast::api
