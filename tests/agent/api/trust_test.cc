// What the service answers to who wants to know whom he asks, and whom it lets use a limit.
#include <gtest/gtest.h>

#include "agent/api/service.h"
#include "protocol/crypto/random.h"
#include "protocol/json_text.h"
#include "protocol/local/ec_point.h"
#include "tests/agent/vouched.h"

namespace holdfast::api {
namespace {

class TrustTest : public ::testing::Test {
 protected:
  TrustTest() { Serve(); }
  void Serve() {
    service.SetLicenses({vouched.view});
    service.SetProofs({{"nls", vouched.proof}});
  }
  static EcPrivateKey NewKey() { return EcPrivateKey::Generate().value(); }
  local::Challenge Challenge(const std::string& product = "nls") const {
    return {product, RandomBytes(local::kChallengeNonceSize), local::EcPointOf(own.public_key())};
  }
  Error Refusal(const std::string& product = "nls") {
    auto answered = service.Challenge(Challenge(product));
    return answered ? Error{} : answered.error();
  }

  Time now = kMidway;
  OwnedTime time{[this] { return now; }, [] { return Milliseconds(1000); }};
  Service service{time, "1"};
  Vouched vouched = Vouch(kMidway);
  const EcPrivateKey own = NewKey();
};

TEST_F(TrustTest, AChallengeIsAnsweredWithTheFileTheSessionAndTheTime) {
  const local::Challenge challenge = Challenge();
  const auto answered = service.Challenge(challenge);
  ASSERT_TRUE(answered) << answered.error().message;
  const local::ChallengeAnswer& answer = answered->answer;
  EXPECT_EQ(answer.product, "nls");
  EXPECT_EQ(answer.file, "the file of nls");
  EXPECT_EQ(answer.time, kMidway);
  const auto session = local::ParseSessionStatement(answer.session);
  ASSERT_TRUE(session) << session.error().check;
  EXPECT_TRUE(VerifyJws(session->jws, vouched.view.verified->license_key));
  const auto key = local::VerifyChallengeAnswer(challenge, own, answer,
                                                local::KeyOfEcPoint(session->statement.session_key).value());
  ASSERT_TRUE(key) << key.error().check;
  EXPECT_TRUE(key->Equals(answered->key));
}

TEST_F(TrustTest, ALicenseWhoseHardwareIsNotProvenIsNotVouchedFor) {
  vouched.view.hardware = HardwareProof::kUnavailable;
  vouched.view.fault = "there is no TPM (tpm.open)";
  Serve();
  EXPECT_EQ(Refusal().check, "challenge.unproven");
  EXPECT_EQ(Refusal().kind, ErrorKind::kUnavailable) << "it may come";
  EXPECT_NE(Refusal().message.find("tpm.open"), std::string::npos);
  for (HardwareProof proof : {HardwareProof::kWrongHardware, HardwareProof::kRetired}) {
    vouched.view.hardware = proof;
    Serve();
    EXPECT_EQ(Refusal().check, "challenge.unproven");
    EXPECT_EQ(Refusal().kind, ErrorKind::kRefused);
  }
}

// docs/decisions/0120: the agent grants it, and nobody can prove that it is the agent.
TEST_F(TrustTest, InTheEmergencyPeriodOfARepairNothingIsVouchedForAndThatIsSaid) {
  vouched.view.hardware = HardwareProof::kWrongHardware;
  vouched.view.verified->terms.repairs = Repairs{1, std::chrono::hours(24)};
  vouched.view.repair = GrantedPeriod{kMidway, kMidway + std::chrono::hours(24), {}};
  Serve();
  EXPECT_EQ(service.Entitlements({"nls"})["license"]["state"], "emergency");
  EXPECT_EQ(Refusal().check, "challenge.unproven");
  EXPECT_EQ(Refusal().kind, ErrorKind::kRefused);
  EXPECT_NE(Refusal().message.find("repair"), std::string::npos);
  EXPECT_NE(Refusal().advice.find("holdfast install"), std::string::npos);
  now += std::chrono::hours(25);
  EXPECT_EQ(Refusal().message.find("repair"), std::string::npos) << "it is over";
}

TEST_F(TrustTest, AFileThatDoesNotVerifyIsNotVouchedFor) {
  vouched.view.verified.reset();
  Serve();
  EXPECT_EQ(Refusal().check, "challenge.unproven");
  EXPECT_EQ(Refusal().kind, ErrorKind::kRefused);
}

TEST_F(TrustTest, OfAProductWithoutALicenseNothingIsVouchedFor) {
  EXPECT_EQ(Refusal("other").check, "challenge.unproven");
  EXPECT_EQ(Refusal("other").kind, ErrorKind::kNotFound);
}

TEST_F(TrustTest, WithoutASessionNothingIsVouchedFor) {
  vouched.proof.session.reset();
  Serve();
  EXPECT_EQ(Refusal().kind, ErrorKind::kUnavailable);
  service.SetProofs({});
  EXPECT_EQ(Refusal().check, "challenge.unproven");
}

TEST_F(TrustTest, ASessionThatHasEndedVouchesForNothing) {
  now = kMidway + std::chrono::hours(12);
  EXPECT_EQ(Refusal().check, "");
  now += Seconds(1);
  EXPECT_EQ(Refusal().check, "challenge.unproven");
}

// The application sees the revocation in the file, and is believed what it is told of it.
TEST_F(TrustTest, ARevokedLicenseOnItsHardwareIsVouchedFor) {
  Revoke(vouched.view, RevocationReason::kUnspecified);
  Serve();
  EXPECT_EQ(Refusal().check, "");
  EXPECT_EQ(service.Entitlements({"nls"})["license"]["state"], "revoked");
}

TEST_F(TrustTest, EntitlementsAreNumberedByTheGeneration) {
  service.Look();
  EXPECT_EQ(service.Entitlements({"nls"})["generation"], 1);
  vouched.view.hardware = HardwareProof::kUnavailable;
  Serve();
  EXPECT_TRUE(service.Look());
  const auto kept = local::ParseEntitlements(FormatJson(service.Entitlements({"nls"})));
  ASSERT_TRUE(kept) << kept.error().check;
  EXPECT_EQ(kept->generation, 2);
  EXPECT_EQ(kept->otherwise.reasons[0], "hardware_unavailable");
  EXPECT_EQ(service.Entitlements({"other"})["otherwise"]["reasons"][0], "no_license");
}

TEST_F(TrustTest, SeatsThatAreTakenAreNoChange) {
  service.Look();
  ASSERT_EQ(service.Limit(1, {LimitVerb::kHold, "users", "nls", 1})["allowed"], true);
  EXPECT_FALSE(service.Look());
}

class CallersTest : public TrustTest {
 protected:
  CallersTest() {
    vouched.view.verified->terms.grants.limits["users"].only =
        Callers{{std::string("anna")}, {}, {"/opt/cad/bin/cad"}};
    Serve();
    service.SetAccounts({{{"anna", 1000}}, {}});
  }
  std::optional<Json> Excluded(const Caller& caller) {
    return service.Excluded("nls", "users", [&] { return caller; });
  }
};

TEST_F(CallersTest, WhoIsNotNamedIsDenied) {
  EXPECT_EQ(Excluded({1000, {}, "/opt/cad/bin/cad"}), std::nullopt);
  const auto denied = Excluded({1001, {}, "/opt/cad/bin/cad"});
  ASSERT_TRUE(denied);
  EXPECT_EQ((*denied)["ok"], true);
  EXPECT_EQ((*denied)["allowed"], false);
  EXPECT_EQ((*denied)["reasons"][0], "caller_excluded");
  EXPECT_TRUE(Excluded({1000, {}, "/bin/sh"}));
  EXPECT_TRUE(service.Excluded("nls", "users", {})) << "who is not known is nobody";
}

TEST_F(CallersTest, WhoIsAskedAboutNothingElseIsNotLookedAt) {
  bool looked = false;
  const auto caller = [&] {
    looked = true;
    return Caller{};
  };
  EXPECT_EQ(service.Excluded("nls", "jobs", caller), std::nullopt);
  EXPECT_EQ(service.Excluded("nls", "unheard-of", caller), std::nullopt);
  EXPECT_EQ(service.Excluded("other", "users", caller), std::nullopt);
  EXPECT_FALSE(looked);
}

TEST_F(CallersTest, ALicenseThatOnlyAdvisesCountsWhoWouldHaveBeenDenied) {
  vouched.view.verified->terms.advisory = true;
  Serve();
  EXPECT_EQ(Excluded({1001, {}, "/bin/sh"}), std::nullopt);
  EXPECT_EQ(service.Status()["licenses"][0]["advised"][0]["reason"], "caller_excluded");
}

TEST_F(CallersTest, WhoMayIsInTheStatus) {
  EXPECT_EQ(service.Status()["licenses"][0]["limits"]["users"]["only"]["users"][0], "anna");
}

}  // namespace
}  // namespace holdfast::api
