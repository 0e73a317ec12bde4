#include "agent/api/api_request.h"

#include <limits>

#include "protocol/armor.h"
#include "protocol/error_json.h"
#include "protocol/terms.h"

namespace holdfast::api {
namespace {

constexpr int64_t kMaxAmount = std::numeric_limits<int64_t>::max();
constexpr size_t kMaxName = 64, kMaxProductKey = 4096;

std::string Name(JsonObject& o, std::string_view member) {
  std::string name = o.String(member, kMaxName);
  if (!IsIdentifier(name)) o.Fault(member, "not an identifier");
  return name;
}

std::string Product(JsonObject& o) {
  std::string product = o.String("product", kMaxName, "");
  if (!product.empty() && !IsIdentifier(product)) o.Fault("product", "not an identifier");
  return product;
}

ApiRequest Check(JsonObject& o) {
  return CheckRequest{Name(o, "feature"), Product(o)};
}

ApiRequest Limit(JsonObject& o, LimitVerb verb) {
  LimitRequest request{verb, Name(o, "limit"), Product(o)};
  switch (verb) {
    case LimitVerb::kHold:
      request.amount = o.Integer("amount", 1, kMaxAmount, 1);
      break;
    case LimitVerb::kRelease:
      request.amount = o.Integer("amount", 1, kMaxAmount, kMaxAmount);
      break;
    case LimitVerb::kSet:
      request.amount = o.Integer("amount", 0, kMaxAmount);
      break;
  }
  return request;
}

ApiRequest Consume(JsonObject& o) {
  return ConsumeRequest{Name(o, "limit"), Product(o), o.Integer("amount", 1, kMaxNumber, 1)};
}

ApiRequest Key(JsonObject& o) {
  return KeyRequest{Name(o, "name"), Product(o)};
}

ApiRequest MakeRequest(JsonObject& o) {
  MakeRequestRequest request;
  std::string key = o.String("key", kMaxProductKey);
  request.product_key = Secret(ToBytes(key));
  key.assign(key.size(), '\0');
  request.make_new = o.Bool("new", false);
  request.host_facts = o.Bool("host_facts", true);
  request.without_tpm = o.Bool("without_tpm", false);
  request.repair = o.Bool("repair", false);
  return request;
}

ApiRequest Return(JsonObject& o) {
  ReturnRequest request{Product(o), o.String("nonce", kMaxFileSize, ""), o.Bool("dry_run", false),
                        o.Bool("forget", false)};
  if (request.forget && (request.dry_run || !request.nonce.empty()))
    o.Fault("forget", "stands alone: what was returned is forgotten");
  return request;
}

}  // namespace

Result<ApiRequest> ParseApiRequest(std::string_view line, size_t max_size) {
  HOLDFAST_TRY(const Json value, ParseJson(line, max_size));
  return ReadApiRequest(value);
}

Result<ApiRequest> ReadApiRequest(const Json& value) {
  JsonObject o(value, "api");
  const std::string op = o.String("op", 32);
  ApiRequest request;
  if (op == "status") {
    request = StatusRequest{};
  } else if (op == "check") {
    request = Check(o);
  } else if (op == "hold") {
    request = Limit(o, LimitVerb::kHold);
  } else if (op == "release") {
    request = Limit(o, LimitVerb::kRelease);
  } else if (op == "set") {
    request = Limit(o, LimitVerb::kSet);
  } else if (op == "consume") {
    request = Consume(o);
  } else if (op == "key") {
    request = Key(o);
  } else if (op == "challenge") {
    request = local::ReadChallenge(o);
  } else if (op == "entitlements") {
    request = EntitlementsRequest{Name(o, "product")};
  } else if (op == "watch") {
    request = WatchRequest{};
  } else if (op == "request") {
    request = MakeRequest(o);
  } else if (op == "install") {
    request = InstallRequest{o.String("file", kMaxFileSize)};
  } else if (op == "return") {
    request = Return(o);
  } else if (op == "time_request") {
    request = TimeRequest{Product(o)};
  } else if (op == "heartbeat") {
    request = HeartbeatRequest{Product(o), o.Bool("host_facts", true)};
  } else if (op == "break_glass") {
    request = BreakGlassRequest{Product(o), o.Bool("dry_run", false)};
  } else if (o.Has("op")) {
    return Malformed("api.op", "an operation that this agent does not know", "see docs/local-api.md");
  }
  HOLDFAST_CHECK(o.Finish());
  return request;
}

bool IsAdministration(const ApiRequest& request) {
  return std::holds_alternative<MakeRequestRequest>(request) ||
         std::holds_alternative<InstallRequest>(request) || std::holds_alternative<ReturnRequest>(request) ||
         std::holds_alternative<TimeRequest>(request) || std::holds_alternative<HeartbeatRequest>(request) ||
         std::holds_alternative<BreakGlassRequest>(request);
}

Json ErrorAnswer(const Error& error) {
  return Json{{"ok", false}, {"error", ErrorToJson(error)}};
}

}  // namespace holdfast::api
