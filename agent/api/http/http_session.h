// A conversation in HTTP/1.1 (docs/local-api.md, "HTTP"; docs/openapi.json). Nothing of administration, challenges or watching goes over it.
#pragma once

#include "agent/api/conversation.h"
#include "agent/api/http/http_reader.h"
#include "agent/api/http/leases.h"
#include "protocol/secret.h"

namespace holdfast::api {

class HttpSession final : public Conversation {
 public:
  // Is it HTTP that begins with that octet, and not a line of JSON? Methods are upper case.
  static bool BeginsWith(uint8_t octet) { return octet >= 'A' && octet <= 'Z'; }

  // `user` is whom leases count for. `token` is what each request must bring (RFC 6750), the first one as soon as a request that was begun must be ended, and who does not is
  // disconnected; nullptr: nothing, the socket's mode says who may ask.
  HttpSession(Service& service, Leases& leases, Asker asker, uint32_t user, const Secret* token)
      : Conversation(service, std::move(asker)),
        leases_(leases),
        user_(user),
        token_(token),
        may_ask_(token == nullptr) {}

  void Receive(ByteView octets) override { reader_.Receive(octets); }
  std::optional<ApiRequest> Run() override;
  void Finish(const Json& answer) override;
  bool has_partial() const override { return !full() && (reader_.has_begun() || !may_ask_); }

 private:
  std::optional<ApiRequest> Handle(const HttpRequest& request);
  bool BringsToken(const HttpRequest& request) const;
  void Send(const HttpResponse& response);

  Leases& leases_;
  const uint32_t user_;
  const Secret* const token_;
  bool may_ask_;  // has brought the token, if one is wanted
  HttpReader reader_;
  bool keep_alive_ = true, with_body_ = true;  // of the request that is answered
};

}  // namespace holdfast::api
