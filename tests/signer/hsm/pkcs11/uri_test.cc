#include "signer/hsm/pkcs11/uri.h"

#include <gtest/gtest.h>

namespace holdfast::hsm {
namespace {

TEST(Pkcs11Uri, ReadsWhatASignerNeeds) {
  auto uri = Uri::Parse(
      "pkcs11:token=My%20Token;serial=0a;object=issuing%3b1;id=%01%ff;type=private"
      "?module-path=/usr/lib/m%20x.so&pin-source=file:/etc/holdfast/pin");
  ASSERT_TRUE(uri) << uri.error().message;
  EXPECT_EQ(uri->module_path(), "/usr/lib/m x.so");
  EXPECT_EQ(uri->pin_file(), Path("/etc/holdfast/pin"));
  EXPECT_EQ(uri->object(), "issuing;1");
  EXPECT_EQ(uri->id(), (Bytes{0x01, 0xff}));
  EXPECT_FALSE(uri->module_name());
}

TEST(Pkcs11Uri, IsPrintedWithoutItsQuery) {
  auto uri = Uri::Parse("pkcs11:token=t?pin-source=file:/etc/pin");
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->text(), "pkcs11:token=t");
}

TEST(Pkcs11Uri, TakesAPinFileInEachFormOfRfc7512) {
  for (const char* source : {"file:/etc/pin", "file:///etc/pin", "/etc/pin", "file:%2Fetc%2Fpin"}) {
    auto uri = Uri::Parse(std::string("pkcs11:token=t?pin-source=") + source);
    ASSERT_TRUE(uri) << source;
    EXPECT_EQ(uri->pin_file(), Path("/etc/pin")) << source;
  }
}

struct Bad {
  const char* name;
  const char* text;
};

class Pkcs11UriRefuses : public ::testing::TestWithParam<Bad> {};

TEST_P(Pkcs11UriRefuses, It) {
  auto uri = Uri::Parse(GetParam().text);
  ASSERT_FALSE(uri);
  EXPECT_EQ(uri.error().check, "hsm.uri");
  EXPECT_EQ(uri.error().kind, ErrorKind::kUsage);
  EXPECT_EQ(uri.error().message.find("s3cret"), std::string::npos) << uri.error().message;
}

const Bad kBad[] = {
    {"Empty", ""},
    {"AnotherScheme", "file:/etc/pin"},
    {"UpperCaseScheme", "PKCS11:token=t"},
    {"NothingNamed", "pkcs11:"},
    {"OnlyAQuery", "pkcs11:?module-path=/m.so"},
    {"PinValue", "pkcs11:token=t?pin-value=s3cret"},
    {"PinValueInThePath", "pkcs11:token=t;pin-value=s3cret"},
    {"PinValueInAnotherCase", "pkcs11:token=t?PIN-VALUE=s3cret"},
    {"TokenTwice", "pkcs11:token=a;token=b"},
    {"QueryTwice", "pkcs11:token=a?module-path=/a&module-path=/b"},
    {"UnknownAttribute", "pkcs11:token=t;unknown=1"},
    {"VendorAttribute", "pkcs11:token=t;x-vendor=1"},
    {"VendorQuery", "pkcs11:token=t?max-sessions=4"},
    {"TypeSecret", "pkcs11:token=t;type=secret-key"},
    {"TypeCert", "pkcs11:token=t;type=cert"},
    {"Blank", "pkcs11:object=a b"},
    {"LineBreak", "pkcs11:token=t\n"},
    {"BadEncoding", "pkcs11:token=bad%zz"},
    {"CutEncoding", "pkcs11:token=bad%4"},
    {"ZeroOctet", "pkcs11:token=t?module-path=/a%00b"},
    {"Fragment", "pkcs11:token=t#x"},
    {"NoValue", "pkcs11:token"},
    {"EmptyValue", "pkcs11:token="},
    {"EmptyAttribute", "pkcs11:token=t;;object=o"},
    {"NotAscii", "pkcs11:token=\xc3\xa4"},
    {"PinCommand", "pkcs11:token=t?pin-source=|cat%20/etc/pin"},
    {"PinRelative", "pkcs11:token=t?pin-source=file:pin"},
    {"PinOnAHost", "pkcs11:token=t?pin-source=file://host/pin"},
    {"TypedPinAsName", "pkcs11:token=t?s3cret!=1"},
};

INSTANTIATE_TEST_SUITE_P(Uris, Pkcs11UriRefuses, ::testing::ValuesIn(kBad),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Pkcs11Uri, RefusesMoreThanItsLimit) {
  EXPECT_TRUE(Uri::Parse("pkcs11:object=" + std::string(2000, 'x')));
  EXPECT_FALSE(Uri::Parse("pkcs11:object=" + std::string(2048, 'x')));
}

}  // namespace
}  // namespace holdfast::hsm
