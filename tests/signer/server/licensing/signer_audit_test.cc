// The vendor's store as the witness of the signer's audit log.
#include "tests/signer/server/licensing/licensing_fixture.h"

namespace holdfast {
namespace {

class SignerAuditTest : public LicensingTest {
 protected:
  void SetUp() override {
    LicensingTest::SetUp();
    Sell();
    ASSERT_TRUE(licensing_->AskSigner());  // after the sale's own record
    length_ = signer_.audit_length();
  }
  // Everything that signs.
  std::vector<std::string> ChecksOfOrders() {
    std::vector<std::string> checks;
    const auto add = [&](const auto& result) { checks.push_back(result ? "" : result.error().check); };
    add(licensing_->Sell("test", {"acme-cad", "standard", "C", 1}));
    add(licensing_->CurrentCrls("test"));
    add(licensing_->CurrentCrlsOf("test", license_));
    add(licensing_->AskSigner());
    return checks;
  }
  int64_t length_ = 0;
};

TEST_F(SignerAuditTest, ALogThatGrowsIsFollowed) {
  const auto before = store_->SignerAuditHead();
  EXPECT_EQ(before->sequence, length_);
  Sell();
  ASSERT_TRUE(licensing_->AskSigner());
  EXPECT_GT(store_->SignerAuditHead()->sequence, before->sequence);
}

TEST_F(SignerAuditTest, NothingIsOrderedOfASignerWhoseLogWasCutOrBegunAnew) {
  for (const int64_t length : {int64_t{0}, int64_t{1}, length_ - 1}) {
    signer_.SetAudit(length, "first");
    for (const std::string& check : ChecksOfOrders()) EXPECT_EQ(check, "licensing.signer_audit") << length;
  }
}

TEST_F(SignerAuditTest, NothingIsOrderedOfASignerWhoseLogEndsOtherwise) {
  signer_.SetAudit(length_, "another");
  for (const std::string& check : ChecksOfOrders()) EXPECT_EQ(check, "licensing.signer_audit");
}

TEST_F(SignerAuditTest, NoRequestIsAnsweredEither) {
  SoftwareTpm tpm;
  Trust(tpm);
  const std::string file = RequestFor(tpm, Sell());
  signer_.SetAudit(1);
  EXPECT_EQ(CheckOf(file), "licensing.signer_audit");
  EXPECT_EQ(ActivationsUsed(), 0);
}

TEST_F(SignerAuditTest, AnotherLogIsFollowedOnceItIsAccepted) {
  signer_.SetAudit(1);
  const AuditHead now = SignerAuditHeadOf(signer_.GetStatus().value()).value();
  ASSERT_TRUE(store_->AcceptSignerAuditHead({now_, "cli:alice"}, now));
  EXPECT_EQ(*store_->SignerAuditHead(), now);
  EXPECT_TRUE(licensing_->AskSigner());
  const auto records = store_->ListAudit(0, 100);
  EXPECT_EQ(records->back().action, "signer.audit_accept");
  EXPECT_EQ(records->back().actor, "cli:alice");
}

// Two commands at once: the one that asked first may come to keep what it saw last.
TEST_F(SignerAuditTest, ACallerThatWasOvertakenTakesNothingBack) {
  const AuditHead early = *store_->SignerAuditHead();
  Sell();
  ASSERT_TRUE(licensing_->AskSigner());
  const AuditHead late = *store_->SignerAuditHead();
  ASSERT_TRUE(store_->KeepSignerAuditHead(early));
  EXPECT_EQ(*store_->SignerAuditHead(), late);
}

}  // namespace
}  // namespace holdfast
