// Requests made without a TPM: one that is as it should be, and at least one lie for each check.
#include "signer/server/verifier/host_appraisal.h"

#include <gtest/gtest.h>

#include <set>

#include "protocol/product_key.h"
#include "tests/testing/host_request.h"

namespace holdfast {
namespace {

using testing::HostRequestLies;
using testing::RequestOptions;
using testing::SoftwareHost;

AppraisalPolicy Policy(const RequestOptions& options = {}) {
  AppraisalPolicy policy;
  policy.vendor = options.vendor;
  policy.product = options.product;
  policy.possession_key = PossessionPublicKey(Secret::CopyOf(options.seed)).value();
  policy.assurance = {AssuranceClass::kHwTpm, AssuranceClass::kHost};
  return policy;
}

HostRequest Parsed(const std::string& jws) {
  return std::get<HostRequest>(ParseAnyRequest(jws).value());
}
// The check that refuses; "" when none does.
std::string FailedCheck(const HostRequest& request, const AppraisalPolicy& policy = Policy()) {
  auto result = AppraiseHost(request, policy);
  return result ? "" : result.error().check;
}
std::string CheckOf(const HostRequestLies& lies) {
  static const SoftwareHost kHost;
  return FailedCheck(Parsed(BuildHostRequest(kHost, {}, lies)));
}
std::string CheckOfContent(std::function<void(HostRequestContent&)> lie) {
  return CheckOf({.content = std::move(lie)});
}

TEST(HostAppraisalTest, AGoodRequestPassesAndSaysItsKeys) {
  const SoftwareHost host;
  auto result = AppraiseHost(Parsed(BuildHostRequest(host)), Policy());
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->license_key.spki(), host.license_key.public_key().spki());
  EXPECT_EQ(result->agreement_key.spki(), host.agreement_key.public_key().spki());
}
TEST(HostAppraisalTest, AnotherProductOrVendor) {
  const HostRequest request = Parsed(BuildHostRequest(SoftwareHost()));
  AppraisalPolicy policy = Policy();
  policy.product = "viewer";
  EXPECT_EQ(FailedCheck(request, policy), "request.product");
  policy = Policy();
  policy.vendor = "Southlight";
  EXPECT_EQ(FailedCheck(request, policy), "request.product");
}
TEST(HostAppraisalTest, ALicenseKeyThatIsNone) {
  EXPECT_EQ(CheckOfContent([](HostRequestContent& c) { c.license_key = Bytes(91, 1); }), "key.public_key");
  EXPECT_EQ(CheckOfContent([](HostRequestContent& c) { c.license_key.push_back(0); }), "key.public_key");
  EXPECT_EQ(CheckOfContent([](HostRequestContent& c) { c.license_key.back() ^= 1; }), "key.public_key");
  EXPECT_EQ(CheckOfContent(
                [](HostRequestContent& c) { c.license_key = PublicKey::FromEd25519(Bytes(32, 9))->spki(); }),
            "key.public_key");
}
TEST(HostAppraisalTest, SignedByAnotherKey) {
  const SoftwareHost other;
  EXPECT_EQ(CheckOf({.signer = &other.license_key}), "request.signature");
  EXPECT_EQ(
      CheckOfContent([&](HostRequestContent& c) { c.license_key = other.license_key.public_key().spki(); }),
      "request.signature");
}
TEST(HostAppraisalTest, WithoutTheProductKey) {
  EXPECT_EQ(CheckOf({.possession = [](Bytes& proof) { proof[0] ^= 1; }}), "request.possession");
  AppraisalPolicy policy = Policy();
  policy.possession_key = PossessionPublicKey(Secret(Bytes(32, 1))).value();
  EXPECT_EQ(FailedCheck(Parsed(BuildHostRequest(SoftwareHost())), policy), "request.possession");
}
TEST(HostAppraisalTest, APlanThatDoesNotListHostSaysSo) {
  const HostRequest request = Parsed(BuildHostRequest(SoftwareHost()));
  AppraisalPolicy policy = Policy();
  policy.allow_simulator = true;
  for (const std::vector<AssuranceClass>& classes : {std::vector<AssuranceClass>{},
                                                     {AssuranceClass::kHwTpm},
                                                     {AssuranceClass::kHwTpm, AssuranceClass::kVtpm}}) {
    policy.assurance = classes;
    auto result = AppraiseHost(request, policy);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().check, "host.assurance");
    EXPECT_EQ(result.error().kind, ErrorKind::kRefused);
    EXPECT_NE(result.error().advice.find("--without-tpm"), std::string::npos);
  }
}
TEST(HostAppraisalTest, AKeyAgreementKeyThatIsNone) {
  EXPECT_EQ(CheckOfContent([](HostRequestContent& c) { c.agreement_key = Bytes(91, 1); }),
            "agreement.public_key");
  EXPECT_EQ(CheckOfContent([](HostRequestContent& c) { c.agreement_key.back() ^= 1; }),
            "agreement.public_key");
}
TEST(HostAppraisalTest, OneKeyForTwoPurposes) {
  EXPECT_EQ(CheckOfContent([](HostRequestContent& c) { c.agreement_key = c.license_key; }),
            "agreement.public_key");
}
TEST(HostAppraisalTest, AFingerprintThatManyHostsHave) {
  EXPECT_EQ(CheckOfContent(
                [](HostRequestContent& c) { c.fingerprint.erase("nic"), c.fingerprint.erase("root-disk"); }),
            "host.fingerprint");
  EXPECT_EQ(CheckOfContent([](HostRequestContent& c) { c.fingerprint.erase("nic"); }), "");
}
TEST(HostAppraisalTest, EveryCheckHasALieAbove) {
  const std::vector<std::string_view> tripped{"request.product",    "key.public_key", "request.signature",
                                              "request.possession", "host.assurance", "agreement.public_key",
                                              "host.fingerprint"};
  EXPECT_EQ(HostAppraisalCheckNames(), tripped);
}
TEST(HostAppraisalTest, EverySingleBitFlipOfTheMessageIsRefused) {
  const std::string compact = BuildHostRequest(SoftwareHost());
  for (size_t bit = 0; bit < compact.size() * 8; bit++) {
    std::string flipped = compact;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    auto request = ParseAnyRequest(flipped);
    const auto* by_host = request ? std::get_if<HostRequest>(&*request) : nullptr;
    EXPECT_FALSE(by_host != nullptr && AppraiseHost(*by_host, Policy())) << "bit " << bit;
  }
}

}  // namespace
}  // namespace holdfast
