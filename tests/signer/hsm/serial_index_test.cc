#include "signer/hsm/serial_index.h"

#include <gtest/gtest.h>

#include <fstream>

#include "protocol/crypto/random.h"
#include "signer/hsm/audit_log.h"
#include "tests/testing/temp_dir.h"

namespace holdfast::hsm {
namespace {

class SerialIndexTest : public ::testing::Test {
 protected:
  void SetUp() override { MakeLog(log_); }
  void MakeLog(const Path& file) {
    auto log = AuditLog::Create(file, clock_);
    ASSERT_TRUE(log && (*log)->Append(AuditEntry{"ceremony", {}}) && (*log)->Sync());
  }
  static Bytes Serial(uint8_t n) { return Bytes(16, n); }
  static Sha256Digest Tbs(uint8_t n) { return Sha256(Bytes{n}); }
  void Order(uint8_t n, const std::string& kind = "license") { OrderIn(log_, n, kind); }
  void OrderIn(const Path& file, uint8_t n, const std::string& kind = "license") {
    auto log = AuditLog::Open(file, clock_);
    ASSERT_TRUE(log);
    AuditEntry entry{"signing", {}};
    entry.members.Text("kind", kind).Text("serial", HexEncode(Serial(n))).Text("reason", ",\"tbs\":\"0\"");
    entry.members.Text("tbs", HexEncode(Tbs(n)));
    ASSERT_TRUE((*log)->Append(entry) && (*log)->Sync());
  }
  SerialIndex OpenIndex(int64_t stale = 0) {
    auto log = AuditLog::Open(log_, clock_);
    EXPECT_TRUE(log);
    auto index = SerialIndex::Open(log_, (*log)->head(), file_, stale);
    EXPECT_TRUE(index) << index.error().check << ": " << index.error().message;
    return index ? std::move(*index) : SerialIndex();
  }
  void ExpectKnown(SerialIndex index, std::initializer_list<uint8_t> serials) {
    EXPECT_EQ(index.size(), serials.size());
    for (const uint8_t n : serials) {
      EXPECT_FALSE(index.Claim(Serial(n), Tbs(n + 100))) << int{n};
      EXPECT_TRUE(index.Claim(Serial(n), Tbs(n))) << int{n};
    }
  }

  testing::TempDir directory_;
  const Path log_ = directory_.path() / "audit.jsonl", file_ = directory_.path() / "serials";
  const Clock clock_ = [] { return Time(Seconds(1'795'000'000)); };
};

TEST_F(SerialIndexTest, KnowsWhatTheLogHasWithAndWithoutItsFile) {
  for (const uint8_t n : {9, 3, 7}) Order(n);
  Order(50, "crl");
  ExpectKnown(OpenIndex(1 << 20), {3, 7, 9});
  EXPECT_FALSE(std::filesystem::exists(file_));
  ExpectKnown(OpenIndex(), {3, 7, 9});
  EXPECT_TRUE(std::filesystem::exists(file_));
  Order(5);
  ExpectKnown(OpenIndex(1 << 20), {3, 5, 7, 9});
  ExpectKnown(OpenIndex(), {3, 5, 7, 9});
  ExpectKnown(OpenIndex(), {3, 5, 7, 9});
}

TEST_F(SerialIndexTest, AFreshSerialIsClaimedOnce) {
  SerialIndex index = OpenIndex();
  EXPECT_TRUE(index.Claim(Serial(1), Tbs(1)));
  EXPECT_TRUE(index.Claim(Serial(1), Tbs(1)));
  EXPECT_FALSE(index.Claim(Serial(1), Tbs(2)));
}

TEST_F(SerialIndexTest, AFileThatWasAlteredOrCutIsMadeAgain) {
  for (const uint8_t n : {1, 2}) Order(n);
  ExpectKnown(OpenIndex(), {1, 2});
  const Bytes good = *ReadFile(file_, 1 << 20);
  for (size_t i = 0; i < good.size(); i += 5) {
    Bytes bad = good;
    bad[i] ^= 1;
    ASSERT_TRUE(WriteFileAtomically(file_, bad, 0600));
    ExpectKnown(OpenIndex(), {1, 2});
    bad.resize(i);
    ASSERT_TRUE(WriteFileAtomically(file_, bad, 0600));
    ExpectKnown(OpenIndex(), {1, 2});
  }
}

TEST_F(SerialIndexTest, AnotherLogsFileIsNotBelieved) {
  Order(1);
  ExpectKnown(OpenIndex(), {1});
  std::filesystem::remove(log_);
  std::filesystem::remove(Path(log_) += ".head");
  MakeLog(log_);
  for (const uint8_t n : {2, 3}) Order(n);
  ExpectKnown(OpenIndex(1 << 20), {2, 3});
}

TEST_F(SerialIndexTest, ARecordThatWasAlteredBehindTheFileIsRefused) {
  Order(1);
  OpenIndex();
  Order(2);
  std::string text(AsText(*ReadFile(log_, 1 << 20)));
  text[text.rfind(HexEncode(Serial(2)))] = 'f';
  const AuditHead head = VerifyAuditLog(log_)->head;
  std::ofstream(log_, std::ios::binary | std::ios::trunc) << text;
  auto index = SerialIndex::Open(log_, head, file_);
  ASSERT_FALSE(index);
  EXPECT_EQ(index.error().check, "audit.hash");
}

}  // namespace
}  // namespace holdfast::hsm
