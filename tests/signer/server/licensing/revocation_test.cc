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

// A store restored from a backup does not know the lists that were published since; the signer does, and the
// clock alone is not enough within one second.
TEST_F(RevocationTest, NumbersGrowWithinOneSecondAlsoWhenTheStoreForgot) {
  const Path file = directory_.path() / "store.db", backup = directory_.path() / "backup.db";
  store_.reset();
  std::filesystem::copy_file(file, backup);
  store_ = std::move(SqliteStore::Open(file).value());
  Open();
  now_ += Seconds{86400};
  const int64_t published = CurrentList().fields().number;
  store_ = std::move(SqliteStore::Open(backup).value());
  Open();
  EXPECT_GT(CurrentList().fields().number, published);
}

// Nor does a new signer's directory know them: then the clock is what makes numbers grow.
TEST_F(RevocationTest, NumbersFollowTheClock) {
  now_ += Seconds{86400};
  EXPECT_EQ(CurrentList().fields().number, now_.time_since_epoch().count());
}

TEST_F(RevocationTest, EveryIssuingKeyHasAList) {
  signer_.Rotate();
  const auto lists = licensing_->CurrentCrls("test");
  ASSERT_TRUE(lists) << lists.error().message;
  EXPECT_EQ(lists->lists.size(), 2u);
  EXPECT_TRUE(lists->failed.empty());
}

TEST_F(RevocationTest, AKeyThatIsGoneHoldsUpOnlyItsOwnList) {
  signer_.Rotate();
  signer_.LoseKey(0);
  now_ += Seconds{86400};
  const auto lists = licensing_->CurrentCrls("test");
  ASSERT_TRUE(lists) << lists.error().message;
  ASSERT_EQ(lists->lists.size(), 1u);
  ASSERT_EQ(lists->failed.size(), 1u);
  EXPECT_EQ(lists->failed.front().error.check, "hsm.key");
  EXPECT_NE(lists->failed.front().shard.issuer_key_id, lists->lists.front().issuer_key_id);
}

TEST_F(RevocationTest, WhenNoListCanBeMadeTheReasonIsTheError) {
  signer_.LoseKey(0);
  now_ += Seconds{86400};
  const auto lists = licensing_->CurrentCrls("test");
  ASSERT_FALSE(lists);
  EXPECT_EQ(lists.error().check, "hsm.key");
}

}  // namespace
}  // namespace holdfast
