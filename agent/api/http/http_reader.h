// Octets to requests of HTTP/1.0 and 1.1, by Boost.Beast's parser. In memory only; not thread safe. What the parser leaves open is decided here: its limit of a head is
// one of what it looks at in one go, it has none for what stands around chunks, takes a transfer coding that it does not know for no body, and trailers for fields.
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
  // The most octets of a request's line and fields, of its body, and of all of it as it is sent, with what stands around its chunks.
  static constexpr uint32_t kMaxHead = 16 * 1024;
  static constexpr uint64_t kMaxBody = kMaxHttpBody;
  static constexpr uint64_t kMaxSent = kMaxHead + 4 * kMaxBody;

  HttpReader();
  ~HttpReader();
  HttpReader(const HttpReader&) = delete;
  HttpReader& operator=(const HttpReader&) = delete;

  void Receive(ByteView octets) { input_.append(AsText(octets)); }
  // The next request; nothing as long as it is not there completely. Not to be called again after an error.
  tl::expected<std::optional<HttpRequest>, UnreadableRequest> Next();
  bool has_octets() const { return !input_.empty(); }  // which Next has not looked at, or wants more of
  bool has_begun() const { return taken_ > 0 || has_octets(); }

 private:
  struct Parser;
  // The parser's next step; false: it wants more.
  tl::expected<bool, UnreadableRequest> ReadHead();
  tl::expected<bool, UnreadableRequest> ReadBody();
  // What the parser made of the octets, which it took.
  bool Put();
  std::string input_;
  std::unique_ptr<Parser> parser_;
  uint64_t taken_ = 0;  // octets of the request that is being read
};

}  // namespace holdfast::api
