#include "tests/signer/server/licensing/licensing_fixture.h"

namespace holdfast {
namespace {

class RevocationTest : public LicensingTest {
 protected:
  void SetUp() override {
    LicensingTest::SetUp();
    Trust(tpm_);
    const auto answered = Answer(RequestFor(tpm_, Sell()));
    ASSERT_TRUE(answered) << answered.error().message;
    serial_ = answered->activation.serial;
  }
  SoftwareTpm tpm_;
  Bytes serial_;
};

TEST_F(RevocationTest, ALicenseInUseIsOnNoList) {
  EXPECT_EQ(CurrentList().Find(serial_), nullptr);
}

TEST_F(RevocationTest, SuspensionIsAHoldThatGoesAway) {
  ASSERT_TRUE(licensing_->SetStatus("test", license_, LicenseStatus::kSuspended));
  const Crl held = CurrentList();
  ASSERT_NE(held.Find(serial_), nullptr);
  EXPECT_EQ(held.Find(serial_)->reason, RevocationReason::kCertificateHold);
  now_ += Seconds{1};
  ASSERT_TRUE(licensing_->SetStatus("test", license_, LicenseStatus::kActive));
  const Crl lifted = CurrentList();
  EXPECT_EQ(lifted.Find(serial_), nullptr);
  EXPECT_GT(lifted.fields().number, held.fields().number);
}

TEST_F(RevocationTest, RevocationStays) {
  ASSERT_TRUE(licensing_->SetStatus("test", license_, LicenseStatus::kRevoked));
  now_ += Seconds{90 * 86400};
  ASSERT_NE(CurrentList().Find(serial_), nullptr);
  EXPECT_EQ(CurrentList().Find(serial_)->reason, RevocationReason::kPrivilegeWithdrawn);
}

TEST_F(RevocationTest, AListIsNotSignedAgainWhileItIsFreshAndTrue) {
  CurrentList();
  const int signed_before = signer_.lists_signed();
  now_ += Seconds{86399};
  CurrentList();
  EXPECT_EQ(signer_.lists_signed(), signed_before);
}

TEST_F(RevocationTest, AListOfADayIsRenewed) {
  const Crl before = CurrentList();
  now_ += Seconds{86400};
  const Crl after = CurrentList();
  EXPECT_GT(after.fields().number, before.fields().number);
  EXPECT_EQ(after.fields().this_update, now_);
  EXPECT_EQ(after.fields().next_update, now_ + settings_.crl_lifetime);
}

TEST_F(RevocationTest, NumbersGrowWithinOneSecond) {
  for (int i = 0; i < 3; ++i) {
    const int64_t before = CurrentList().fields().number;
    const auto status = i % 2 == 0 ? LicenseStatus::kSuspended : LicenseStatus::kActive;
    ASSERT_TRUE(licensing_->SetStatus("test", license_, status));
    EXPECT_GT(CurrentList().fields().number, before);
  }
}

// A store restored from a backup does not know the lists that were published since.
TEST_F(RevocationTest, NumbersGrowAlsoWhenTheStoreForgot) {
  const Path file = directory_.path() / "store.db", backup = directory_.path() / "backup.db";
  store_.reset();
  std::filesystem::copy_file(file, backup);
  store_ = std::move(SqliteStore::Open(file).value());
  Open();
  now_ += Seconds{86400};
  const int64_t published = CurrentList().fields().number;
  store_ = std::move(SqliteStore::Open(backup).value());
  Open();
  now_ += Seconds{86400};
  EXPECT_GT(CurrentList().fields().number, published);
}

TEST_F(RevocationTest, EveryIssuingKeyHasAList) {
  signer_.Rotate();
  const auto lists = licensing_->CurrentCrls("test");
  ASSERT_TRUE(lists) << lists.error().message;
  EXPECT_EQ(lists->size(), 2u);
}

}  // namespace
}  // namespace holdfast
