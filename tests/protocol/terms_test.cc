#include "protocol/terms.h"

#include <gtest/gtest.h>

#include "tests/protocol/examples.h"

namespace holdfast {
namespace {

using examples::At;

Json TermsJson() {
  return Json::parse(FormatTerms(examples::Terms()));
}

// The check that refuses the example terms after `alter`.
template <class F>
std::string CheckAfter(F alter) {
  Json json = TermsJson();
  alter(json);
  auto terms = ParseTerms(json.dump());
  return terms ? "accepted" : terms.error().check;
}

TEST(TermsTest, FormatAndParseRoundTrip) {
  const std::string text = FormatTerms(examples::Terms());
  auto terms = ParseTerms(text);
  ASSERT_TRUE(terms) << terms.error().check << ": " << terms.error().message;
  EXPECT_EQ(FormatTerms(*terms), text);
  EXPECT_EQ(terms->grants.features, examples::Terms().grants.features);
  EXPECT_EQ(terms->grants.limits.at("calls").period, MeterPeriod::kMonth);
  EXPECT_EQ(terms->grants.limits.at("users").overage_percent, 20);
  EXPECT_EQ(terms->fallback->edition, "lite");
  EXPECT_EQ(terms->expires, At("2027-11-22T06:00:00Z"));
  EXPECT_EQ(terms->maintenance_until, At("2027-05-22T06:00:00Z"));
  EXPECT_EQ(terms->warn_before, (std::vector<Seconds>{Seconds{30 * 86400}, Seconds{86400}}));
  EXPECT_EQ(terms->assurance, AssuranceClass::kVtpm);
  EXPECT_EQ(terms->policies.clone, Policy::kAllow);
}

TEST(TermsTest, FormatIsTheDocumentedText) {
  LicenseTerms terms;
  terms.license = "L-1";
  terms.vendor = "V";
  terms.product = "p";
  terms.plan = "q";
  terms.grants.edition = "e";
  terms.grants.features = {{"b", true}, {"a", int64_t{-1}}};
  terms.valid_from = At("2026-01-02T03:04:05Z");
  EXPECT_EQ(FormatTerms(terms),
            R"({"schema":"1.0","license":"L-1","vendor":"V","product":"p","plan":"q","edition":"e",)"
            R"("features":{"a":-1,"b":true},"limits":{},"valid_from":"2026-01-02T03:04:05Z",)"
            R"("expiry_grace":"0d","warn_before":[],"offline_window":"0d","heartbeat_interval":"0d",)"
            R"("assurance":"hw-tpm","policies":{"clock":"warn","rollback":"deny","clone":"warn"}})");
  EXPECT_TRUE(ParseTerms(FormatTerms(terms)));
}

TEST(TermsTest, RefusesAnotherMajorWithASentenceThatSaysSo) {
  for (const char* schema : {"2.0", "2.7", "9999.0"}) {
    auto terms = ParseTerms(std::string(R"({"schema":")") + schema + R"(","whatever":[1]})");
    ASSERT_FALSE(terms);
    EXPECT_EQ(terms.error().check, "terms.schema");
    EXPECT_EQ(terms.error().kind, ErrorKind::kRefused);
    EXPECT_EQ(terms.error().message,
              std::string("schema ") + schema + " is newer than this program understands");
    EXPECT_EQ(terms.error().advice, "install a newer version");
  }
  EXPECT_EQ(CheckAfter([](Json& j) { j["schema"] = "0.9"; }), "terms.schema");
}

TEST(TermsTest, IgnoresUnknownMembersOfANewerMinorEverywhere) {
  EXPECT_EQ(CheckAfter([](Json& j) {
              j["schema"] = "1.1";
              j["new"] = {{"x", 1}};
              j["policies"]["new"] = "warn";
              j["fallback"]["new"] = 1;
              j["limits"]["users"]["new"] = true;
            }),
            "accepted");
}

TEST(TermsTest, RefusesUnknownMembersOfTheKnownMinorEverywhere) {
  EXPECT_EQ(CheckAfter([](Json& j) { j["new"] = 1; }), "terms.unknown");
  EXPECT_EQ(CheckAfter([](Json& j) { j["policies"]["new"] = "warn"; }), "terms.policies.unknown");
  EXPECT_EQ(CheckAfter([](Json& j) { j["fallback"]["new"] = 1; }), "terms.fallback.unknown");
  EXPECT_EQ(CheckAfter([](Json& j) { j["limits"]["users"]["new"] = true; }), "terms.limits.unknown");
}

}  // namespace
}  // namespace holdfast
