#include "agent/api/http/http_reader.h"

#include <gtest/gtest.h>

namespace holdfast::api {
namespace {

constexpr std::string_view kGet = "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n";

class HttpReaderTest : public ::testing::Test {
 protected:
  void Feed(std::string_view octets) { reader.Receive(AsBytes(octets)); }
  // The status that the octets are answered with; 0: they are read.
  static int Status(std::string_view octets) {
    HttpReader own;
    own.Receive(AsBytes(octets));
    const auto request = own.Next();
    return request ? 0 : request.error().status;
  }
  HttpReader reader;
};

TEST_F(HttpReaderTest, ReadsWhatItHasUseFor) {
  Feed(
      "POST /v1/leases?a=b HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\nif-none-match: \"e\"\r\n"
      "Content-Length: 2\r\nConnection: close\r\n\r\n{}");
  const auto request = reader.Next();
  ASSERT_TRUE(request && *request);
  EXPECT_EQ((*request)->method, "POST");
  EXPECT_EQ((*request)->target, "/v1/leases?a=b");
  EXPECT_EQ((*request)->body, "{}");
  EXPECT_EQ((*request)->authorization, "Bearer t");
  EXPECT_EQ((*request)->if_none_match, "\"e\"");
  EXPECT_FALSE((*request)->keep_alive);
}

TEST_F(HttpReaderTest, ARequestMayComeOctetByOctet) {
  for (const char octet : kGet.substr(0, kGet.size() - 1)) {
    Feed({&octet, 1});
    const auto request = reader.Next();
    ASSERT_TRUE(request);
    ASSERT_FALSE(*request);
    ASSERT_TRUE(reader.has_begun());
  }
  Feed(kGet.substr(kGet.size() - 1));
  EXPECT_TRUE(*reader.Next());
  EXPECT_FALSE(reader.has_begun());
}

TEST_F(HttpReaderTest, ABodyIsWaitedFor) {
  Feed("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nab");
  EXPECT_FALSE(*reader.Next());
  EXPECT_TRUE(reader.has_begun());
  Feed("c");
  EXPECT_EQ((*reader.Next())->body, "abc");
}

TEST_F(HttpReaderTest, RequestsFollowEachOther) {
  Feed(std::string(kGet) + "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n{" + std::string(kGet));
  EXPECT_EQ((*reader.Next())->target, "/v1/status");
  EXPECT_EQ((*reader.Next())->body, "{");
  EXPECT_TRUE(reader.has_octets());
  EXPECT_EQ((*reader.Next())->target, "/v1/status");
  EXPECT_FALSE(*reader.Next());
  EXPECT_FALSE(reader.has_octets());
}

TEST_F(HttpReaderTest, ABodyInChunksIsPutTogether) {
  Feed("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
  EXPECT_EQ((*reader.Next())->body, "abc");
}

TEST_F(HttpReaderTest, OldClientsAreAnsweredOnce) {
  for (const char* text : {"GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"}) {
    Feed(text);
    EXPECT_FALSE((*reader.Next())->keep_alive) << text;
  }
}

TEST_F(HttpReaderTest, WhatIsNoHttpIsRefused) {
  EXPECT_EQ(Status("HELLO\r\n\r\n"), 400);
  EXPECT_EQ(Status("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), 505);
  EXPECT_EQ(Status("GET / HTTP/1.1\r\n\r\n"), 400);                        // no Host
  EXPECT_EQ(Status("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400);  // two of them
  EXPECT_EQ(Status("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"), 400);
  EXPECT_EQ(Status("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"), 400);
  EXPECT_EQ(Status("GET / HTTP/1.1\r\nHost: x\r\n bad\r\n: none\r\n\r\n"), 400);
  EXPECT_EQ(Status(std::string("GET /") + '\0' + " HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
}

TEST_F(HttpReaderTest, WhatIsTooLongIsRefused) {
  EXPECT_EQ(Status("GET /" + std::string(HttpReader::kMaxHead, 'a')), 431);
  EXPECT_EQ(Status("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(HttpReader::kMaxHead, 'a') + "\r\n\r\n"),
            431);
  EXPECT_EQ(Status("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " +
                   std::to_string(HttpReader::kMaxBody + 1) + "\r\n\r\n"),
            413);
  EXPECT_EQ(Status("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n" +
                   std::string(HttpReader::kMaxBody + 1, 'a')),
            413);
}

TEST_F(HttpReaderTest, ALineAndFieldsAreMeasuredTogether) {
  const std::string half(HttpReader::kMaxHead * 2 / 3, 'a');
  EXPECT_EQ(Status("GET /" + half + " HTTP/1.1\r\nHost: x\r\n\r\n"), 0);
  EXPECT_EQ(Status("GET /" + half + " HTTP/1.1\r\nHost: x\r\nX: " + half + "\r\n\r\n"), 431);
}

// Each field is taken as soon as it is there, so that what waits is never long.
TEST_F(HttpReaderTest, FieldsThatComeOneByOneAreMeasuredTogether) {
  Feed("GET / HTTP/1.1\r\nHost: x\r\nA");
  int status = 0;
  for (size_t sent = 0; status == 0 && sent < 4 * HttpReader::kMaxHead; sent += 6) {
    Feed(": b\r\nA");
    if (const auto request = reader.Next(); !request) status = request.error().status;
  }
  EXPECT_EQ(status, 431);
}

TEST_F(HttpReaderTest, WhatStandsAroundChunksIsMeasured) {
  const std::string_view begin = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string much(HttpReader::kMaxSent, 'a');
  EXPECT_EQ(Status(std::string(begin) + "1;" + much), 413);                    // an extension
  EXPECT_EQ(Status(std::string(begin) + "0\r\nX: " + much), 413);              // a trailer
  EXPECT_EQ(Status(std::string(begin) + std::string(much.size(), '0')), 413);  // a length
}

TEST_F(HttpReaderTest, AChunkedBodyMayComeOctetByOctet) {
  const std::string_view text =
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n";
  const std::string_view empty = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  for (const std::string_view request : {text, empty}) {
    for (const char octet : request.substr(0, request.size() - 1)) {
      Feed({&octet, 1});
      const auto partial = reader.Next();
      ASSERT_TRUE(partial && !*partial);
    }
    Feed(request.substr(request.size() - 1));
    const auto whole = reader.Next();
    ASSERT_TRUE(whole && *whole);
    EXPECT_EQ((*whole)->body, request == text ? "ab" : "");
  }
}

// Else the body of one request would be read as the next.
TEST_F(HttpReaderTest, ATransferCodingIsChunkedAndNothingElse) {
  for (const char* fields :
       {"Transfer-Encoding: gzip\r\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, gzip\r\nContent-Length: 3\r\n", "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"})
    EXPECT_EQ(Status("POST / HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n"), 400) << fields;
  EXPECT_EQ(Status("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
  EXPECT_EQ(Status("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n"), 0);
}

TEST_F(HttpReaderTest, WhatFollowsABodyIsNoField) {
  Feed(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nAuthorization: Bearer "
      "t\r\n\r\n");
  const auto request = reader.Next();
  ASSERT_TRUE(request && *request);
  EXPECT_EQ((*request)->body, "a");
  EXPECT_EQ((*request)->authorization, "");
}

// The client waits with the body until it is answered.
TEST_F(HttpReaderTest, AnExpectationIsRefusedBeforeTheBody) {
  EXPECT_EQ(Status("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"), 417);
}

}  // namespace
}  // namespace holdfast::api
