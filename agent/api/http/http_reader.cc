#include "agent/api/http/http_reader.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
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

// RFC 9112, 6.1: else where the request ends would be anybody's guess, and what follows it too.
bool HasCertainLength(const BeastRequest& head) {
  const size_t codings = head.count(http::field::transfer_encoding);
  if (codings == 0) return true;
  return codings == 1 && head.version() >= 11 && head.count(http::field::content_length) == 0 &&
         boost::beast::iequals(head[http::field::transfer_encoding], "chunked");
}

// Of a head that could be parsed.
std::optional<UnreadableRequest> FaultOf(const BeastRequest& head) {
  if (head.version() >= 11 && head.count(http::field::host) != 1)  // RFC 9112, 3.2
    return UnreadableRequest{
        400, {ErrorKind::kMalformed, "http.host", "a request of HTTP/1.1 with no Host, or with several", ""}};
  if (!HasCertainLength(head))
    return UnreadableRequest{
        400, {ErrorKind::kMalformed, "http.syntax", "a Transfer-Encoding that is not just 'chunked'", ""}};
  // Before the body, which the client may send or not when it has read that.
  if (head.count(http::field::expect) > 0)
    return UnreadableRequest{
        417, {ErrorKind::kMalformed, "http.expect", "nothing is to be expected", "send it without Expect"}};
  return std::nullopt;
}

HttpRequest RequestOf(const BeastRequest& head) {
  return {.method = Text(head.method_string()),
          .target = Text(head.target()),
          .body = {},
          .authorization = Text(head[http::field::authorization]),
          .if_none_match = Text(head[http::field::if_none_match]),
          .keep_alive = head.version() >= 11 && head.keep_alive()};
}

}  // namespace

struct HttpReader::Parser {
  Parser() {
    beast.header_limit(kMaxHead);
    beast.body_limit(kMaxBody);
  }
  http::request_parser<http::string_body> beast;
  boost::system::error_code error;
  HttpRequest request;  // as its head says
};

HttpReader::HttpReader() : parser_(std::make_unique<Parser>()) {}
HttpReader::~HttpReader() = default;

bool HttpReader::Put() {
  const size_t read =
      parser_->beast.put(boost::asio::const_buffer(input_.data(), input_.size()), parser_->error);
  input_.erase(0, read);
  taken_ += read;
  return !parser_->error;
}

tl::expected<bool, UnreadableRequest> HttpReader::ReadHead() {
  auto& beast = parser_->beast;
  beast.eager(false);  // stops where the head ends
  const bool over = Put();
  if (!over && parser_->error != http::error::need_more) return tl::unexpected(Unreadable(parser_->error));
  if ((over ? taken_ : taken_ + input_.size()) > kMaxHead)
    return tl::unexpected(Unreadable(http::error::header_limit));
  if (!over) return false;
  if (auto fault = FaultOf(beast.get())) return tl::unexpected(std::move(*fault));
  parser_->request = RequestOf(beast.get());
  return true;
}

tl::expected<bool, UnreadableRequest> HttpReader::ReadBody() {
  auto& beast = parser_->beast;
  // A chunked body ends with five octets at least, and with fewer the parser's own assertion fails.
  if (beast.chunked() && input_.size() < 5) return false;
  beast.eager(true);
  const bool well = Put();
  if (!well && parser_->error != http::error::need_more) return tl::unexpected(Unreadable(parser_->error));
  if (!beast.is_done() && taken_ + input_.size() > kMaxSent)
    return tl::unexpected(Unreadable(http::error::body_limit));
  return well;
}

tl::expected<std::optional<HttpRequest>, UnreadableRequest> HttpReader::Next() {
  auto& beast = parser_->beast;
  while (!input_.empty() && !beast.is_done()) {
    const auto read = beast.is_header_done() ? ReadBody() : ReadHead();
    if (!read) return tl::unexpected(read.error());
    if (!*read) break;
  }
  if (!beast.is_done()) return std::nullopt;
  HttpRequest request = std::move(parser_->request);
  request.body = std::move(beast.get().body());
  parser_ = std::make_unique<Parser>();
  taken_ = 0;
  return request;
}

}  // namespace holdfast::api
