#include "protocol/file_kind.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

constexpr std::string_view kBlock = "-----BEGIN CERTIFICATE-----\n";

std::string After(const std::string& before) {
  return before + std::string(kBlock);
}

TEST(RecogniseFile, OfABlockThatAMailProgramQuotedOrIndentedSaysSo) {
  for (const char* before : {"> ", ">> ", "    ", "\t", "Hello,\n> ", "Hello,\n\n  "})
    EXPECT_EQ(RecogniseFile(After(before)), FileKind::kQuoted) << before;
}

TEST(RecogniseFile, WhatStandsBehindOtherTextIsNotQuoted) {
  for (const char* before : {"x", "x> ", "see > x ", "Hello,\nx > "})
    EXPECT_EQ(RecogniseFile(After(before)), FileKind::kUnknown) << before;
}

TEST(RecogniseFile, ABlockAtTheBeginningOfALineCountsWhateverStandsBeforeIt) {
  for (const char* before : {"", "Hello,\n", "> -----BEGIN CERTIFICATE-----\n", "x -----BEGIN \n"})
    EXPECT_EQ(RecogniseFile(After(before)), FileKind::kCertificates) << before;
}

// A line of a megabyte that begins a block at every eleventh octet took half a minute.
TEST(RecogniseFile, ALineOfBeginningsIsNoFileOfOurs) {
  std::string text = "x";
  while (text.size() < 8 * 1024 * 1024) text += "-----BEGIN ";
  EXPECT_EQ(RecogniseFile(text), FileKind::kUnknown);
}

}  // namespace
}  // namespace holdfast
