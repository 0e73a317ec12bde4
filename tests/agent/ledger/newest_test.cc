// An older file of a license is a restored one, whatever else was installed meanwhile.
#include "agent/ledger/newest.h"

#include <gtest/gtest.h>

#include "tests/agent/enforcement/views.h"

namespace holdfast {
namespace {

VerifiedLicense License(uint8_t root, const std::string& name, Time begins, int64_t list = 1) {
  VerifiedLicense license = *GoodView().verified;
  license.root = Sha256Digest{root};
  license.terms.license = name;
  license.not_before = begins;
  license.crl_number = list;
  return license;
}

void NoteIn(LedgerContent& content, const VerifiedLicense& license,
            const std::vector<NewestRecord>& in_use = {}) {
  Note(content, NewestOf(license), in_use);
}

// As many as there are places, of a vendor of root's own.
void Flood(LedgerContent& content, Time begins) {
  for (size_t i = 0; i < kMaxNewestRecords; i++)
    NoteIn(content, License(9, "own" + std::to_string(i), begins + Seconds(static_cast<int64_t>(i))));
}

TEST(Newest, AnOlderListOrCertificateIsARestoredOne) {
  LedgerContent content;
  NoteIn(content, License(1, "L-1", kMidway, 2));
  EXPECT_FALSE(IsRestored(content, License(1, "L-1", kMidway, 2)));
  EXPECT_TRUE(IsRestored(content, License(1, "L-1", kMidway, 1)));
  EXPECT_TRUE(IsRestored(content, License(1, "L-1", kMidway - Seconds(1), 3)));
  EXPECT_FALSE(IsRestored(content, License(1, "L-2", kMidway - Seconds(1), 1))) << "it was never seen";
}

TEST(Newest, AnotherRootsLicenseOfTheSameNameIsAnother) {
  LedgerContent content;
  NoteIn(content, License(1, "L-1", kMidway, 2));
  EXPECT_FALSE(IsRestored(content, License(9, "L-1", kMidway, 1)));
  NoteIn(content, License(9, "L-1", kMidway + Seconds(1), 9));
  EXPECT_FALSE(IsRestored(content, License(1, "L-1", kMidway, 2)));
}

// The genuine license is put away, the places are filled, and the file of before its revocation is put back.
TEST(Newest, ARecordThatHadToGiveWayIsNotForgottenForItsLicensesGood) {
  LedgerContent content;
  NoteIn(content, License(1, "L-1", kMidway, 2));
  Flood(content, kMidway + Seconds(60));
  EXPECT_EQ(content.newest.size(), kMaxNewestRecords);
  const VerifiedLicense old = License(1, "L-1", kMidway, 1);
  EXPECT_TRUE(IsRestored(content, old));
  NoteIn(content, old);
  EXPECT_TRUE(IsRestored(content, old)) << "it is not taken for a new one";
  EXPECT_FALSE(IsNews(content, NewestOf(old)));
  EXPECT_FALSE(IsRestored(content, License(1, "L-1", kMidway + Seconds(3600), 1))) << "activated anew";
}

TEST(Newest, TheGenuineLicenseStaysOnRecordBesideOnesThatBeganBefore) {
  LedgerContent content;
  NoteIn(content, License(1, "L-1", kMidway, 2));
  Flood(content, kMidway - Seconds(100'000));
  EXPECT_TRUE(IsRestored(content, License(1, "L-1", kMidway, 1)));
  EXPECT_FALSE(IsRestored(content, License(1, "L-1", kMidway, 2)));
}

// A perpetual license on a host that sees others come and go for years.
TEST(Newest, WhatIsInUseGivesWayLast) {
  LedgerContent content;
  const VerifiedLicense perpetual = License(1, "L-1", kMidway, 1);
  const std::vector<NewestRecord> in_use{NewestOf(perpetual)};
  NoteIn(content, perpetual, in_use);
  for (int i = 0; i < 200; i++)
    NoteIn(content, License(2, "L-" + std::to_string(i), kMidway + Seconds(60 + i)), in_use);
  EXPECT_FALSE(IsRestored(content, perpetual));
  EXPECT_TRUE(IsRestored(content, License(1, "L-1", kMidway, 0))) << "and is still judged";
}

TEST(Newest, WhatIsForgottenIsWrittenAndReadAgain) {
  LedgerContent content;
  content.birth = content.stamp = 1;
  Flood(content, kMidway);
  NoteIn(content, License(1, "L-1", kMidway + Seconds(3600)));
  const auto read = ParseLedgerContent(FormatLedgerContent(content));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->forgotten, kMidway);
  EXPECT_EQ(read->newest.size(), kMaxNewestRecords);
}

}  // namespace
}  // namespace holdfast
