#include "agent/api/http/http_reader.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace holdfast::api {
namespace {

namespace http = boost::beast::http;
using BeastRequest = http::request<http::string_body>;

UnreadableRequest Unreadable(const boost::system::error_code& error) {
  if (error == http::error::header_limit)
    return {
        431,
        {ErrorKind::kMalformed, "http.head",
         "a request line and fields of more than " + std::to_string(HttpReader::kMaxHead) + " octets", ""}};
  if (error == http::error::body_limit)
    return {413,
            {ErrorKind::kMalformed, "http.body",
             "a body of more than " + std::to_string(HttpReader::kMaxBody) + " octets", ""}};
  if (error == http::error::bad_version)
    return {505, {ErrorKind::kMalformed, "http.version", "neither HTTP/1.0 nor HTTP/1.1", ""}};
  return {400, {ErrorKind::kMalformed, "http.syntax", "no request of HTTP/1.1: " + error.message(), ""}};
}

std::string Text(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

// RFC 9112, 3.2: a request of HTTP/1.1 has exactly one Host.
bool HasHost(const BeastRequest& message) {
  return message.version() < 11 || message.count(http::field::host) == 1;
}

}  // namespace

struct HttpReader::Parser {
  Parser() {
    parser.header_limit(kMaxHead);
    parser.body_limit(kMaxBody);
    parser.eager(true);
  }
  http::request_parser<http::string_body> parser;
};

HttpReader::HttpReader() : parser_(std::make_unique<Parser>()) {}
HttpReader::~HttpReader() = default;

tl::expected<std::optional<HttpRequest>, UnreadableRequest> HttpReader::Next() {
  boost::system::error_code error;
  auto& parser = parser_->parser;
  while (!input_.empty() && !parser.is_done()) {
    const size_t read = parser.put(boost::asio::const_buffer(input_.data(), input_.size()), error);
    begun_ = true;
    input_.erase(0, read);
    if (error == http::error::need_more) return std::nullopt;
    if (error) return tl::unexpected(Unreadable(error));
  }
  if (!parser.is_done()) return std::nullopt;
  BeastRequest message = parser.release();
  parser_ = std::make_unique<Parser>();
  begun_ = false;
  if (!HasHost(message))
    return tl::unexpected(UnreadableRequest{
        400,
        {ErrorKind::kMalformed, "http.host", "a request of HTTP/1.1 with no Host, or with several", ""}});
  return HttpRequest{.method = Text(message.method_string()),
                     .target = Text(message.target()),
                     .body = std::move(message.body()),
                     .authorization = Text(message[http::field::authorization]),
                     .if_none_match = Text(message[http::field::if_none_match]),
                     .expects = message.count(http::field::expect) > 0,
                     .keep_alive = message.keep_alive()};
}

}  // namespace holdfast::api
