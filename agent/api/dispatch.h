// What is done about a request, in whatever form it came (line_session.h, http/http_session.h).
#pragma once

#include "agent/api/service.h"

namespace holdfast::api {

// Who is at the other end of a connection. The default may do the least.
struct Asker {
  Holdings::Holder id = 0;     // what is taken is held by it
  bool administrator = false;  // may request, install and so on, and may send long lines
  Service::CallerSource caller = [] { return Caller{}; };  // for licenses that want to know
};

// The answer; or the request itself, allowed, which others have to do: an administrative one, units of a meter that have to be taken from the ledger or the TPM
// first, a content key. Not for challenges and watching, which change the conversation that they come in.
std::variant<Json, ApiRequest> Dispatch(Service& service, const Asker& asker, ApiRequest request);

}  // namespace holdfast::api
