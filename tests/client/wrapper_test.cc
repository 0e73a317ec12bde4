// holdfast.hpp: the same answers as values.
#include "agent/client/holdfast.hpp"

#include "tests/client/client_fixture.h"

namespace holdfast {
namespace {

class WrapperTest : public ClientTest {
 protected:
  Client Opened() const {
    auto opened =
        Client::Open({.product = product, .roots_pem = roots, .socket = socket, .timeout_ms = timeout_ms});
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
};

TEST_F(WrapperTest, ChecksAndValues) {
  const Client client = Opened();
  EXPECT_TRUE(client.Check("export"));
  const Verdict macros = client.Check("macros");
  EXPECT_TRUE(macros.denied());
  EXPECT_EQ(macros.reason(), HOLDFAST_REASON_FEATURE_NOT_GRANTED);
  EXPECT_EQ(client.Integer("layers").value_or(1), 7);
  EXPECT_EQ(client.Integer("macros").value_or(1), 1);
  EXPECT_EQ(client.Text("tier").value_or("none"), "gold");
}

TEST_F(WrapperTest, NamesThatAreNoCTextsAreNone) {
  const Client client = Opened();
  for (const std::string_view name :
       {std::string_view("export\0", 7), std::string_view("\0", 1), std::string_view()})
    EXPECT_EQ(client.Check(name).reason(), HOLDFAST_REASON_UNKNOWN_FEATURE);
  EXPECT_EQ(client.Check(std::string(1000, 'x')).reason(), HOLDFAST_REASON_UNKNOWN_FEATURE);
}

TEST_F(WrapperTest, ErrorsComeWithWhatStandsBehindThem) {
  const auto opened =
      Client::Open({.product = product, .roots_pem = RootsOf(testing::TestPki()), .socket = socket});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.code(), HOLDFAST_OTHER_VENDOR);
  EXPECT_STREQ(opened.error().check, "path.anchor");
}

TEST_F(WrapperTest, SeatsKeysAndStatus) {
  const Client client = Opened();
  EXPECT_TRUE(client.Acquire("seats", 2));
  EXPECT_EQ(client.Limit("seats")->held, 2);
  EXPECT_TRUE(client.Release("seats"));
  EXPECT_TRUE(client.Consume("pages"));
  EXPECT_EQ(client.ContentKey("content")->front(), 0xaa);
  EXPECT_EQ(client.Status()->state, HOLDFAST_STATE_ACTIVE);
  EXPECT_NE(client.StatusJson()->find("\"standard\""), std::string::npos);
  EXPECT_GE(*client.Descriptor(), 0);
  EXPECT_TRUE(client.Drain());
}

}  // namespace
}  // namespace holdfast
