// A vendor with a license that one software TPM has, and the host that reports about it.
#pragma once

#include "signer/server/licensing/heartbeats.h"
#include "signer/server/licensing/license_changes.h"
#include "signer/server/licensing/returns.h"
#include "tests/signer/server/licensing/licensing_fixture.h"
#include "tests/testing/heartbeat.h"
#include "tests/testing/return_proof.h"

namespace holdfast {

inline constexpr Seconds kDay{86400};

class HeartbeatTest : public LicensingTest {
 protected:
  void SetUp() override {
    LicensingTest::SetUp();
    SellWith("warn");
  }
  // Sells a license whose plan answers a second host so, and activates the TPM.
  void SellWith(const std::string& clone, EkRootClass root_class = EkRootClass::kDiscrete) {
    Json product = ParseJson(ExampleProduct(), kMaxProductFileSize).value();
    for (auto& [name, plan] : product["plans"].items()) {
      plan["policies"]["clone"] = clone;
      plan["policies"]["rollback"] = rollback_;
    }
    ASSERT_TRUE(licensing_->AddProduct("test", "acme-cad", product.dump()));
    tpm_ = SoftwareTpm();
    host_ = testing::ReportingHost();
    Trust(tpm_, root_class);
    key_ = Sell();
    activation_ = Activate(tpm_);
  }
  ActivationRecord Activate(SoftwareTpm& tpm) {
    auto answered = Answer(RequestFor(tpm, *key_));
    EXPECT_TRUE(answered) << answered.error().check << ": " << answered.error().message;
    return answered->activation;
  }
  Certificate Installed() const {
    return Certificate::Parse(activation_.certificate, CertificateProfile::kLicense).value();
  }
  std::string ReportOf(testing::ReportingHost& host) {
    const Heartbeat heartbeat = BuildHeartbeat(tpm_, Installed(), host.Next());
    host.Made(heartbeat.report.id);
    return ArmorHeartbeat(heartbeat);
  }
  std::string Report() { return ReportOf(host_); }
  Result<AnsweredHeartbeat> Report(const std::string& file, const HeartbeatOptions& options = {}) {
    now_ += Seconds{1};
    return licensing_->AnswerHeartbeat("test", file, options);
  }
  std::string ReportCheck(const std::string& file) {
    auto answered = Report(file);
    return answered ? "" : answered.error().check;
  }
  // What the host does with the answer: it verifies all of it, and has what is in it from then on.
  LicenseFile Apply(testing::ReportingHost& host, const AnsweredHeartbeat& answered) {
    const SignedHeartbeatAnswer file = ReadHeartbeatAnswerFile(answered.file).value();
    const auto message = Certificate::Parse(file.message_certificate, CertificateProfile::kMessage).value();
    EXPECT_TRUE(VerifyJws(file.jws, message.public_key()));
    LicenseFile license = ParseLicenseFile(file.license_file).value();
    EXPECT_EQ(license.license.public_key().spki(), tpm_.license_key.public_key().spki());
    EXPECT_TRUE(VerifyLicense(license, pki_.Anchors()));
    host.Apply(HeartbeatId(file.jws), file.content.sequence);
    activation_.certificate = license.license.der();
    activation_.serial = license.license.fields().serial;
    return license;
  }
  AnsweredHeartbeat Exchange(testing::ReportingHost& host) {
    auto answered = Report(ReportOf(host));
    EXPECT_TRUE(answered) << answered.error().check << ": " << answered.error().message;
    Apply(host, *answered);
    return std::move(*answered);
  }
  AnsweredHeartbeat Exchange() { return Exchange(host_); }
  bool IsOnTheList(const AnsweredHeartbeat& answered) {
    const LicenseFile license =
        ParseLicenseFile(ReadHeartbeatAnswerFile(answered.file)->license_file).value();
    return license.crl.Find(license.license.fields().serial) != nullptr;
  }
  Result<LicenseChange> Renew(const Renewal& renewal) {
    return RenewLicense(*store_, {now_, "test"}, license_, renewal, false);
  }
  std::string LastAction() { return store_->ListAudit(0, 10000)->back().action; }

  Result<AcceptedReturn> Accept(const std::string& proof) {
    return AcceptReturn(*store_, settings_.vendor, {now_, "test"}, proof, {});
  }
  // What the host makes when it returns what it has.
  std::string Proof() {
    return ArmorReturnProof(BuildReturn(tpm_, OptionsFor(*key_), Installed(), {}, now_));
  }
  // What a backup of the state directory is; on the same TPM, whose counter goes on.
  void Restore(const testing::ReportingHost& backup) {
    const int64_t counter = host_.ledger.stamp;
    host_ = backup;
    host_.ledger.stamp = host_.ledger.disturbed = counter + 1;
  }

  std::string rollback_ = "deny";  // of the plans that SellWith makes
  SoftwareTpm tpm_;
  testing::ReportingHost host_;
  std::optional<ProductKey> key_;
  ActivationRecord activation_;  // its certificate is the one that the host has
};

}  // namespace holdfast
