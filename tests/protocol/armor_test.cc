#include "protocol/armor.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace holdfast {
namespace {

std::string CheckOf(std::string_view text) {
  auto blocks = ParseArmor(text);
  return blocks ? "accepted" : blocks.error().check;
}

std::string Replace(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

TEST(ArmorTest, WritesLinesOf64Characters) {
  EXPECT_EQ(Armor("HOLDFAST REQUEST", Bytes(49, 0), "About this file\n"),
            "About this file\n"
            "-----BEGIN HOLDFAST REQUEST-----\n"
            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
            "AA==\n"
            "-----END HOLDFAST REQUEST-----\n");
}
TEST(ArmorTest, RoundTripsEveryLengthAroundALine) {
  for (size_t size : {1u, 2u, 3u, 47u, 48u, 49u, 95u, 96u, 97u, 1000u}) {
    Bytes content(size);
    for (size_t i = 0; i < size; i++) content[i] = static_cast<uint8_t>(i * 7);
    auto blocks = ParseArmor(Armor("CERTIFICATE", content, "preamble"));
    ASSERT_TRUE(blocks) << size;
    ASSERT_EQ(blocks->size(), 1u);
    EXPECT_EQ(blocks->front().label, "CERTIFICATE");
    EXPECT_EQ(blocks->front().content, content);
  }
}
TEST(ArmorTest, ReadsSeveralBlocksInOrderWithTextBetweenThem) {
  auto blocks = ParseArmor("text\n" + Armor("A", Bytes{1}) + "between\n\n" + Armor("B", Bytes{2}) + "after");
  ASSERT_TRUE(blocks);
  ASSERT_EQ(blocks->size(), 2u);
  EXPECT_EQ((*blocks)[0].label, "A");
  EXPECT_EQ((*blocks)[1].content, Bytes{2});
}
TEST(ArmorTest, ReadsCrLfAndAMissingLastLineEnd) {
  std::string text = Armor("A", Bytes(100, 1));
  EXPECT_EQ(CheckOf(Replace(text, "\n", "\r\n")), "accepted");
  text.pop_back();
  EXPECT_EQ(CheckOf(text), "accepted");
}
TEST(ArmorTest, LooksAtTheSizeFirst) {
  const std::string block = Armor("A", Bytes{1});
  EXPECT_EQ(CheckOf(std::string(kMaxFileSize - block.size() - 1, 'x') + "\n" + block), "accepted");
  EXPECT_EQ(CheckOf(std::string(kMaxFileSize - block.size(), 'x') + "\n" + block), "armor.size");
  EXPECT_EQ(CheckOf(std::string(10'000'000, '\n')), "armor.size");
}
TEST(ArmorTest, AFileWithoutABlockIsNamed) {
  for (const char* text :
       {"", "\n", "hello\n", "{}", "----BEGIN A-----\n", " -----BEGIN A-----\nAQ==\n-----END A-----\n"})
    EXPECT_EQ(CheckOf(text), "armor.empty") << text;
}
TEST(ArmorTest, CountsBlocks) {
  std::string text;
  for (size_t i = 0; i < kMaxArmorBlocks; i++) text += Armor("A", Bytes{1});
  EXPECT_EQ(CheckOf(text), "accepted");
  EXPECT_EQ(CheckOf(text + Armor("A", Bytes{1})), "armor.count");
}
TEST(ArmorTest, RefusesDamage) {
  const std::string good = Armor("AB", Bytes(100, 1));
  const std::string first_line(good, good.find('\n') + 1, 64);
  for (const std::string& bad :
       {std::string("-----BEGIN AB-----\n"), Replace(good, "-----END AB-----", ""),
        Replace(good, "END AB", "END AC"), Replace(good, "END AB-----", "END AB----"),
        Replace(good, "BEGIN AB-----", "BEGIN AB----"), Replace(good, "BEGIN AB", "BEGIN ab"),
        Replace(good, "BEGIN AB", "BEGIN "), Replace(good, first_line, first_line.substr(1)),
        Replace(good, first_line, first_line + "A"), Replace(good, first_line, first_line + "\n"),
        Replace(good, first_line, " " + first_line), Replace(good, first_line, first_line + " "),
        Replace(good, "=", ""), Replace(good, first_line + "\n", first_line),
        Replace(good, first_line, "Proc-Type: 4,ENCRYPTED\n\n" + first_line)})
    EXPECT_NE(CheckOf(bad), "accepted") << bad;
}
TEST(ArmorTest, DamageHasOneOfTheDocumentedNames) {
  const std::string good = Armor("AB", Bytes(100, 1));
  for (size_t i = 0; i < good.size(); i++) {
    for (char c : {' ', '-', '\n', '=', '\0', '\x80'}) {
      std::string bad = good;
      bad[i] = c;
      const std::string check = CheckOf(bad);
      EXPECT_TRUE(check == "accepted" || check == "armor.syntax" || check == "armor.empty")
          << check << " at " << i;
    }
  }
}
TEST(ArmorTest, EveryTruncationIsRefused) {
  const std::string good = Armor("AB", Bytes(100, 1));
  for (size_t size = 0; size + 1 < good.size(); size++)
    EXPECT_NE(CheckOf(good.substr(0, size)), "accepted") << size;
}
TEST(ArmorTest, AnEmptyBlockIsRefused) {
  EXPECT_EQ(CheckOf("-----BEGIN A-----\n-----END A-----\n"), "armor.syntax");
}
TEST(ArmorTest, APreambleCannotOpenABlock) {
  const std::string text = Armor("A", Bytes{1}, "-----BEGIN B-----\nAg==\n-----END B-----");
  auto blocks = ParseArmor(text);
  ASSERT_TRUE(blocks);
  ASSERT_EQ(blocks->size(), 1u) << text;
  EXPECT_EQ(blocks->front().label, "A");
}

}  // namespace
}  // namespace holdfast
