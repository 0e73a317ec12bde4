#include "agent/api/http/routes.h"

#include <array>
#include <functional>

#include "agent/api/http/target.h"

namespace holdfast::api {
namespace {

// What a route's reader is given: the path's variable segments, and the members of the query or of the body, which is an object.
struct Given {
  std::vector<std::string> names;
  Json members = Json::object();
  std::string if_none_match = {};
};
using Reader = std::function<Result<HttpQuestion>(Given&)>;

// A segment that is "*" is variable. Query: members come from there and there is no body.
enum class Members { kQuery, kBody, kIgnored };
struct Endpoint {
  std::string_view method;
  std::vector<std::string_view> path;
  Members members;
  Reader read;
};

Result<HttpQuestion> Operation(std::string_view op, std::string_view member, Given& given) {
  Json& json = given.members;
  const auto set = [&](std::string_view name, std::string_view value) -> Status {
    if (json.contains(name))
      return Malformed("api." + std::string(name),
                       "the member '" + std::string(name) + "' is not for the body", "see docs/openapi.json");
    json[std::string(name)] = std::string(value);
    return {};
  };
  HOLDFAST_CHECK(set("op", op));
  if (!member.empty()) HOLDFAST_CHECK(set(member, given.names.at(0)));
  HOLDFAST_TRY(ApiRequest request, ReadApiRequest(json));
  return HttpQuestion(std::move(request));
}

Reader ReadsOperation(std::string_view op, std::string_view member = {}) {
  return [op, member](Given& given) { return Operation(op, member, given); };
}

// hold, for as long as is said.
Result<HttpQuestion> ReadLease(Given& given) {
  TakeLease take;
  if (auto length = given.members.find("seconds"); length != given.members.end()) {
    const bool right =
        length->is_number_integer() && *length >= kMinLease.count() && *length <= kMaxLease.count();
    if (!right) return Malformed("api.seconds", "no number from 10 to 3600", "see docs/openapi.json");
    take.length = Seconds(length->get<int64_t>());
    given.members.erase("seconds");
  }
  HOLDFAST_TRY(HttpQuestion hold, Operation("hold", {}, given));
  take.limit = std::get<LimitRequest>(std::get<ApiRequest>(hold));
  return HttpQuestion(std::move(take));
}

template <class Question>
Result<HttpQuestion> ReadLeaseId(Given& given) {
  JsonObject o(given.members, "api");
  HOLDFAST_CHECK(o.Finish());
  return HttpQuestion(Question{given.names.at(0)});
}

// With a product before it or without.
Result<HttpQuestion> ReadFlag(Given& given) {
  return HttpQuestion(EvaluateFlag{given.names.size() > 1 ? given.names.front() : "", given.names.back()});
}
Result<HttpQuestion> ReadFlags(Given& given) {
  return HttpQuestion(EvaluateFlags{given.names.empty() ? "" : given.names.front(), given.if_none_match});
}

const std::vector<Endpoint>& Routes() {
  static const std::vector<Endpoint> routes{
      {"GET", {"v1", "status"}, Members::kQuery, ReadsOperation("status")},
      {"GET", {"v1", "entitlements"}, Members::kQuery, ReadsOperation("entitlements")},
      {"GET", {"v1", "features", "*"}, Members::kQuery, ReadsOperation("check", "feature")},
      {"POST", {"v1", "limits", "*", "consume"}, Members::kBody, ReadsOperation("consume", "limit")},
      {"POST", {"v1", "keys", "*"}, Members::kBody, ReadsOperation("key", "name")},
      {"POST", {"v1", "leases"}, Members::kBody, ReadLease},
      {"PUT", {"v1", "leases", "*"}, Members::kBody, ReadLeaseId<RenewLease>},
      {"DELETE", {"v1", "leases", "*"}, Members::kBody, ReadLeaseId<EndLease>},
      {"POST", {"ofrep", "v1", "evaluate", "flags"}, Members::kIgnored, ReadFlags},
      {"POST", {"ofrep", "v1", "evaluate", "flags", "*"}, Members::kIgnored, ReadFlag},
      {"POST", {"products", "*", "ofrep", "v1", "evaluate", "flags"}, Members::kIgnored, ReadFlags},
      {"POST", {"products", "*", "ofrep", "v1", "evaluate", "flags", "*"}, Members::kIgnored, ReadFlag},
  };
  return routes;
}

// The variable segments, where the path is the route's.
std::optional<std::vector<std::string>> Match(const Endpoint& route, const std::vector<std::string>& path) {
  if (route.path.size() != path.size()) return std::nullopt;
  std::vector<std::string> names;
  for (size_t i = 0; i < path.size(); i++) {
    if (route.path[i] == "*") {
      names.push_back(path[i]);
    } else if (route.path[i] != path[i]) {
      return std::nullopt;
    }
  }
  return names;
}

Result<Json> MembersOf(const Endpoint& route, const HttpRequest& request, const Target& target) {
  Json members = Json::object();
  if (route.members == Members::kIgnored) return members;
  if (route.members == Members::kQuery) {
    if (!request.body.empty()) return Malformed("http.body", "a body where none is wanted", "use the query");
    for (const auto& [name, value] : target.query) members[name] = value;
    return members;
  }
  if (!target.query.empty()) return Malformed("http.target", "a query where a body is wanted", "send JSON");
  if (request.body.empty()) return members;
  HOLDFAST_TRY(members, ParseJson(request.body, kMaxHttpBody));
  if (!members.is_object())
    return Malformed("http.body", "a body that is no JSON object", "see docs/openapi.json");
  return members;
}

HttpResponse NotFound() {
  return ErrorResponse(
      {ErrorKind::kNotFound, "http.path", "nothing of the local API is there", "see docs/openapi.json"}, 404);
}

HttpResponse NotAllowed(const std::string& methods) {
  HttpResponse response = ErrorResponse(
      {ErrorKind::kMalformed, "http.method", "only " + methods + " goes there", "see docs/openapi.json"},
      405);
  response.fields.emplace_back("Allow", methods);
  return response;
}

}  // namespace

tl::expected<HttpQuestion, HttpResponse> Route(const HttpRequest& request) {
  const auto refuse = [](const Error& error) {
    return tl::unexpected(ErrorResponse(error, HttpStatusOf(error.kind)));
  };
  const auto target = ParseTarget(request.target);
  if (!target) return refuse(target.error());
  const std::string_view method = request.method == "HEAD" ? std::string_view("GET") : request.method;
  std::string allowed;
  for (const Endpoint& route : Routes()) {
    auto names = Match(route, target->path);
    if (!names) continue;
    if (route.method != method) {
      allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
      if (route.method == "GET") allowed += ", HEAD";
      continue;
    }
    auto members = MembersOf(route, request, *target);
    if (!members) return refuse(members.error());
    Given given{std::move(*names), std::move(*members), request.if_none_match};
    auto question = route.read(given);
    if (!question) return refuse(question.error());
    return std::move(*question);
  }
  return tl::unexpected(allowed.empty() ? NotFound() : NotAllowed(allowed));
}

}  // namespace holdfast::api
