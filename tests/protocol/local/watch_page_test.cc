#include "protocol/local/watch_page.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "protocol/bytes.h"

namespace holdfast::local {
namespace {

class WatchPageTest : public ::testing::Test {
 protected:
  alignas(8) uint8_t page_[kWatchPageSize] = {};
};

TEST_F(WatchPageTest, HasTheDocumentedLayout) {
  WatchPage& page = MakeWatchPage(page_, 0x0102);
  page.alive.store(3);
  EXPECT_EQ(HexEncode(ByteView(page_, 40)),
            "4846574154434831"
            "01000000"
            "00000000"
            "0201000000000000"
            "0300000000000000"
            "0000000000000000");
}

TEST_F(WatchPageTest, IsReadAsItWasMade) {
  MakeWatchPage(page_, 5).alive.store(9);
  const auto page = ReadWatchPage(page_);
  ASSERT_TRUE(page);
  EXPECT_EQ((*page)->generation.load(), 5u);
  EXPECT_EQ((*page)->alive.load(), 9u);
}

TEST_F(WatchPageTest, WhatIsNoneIsRefused) {
  EXPECT_EQ(ReadWatchPage(page_).error().check, "watch.page");
  MakeWatchPage(page_, 5);
  for (size_t i = 0; i < 12; i++) {
    page_[i] ^= 1;
    EXPECT_EQ(ReadWatchPage(page_).error().check, "watch.page") << i;
    page_[i] ^= 1;
  }
}

TEST(WatchSeals, AreThoseOfTheKernel) {
#ifdef F_SEAL_FUTURE_WRITE
  EXPECT_EQ(kWatchSeals, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE);
#else
  EXPECT_EQ(kWatchSeals, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | 0x0010);
#endif
}

}  // namespace
}  // namespace holdfast::local
