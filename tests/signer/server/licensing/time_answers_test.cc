// Time answers at the vendor's: who is answered, and what is on record.
#include "signer/server/licensing/time_answers.h"

#include "tests/signer/server/licensing/licensing_fixture.h"

namespace holdfast {
namespace {

class TimeAnswersTest : public LicensingTest {
 protected:
  void SetUp() override {
    LicensingTest::SetUp();
    Trust(tpm_);
    activation_ = Answer(RequestFor(tpm_, Sell()))->activation;
  }
  LicenseMessage Request() const {
    return {.vendor = settings_.vendor,
            .product = "acme-cad",
            .license = license_,
            .serial = activation_.serial,
            .nonce = Bytes(kNonceSize, 7),
            .time = now_ + Seconds(400 * 86400)};
  }
  Result<AnsweredTime> AnswerTo(const LicenseMessage& request) {
    return AnswerTime(*store_, signer_, *signer_.GetStatus(), settings_.vendor, {now_, "test"},
                      ArmorMessage(kTimeRequest, request));
  }
  std::string CheckOf(const LicenseMessage& request) {
    auto answered = AnswerTo(request);
    return answered ? "" : answered.error().check;
  }
  size_t Records() { return store_->ListAudit(0, 1000)->size(); }
  SoftwareTpm tpm_;
  ActivationRecord activation_;
};

TEST_F(TimeAnswersTest, SaysTheTimeForTheNonceAndRecordsIt) {
  const size_t before = Records();
  auto answered = AnswerTo(Request());
  ASSERT_TRUE(answered) << answered.error().check << ": " << answered.error().message;
  const SignedMessage file = ReadSignedMessageFile(kTimeAnswer, answered->file).value();
  EXPECT_EQ(file.content.time, now_);
  EXPECT_EQ(file.content.nonce, Request().nonce);
  EXPECT_EQ(file.content.serial, activation_.serial);
  EXPECT_EQ(file.content.license, license_);
  const auto message = Certificate::Parse(file.message_certificate, CertificateProfile::kMessage).value();
  EXPECT_TRUE(VerifyJws(file.jws, message.public_key()));
  const auto records = store_->ListAudit(0, 1000).value();
  ASSERT_EQ(records.size(), before + 1);
  EXPECT_EQ(records.back().action, "activation.time_answer");
  EXPECT_EQ(records.back().subject, activation_.id);
  EXPECT_TRUE(store_->VerifyAudit());
}

TEST_F(TimeAnswersTest, WhatWasNotIssuedHereIsNotAnswered) {
  const size_t before = Records();
  LicenseMessage other = Request();
  other.vendor = "Somebody";
  EXPECT_EQ(CheckOf(other), "time_request.vendor");
  other = Request();
  other.license = "L-another";
  EXPECT_EQ(CheckOf(other), "time_request.license");
  other = Request();
  other.product = "acme-cam";
  EXPECT_EQ(CheckOf(other), "time_request.license");
  other = Request();
  other.serial[5] ^= 1;
  EXPECT_EQ(CheckOf(other), "time_request.license");
  other = Request();
  const std::string first = license_;
  Sell();
  other.license = license_;
  EXPECT_EQ(CheckOf(other), "time_request.license") << "the serial number is of another license";
  license_ = first;
  EXPECT_EQ(Records(), before + 1) << "the sale";
}

}  // namespace
}  // namespace holdfast
