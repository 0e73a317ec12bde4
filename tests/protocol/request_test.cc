#include "protocol/request.h"

#include <gtest/gtest.h>

#include "protocol/answer.h"
#include "protocol/armor.h"
#include "tests/protocol/examples.h"

namespace holdfast {
namespace {

TEST(RequestTest, EveryMemberSurvivesTheFile) {
  const RequestContent content = examples::Content();
  const std::string text = FormatRequestContent(content);
  const std::string jws = examples::UnsignedRequest(text);
  auto request = ReadRequestFile(ArmorRequest(jws, content));
  ASSERT_TRUE(request) << request.error().check << ": " << request.error().message;
  EXPECT_EQ(request->content_text, text);
  EXPECT_EQ(FormatRequestContent(request->content), text);
  EXPECT_EQ(request->content.ek_certificates, content.ek_certificates);
  EXPECT_EQ(request->evidence.quote.attest, examples::Evidence().quote.attest);
  EXPECT_EQ(request->evidence.pcrs, examples::Evidence().pcrs);
  EXPECT_EQ(request->possession, Bytes(64, 14));
  EXPECT_EQ(request->content_hash, RequestContentHash(text));
  EXPECT_EQ(request->request_hash, Sha256(AsBytes(jws)));
}

TEST(RequestTest, SaysWhatAWrongFileIs) {
  auto message = [](std::string_view text) {
    auto request = ReadRequestFile(text);
    return request ? "accepted" : request.error().check + ": " + request.error().message;
  };
  EXPECT_EQ(message(Armor(kLabelAnswer, AsBytes("x"))),
            "request.kind: this is an answer file, not a request");
  EXPECT_EQ(message(Armor(kLabelCertificate, AsBytes("x"))),
            "request.kind: this is a license file or a certificate, not a request");
  EXPECT_EQ(message(Armor(kLabelCrl, AsBytes("x"))),
            "request.kind: this is a revocation list, not a request");
  EXPECT_EQ(message("NLS-eyJhbGciOiJFUzI1NiJ9.x.y-ABCDEFGH"),
            "request.kind: this is a product key, not a request");
  EXPECT_EQ(message(examples::ProductJson()), "request.kind: this is a JSON file, not a request");
  EXPECT_EQ(message("hello"), "request.kind: this is no file of Holdfast, not a request");
}

}  // namespace
}  // namespace holdfast
