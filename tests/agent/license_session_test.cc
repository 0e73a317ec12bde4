#include "agent/license_session.h"

#include <gtest/gtest.h>

#include "protocol/local/ec_point.h"
#include "tests/agent/enforcement/views.h"

namespace holdfast {
namespace {

const std::string kBootId = "0f3a2b1c-4d5e-6f70-8192-a3b4c5d6e7f8";

VerifiedLicense License() {
  VerifiedLicense license = *GoodView().verified;
  license.terms.vendor = "Northlight";
  license.terms.license = "L-1";
  license.serial = {1, 2, 3};
  return license;
}

LicenseSession Begun(Time now) {
  return FinishSession(*DraftSession(License(), Sha256(Bytes{1}), {kBootId, now}), Bytes(64, 1));
}

TEST(LicenseSession, SaysWhatItIsOfAndLastsTwelveHours) {
  const LicenseSession session = Begun(kMidway);
  const auto read = local::ParseSessionStatement(session.compact);
  ASSERT_TRUE(read) << read.error().check;
  const local::ExpectedSession expected{"Northlight",     "nls",   "L-1",  {1, 2, 3},
                                        Sha256(Bytes{1}), kBootId, kMidway};
  EXPECT_TRUE(local::CheckSession(read->statement, expected));
  EXPECT_EQ(read->statement.ends - read->statement.begins, std::chrono::hours(12));
  EXPECT_EQ(read->statement.session_key, local::EcPointOf(session.key.public_key()));
}

TEST(LicenseSession, EachHasAKeyOfItsOwn) {
  EXPECT_NE(Begun(kMidway).statement.session_key, Begun(kMidway).statement.session_key);
}

TEST(LicenseSession, WithoutABootIdThereIsNone) {
  EXPECT_EQ(DraftSession(License(), {}, {"", kMidway}).error().check, "session.boot_id");
}

TEST(LicenseSession, IsRenewedAfterSixHoursOrWhenTimeWasTakenBack) {
  const LicenseSession session = Begun(kMidway);
  EXPECT_FALSE(IsDue(session, kMidway));
  EXPECT_FALSE(IsDue(session, kMidway + std::chrono::hours(6) - Seconds(1)));
  EXPECT_TRUE(IsDue(session, kMidway + std::chrono::hours(6)));
  EXPECT_TRUE(IsDue(session, kMidway - Seconds(1)));
}

TEST(ProofAt, IsThereWithinTheSessionOnly) {
  LicenseProof proof{"file", std::make_shared<const LicenseSession>(Begun(kMidway)), ""};
  const auto now = ProofAt(proof, kMidway);
  ASSERT_TRUE(now);
  EXPECT_EQ(now->file, "file");
  EXPECT_EQ(now->session, proof.session->compact);
  EXPECT_TRUE(ProofAt(proof, kMidway + std::chrono::hours(12)));
  EXPECT_EQ(ProofAt(proof, kMidway + std::chrono::hours(12) + Seconds(1)).error().check,
            "challenge.unproven");
  EXPECT_EQ(ProofAt(proof, kMidway - Seconds(1)).error().check, "challenge.unproven");
  proof.session.reset();
  proof.fault = "the TPM is busy (tpm.busy)";
  EXPECT_NE(ProofAt(proof, kMidway).error().message.find("tpm.busy"), std::string::npos);
  EXPECT_EQ(ProofAt(proof, kMidway).error().kind, ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace holdfast
