// Octets to requests of HTTP/1.0 and 1.1, by Boost.Beast's parser. In memory only; not thread safe.
#pragma once

#include <memory>
#include <optional>

#include "agent/api/http/http_message.h"
#include "protocol/bytes.h"

namespace holdfast::api {

// A request that cannot be read. What follows it on the connection cannot be, either.
struct UnreadableRequest {
  int status = 400;
  Error error;
};

class HttpReader {
 public:
  // The most octets of a request's line and fields, and of its body.
  static constexpr uint32_t kMaxHead = 16 * 1024;
  static constexpr uint64_t kMaxBody = 64 * 1024;

  HttpReader();
  ~HttpReader();
  HttpReader(const HttpReader&) = delete;
  HttpReader& operator=(const HttpReader&) = delete;

  void Receive(ByteView octets) { input_.append(AsText(octets)); }
  // The next request; nothing as long as it is not there completely.
  tl::expected<std::optional<HttpRequest>, UnreadableRequest> Next();
  bool has_octets() const { return !input_.empty(); }  // which Next has not looked at, or wants more of
  bool has_begun() const { return begun_ || has_octets(); }

 private:
  struct Parser;
  std::string input_;
  std::unique_ptr<Parser> parser_;
  bool begun_ = false;
};

}  // namespace holdfast::api
