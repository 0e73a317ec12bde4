#include "agent/api/http/http_session.h"

#include <strings.h>

#include "agent/api/http/ofrep.h"

namespace holdfast::api {
namespace {

HttpResponse Unauthorized() {
  HttpResponse response = ErrorResponse(
      {ErrorKind::kRefused, "http.token", "the request does not bring the agent's token",
       "send 'Authorization: Bearer TOKEN' with what is in the file of the agent's --http-token-file"},
      401);
  response.fields.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace

std::optional<ApiRequest> HttpSession::Run() {
  if (waiting_ || closing_) return {};
  std::optional<ApiRequest> slow;
  has_more_ = false;
  for (int turn = 0; !slow && !closing_; turn++) {
    if (turn == kRequestsPerTurn || output_.size() >= kMaxLine) {
      has_more_ = reader_.has_octets();
      break;
    }
    auto request = reader_.Next();
    if (!request) {
      keep_alive_ = false;
      with_body_ = true;
      Send(ErrorResponse(request.error().error, request.error().status));
      return {};
    }
    if (!*request) return {};
    slow = Handle(**request);
    handled_++;
  }
  if (slow) has_more_ = reader_.has_octets();
  waiting_ = slow.has_value();
  return slow;
}

std::optional<ApiRequest> HttpSession::Handle(const HttpRequest& request) {
  keep_alive_ = request.keep_alive;
  with_body_ = request.method != "HEAD";
  const auto send = [this](const HttpResponse& response) {
    Send(response);
    return std::nullopt;
  };
  may_ask_ = BringsToken(request);
  if (!may_ask_) {
    keep_alive_ = false;
    return send(Unauthorized());
  }
  auto question = Route(request);
  if (!question) return send(question.error());
  if (const auto* take = std::get_if<TakeLease>(&*question))
    return send(JsonResponse(leases_.Take(*take, user_, asker().caller)));
  if (const auto* renew = std::get_if<RenewLease>(&*question))
    return send(JsonResponse(leases_.Renew(renew->id)));
  if (const auto* end = std::get_if<EndLease>(&*question)) return send(JsonResponse(leases_.End(end->id)));
  if (const auto* flag = std::get_if<EvaluateFlag>(&*question)) return send(Evaluate(service(), *flag));
  if (const auto* flags = std::get_if<EvaluateFlags>(&*question)) return send(EvaluateAll(service(), *flags));
  auto outcome = Dispatch(service(), asker(), std::get<ApiRequest>(std::move(*question)));
  if (auto* slow = std::get_if<ApiRequest>(&outcome)) return std::move(*slow);
  return send(JsonResponse(std::get<Json>(outcome)));
}

bool HttpSession::BringsToken(const HttpRequest& request) const {
  if (token_ == nullptr) return true;
  constexpr std::string_view kScheme = "bearer ";  // in any case (RFC 9110, 11.1)
  const std::string_view field = request.authorization;
  return field.size() > kScheme.size() && ::strncasecmp(field.data(), kScheme.data(), kScheme.size()) == 0 &&
         Secret::CopyOf(AsBytes(field.substr(kScheme.size()))).Equals(*token_);
}

void HttpSession::Finish(const Json& answer) {
  waiting_ = false;
  Send(JsonResponse(answer));
}

void HttpSession::Send(const HttpResponse& response) {
  output_ += FormatHttpResponse(response, keep_alive_, with_body_);
  closing_ = !keep_alive_;
}

}  // namespace holdfast::api
