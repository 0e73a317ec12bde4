#include "signer/hsm/approval.h"

#include <gtest/gtest.h>

#include "protocol/jose/jws.h"
#include "tests/testing/pki.h"

namespace holdfast::hsm {
namespace {

using testing::SoftwareKey;

class ApprovalTest : public ::testing::Test {
 protected:
  Approval ApproveAs(const std::string& name, SoftwareKey& key, std::string_view plan,
                     MessageType type = MessageType::kApproval) {
    const std::string input =
        JwsSigningInput(type, AlgorithmFor(KeyType::kEcP256), {}, ApprovalPayload(AsBytes(plan), name));
    return {name + ".jws", FinishJws(input, key.Sign(AsBytes(input)))};
  }
  std::string CheckOf(const std::vector<Approval>& approvals, std::string_view plan = kPlan) {
    auto names = CheckApprovals(AsBytes(plan), approvals, quorum_);
    return names ? "" : names.error().check;
  }

  static constexpr std::string_view kPlan = "{\"plan\": 1}";
  std::shared_ptr<SoftwareKey> alice_ = SoftwareKey::Generate(KeyType::kEcP256),
                               bob_ = SoftwareKey::Generate(KeyType::kEcP256),
                               carol_ = SoftwareKey::Generate(KeyType::kEcP256);
  Quorum quorum_{
      2, {{"alice", alice_->public_key()}, {"bob", bob_->public_key()}, {"carol", carol_->public_key()}}};
};

TEST_F(ApprovalTest, EnoughOperatorsApprove) {
  auto names = CheckApprovals(
      AsBytes(kPlan), {ApproveAs("carol", *carol_, kPlan), ApproveAs("alice", *alice_, kPlan)}, quorum_);
  ASSERT_TRUE(names) << names.error().message;
  EXPECT_EQ(*names, (std::vector<std::string>{"carol", "alice"}));
}

TEST_F(ApprovalTest, OneTooFewIsRefused) {
  EXPECT_EQ(CheckOf({ApproveAs("alice", *alice_, kPlan)}), "approval.quorum");
  EXPECT_EQ(CheckOf({}), "approval.quorum");
}

TEST_F(ApprovalTest, TheSameOperatorTwiceIsRefused) {
  EXPECT_EQ(CheckOf({ApproveAs("alice", *alice_, kPlan), ApproveAs("alice", *alice_, kPlan)}),
            "approval.twice");
}

TEST_F(ApprovalTest, APlanThatChangedAfterwardsIsRefused) {
  EXPECT_EQ(CheckOf({ApproveAs("alice", *alice_, kPlan), ApproveAs("bob", *bob_, kPlan)}, "{\"plan\": 2}"),
            "approval.plan");
}

TEST_F(ApprovalTest, AnotherOperatorsNameIsRefused) {
  EXPECT_EQ(CheckOf({ApproveAs("alice", *alice_, kPlan), ApproveAs("bob", *alice_, kPlan)}),
            "approval.signature");
}

TEST_F(ApprovalTest, AStrangerIsRefused) {
  EXPECT_EQ(CheckOf({ApproveAs("alice", *alice_, kPlan), ApproveAs("mallory", *bob_, kPlan)}),
            "approval.operator");
}

TEST_F(ApprovalTest, AMessageOfAnotherKindIsRefused) {
  EXPECT_EQ(CheckOf({ApproveAs("alice", *alice_, kPlan, MessageType::kProductKey)}), "approval.syntax");
}

TEST_F(ApprovalTest, WithoutQuorumNoApprovalIsNeeded) {
  quorum_ = {};
  EXPECT_EQ(CheckOf({}), "");
}

}  // namespace
}  // namespace holdfast::hsm
