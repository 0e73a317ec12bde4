#include "protocol/bytes.h"

#include <gtest/gtest.h>

#include "protocol/base64.h"
#include "protocol/byte_cursor.h"
#include "protocol/secret.h"

namespace holdfast {
namespace {

template <class T>
std::string CheckOf(const Result<T>& result) {
  return result ? "accepted" : result.error().check;
}

TEST(HexTest, RoundTripsEveryOctet) {
  Bytes all(256);
  for (size_t i = 0; i < 256; i++) all[i] = static_cast<uint8_t>(i);
  EXPECT_EQ(HexDecode(HexEncode(all)), all);
  EXPECT_EQ(HexEncode(Bytes{0x00, 0x0f, 0xa0, 0xff}), "000fa0ff");
}
TEST(HexTest, ReadsUpperCase) {
  EXPECT_EQ(HexDecode("AbCd"), (Bytes{0xab, 0xcd}));
}
TEST(HexTest, RefusesOddLengthAndOtherCharacters) {
  for (const char* text : {"0", "000", "0g", " 00", "0x00", "00 00", "/0", ":0", "@0", "`0"})
    EXPECT_EQ(CheckOf(HexDecode(text)), "bytes.hex") << text;
}

TEST(EqualTest, ComparesLengthAndContent) {
  EXPECT_TRUE(Equal(Bytes{1, 2}, Bytes{1, 2}));
  EXPECT_FALSE(Equal(Bytes{1, 2}, Bytes{1, 2, 0}));
  EXPECT_FALSE(Equal(Bytes{1, 2, 0}, Bytes{1, 2}));
  EXPECT_FALSE(Equal(Bytes{1, 2}, Bytes{1, 3}));
  EXPECT_TRUE(Equal({}, {}));
}

// RFC 4648 section 10.
TEST(Base64Test, EncodesTheVectorsOfTheRfc) {
  const char* const vectors[][2] = {{"", ""},
                                    {"f", "Zg=="},
                                    {"fo", "Zm8="},
                                    {"foo", "Zm9v"},
                                    {"foob", "Zm9vYg=="},
                                    {"fooba", "Zm9vYmE="},
                                    {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(Base64Encode(AsBytes(plain)), encoded);
    EXPECT_EQ(Base64Decode(encoded), ToBytes(std::string_view(plain)));
  }
}
TEST(Base64Test, UrlFormUsesItsOwnAlphabetAndNoPadding) {
  EXPECT_EQ(Base64UrlEncode(Bytes{0xfb, 0xff, 0xfe}), "-__-");
  EXPECT_EQ(Base64Encode(Bytes{0xfb, 0xff, 0xfe}), "+//+");
  EXPECT_EQ(Base64UrlEncode(Bytes{1}), "AQ");
  EXPECT_EQ(Base64UrlDecode("-__-"), (Bytes{0xfb, 0xff, 0xfe}));
}
TEST(Base64Test, RoundTripsEveryLength) {
  for (size_t size = 0; size < 70; size++) {
    Bytes bytes(size);
    for (size_t i = 0; i < size; i++) bytes[i] = static_cast<uint8_t>(i * 37 + size);
    EXPECT_EQ(Base64Decode(Base64Encode(bytes)), bytes);
    EXPECT_EQ(Base64UrlDecode(Base64UrlEncode(bytes)), bytes);
  }
}
TEST(Base64Test, RefusesWhatIsNotCanonical) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "=", "====", "A===", "Zh==", "Zm9=", "Zm9v ", " Zm9v",
                           "Zm9v\n", "Zm=v", "Zg==Zg==", "Zm-v", "Zm_v", "Z", "Zm9vZ"})
    EXPECT_EQ(CheckOf(Base64Decode(text)), "bytes.base64") << text;
  for (const char* text : {"Zg==", "Zm8=", "Zh", "Zm9", "Z", "Zm+v", "Zm/v", "Zm 9", "Zm9v\n", "=", "Zm9vZ"})
    EXPECT_EQ(CheckOf(Base64UrlDecode(text)), "bytes.base64url") << text;
  EXPECT_EQ(CheckOf(Base64Decode(std::string_view("Zm9\0", 4))), "bytes.base64");
  EXPECT_EQ(CheckOf(Base64UrlDecode("Zm9\x80")), "bytes.base64url");
}

TEST(ReaderTest, ReadsBigEndianAndEndsExactly) {
  const Bytes bytes{1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 0xaa, 0xbb};
  Reader reader(bytes);
  EXPECT_EQ(reader.U8(), 1);
  EXPECT_EQ(reader.U16(), 0x0203);
  EXPECT_EQ(reader.U32(), 0x04050607u);
  EXPECT_EQ(reader.U64(), 9u);
  EXPECT_FALSE(reader.AtEnd());
  EXPECT_EQ(ToBytes(reader.Sized16()), (Bytes{0xaa, 0xbb}));
  EXPECT_TRUE(reader.AtEnd());
}
TEST(ReaderTest, FailsForGoodAfterTheFirstShortRead) {
  const Bytes bytes{1, 2, 3};
  Reader reader(bytes);
  EXPECT_EQ(reader.U32(), 0u);
  EXPECT_TRUE(reader.failed());
  EXPECT_EQ(reader.U8(), 0);
  EXPECT_TRUE(reader.Take(0).empty());
  EXPECT_FALSE(reader.AtEnd());
}
TEST(ReaderTest, SizedFieldLongerThanTheRestFails) {
  const Bytes bytes{0, 3, 1, 2};
  Reader reader(bytes);
  EXPECT_TRUE(reader.Sized16().empty());
  EXPECT_TRUE(reader.failed());
}
TEST(WriterTest, WritesWhatReaderReads) {
  EXPECT_EQ(Writer().U8(1).U16(0x0203).U32(0x04050607).U64(8).Sized16(Bytes{9, 10}).Raw(Bytes{11}).Take(),
            (Bytes{1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 8, 0, 2, 9, 10, 11}));
}

TEST(SecretTest, WipingOverwritesWhatWasThere) {
  std::string text(64, 's');
  const char* octets = text.data();
  Wipe(text);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(std::string(octets, 64).find('s'), std::string::npos);
}
TEST(SecretTest, MovingLeavesNothingBehind) {
  Secret a = Secret::CopyOf(Bytes{1, 2, 3}), b(std::move(a));
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
  EXPECT_EQ(ToBytes(b.Reveal()), (Bytes{1, 2, 3}));
  Secret c = Secret::CopyOf(Bytes{4});
  c = std::move(b);
  EXPECT_TRUE(b.empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(ToBytes(c.Reveal()), (Bytes{1, 2, 3}));
}
TEST(SecretTest, EqualsComparesLengthAndContent) {
  const Secret a = Secret::CopyOf(Bytes{1, 2}), empty;
  EXPECT_TRUE(a.Equals(Secret::CopyOf(Bytes{1, 2})));
  EXPECT_FALSE(a.Equals(Secret::CopyOf(Bytes{1, 3})));
  EXPECT_FALSE(a.Equals(Secret::CopyOf(Bytes{1, 2, 3})));
  EXPECT_FALSE(a.Equals(empty));
  EXPECT_TRUE(empty.Equals(Secret()));
}
}  // namespace
}  // namespace holdfast
