#include "protocol/terms.h"

#include <gtest/gtest.h>

#include "protocol/base64.h"
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
  EXPECT_EQ(terms->policies.clone, ClonePolicy::kAllow);
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

TEST(TermsTest, HowLongDecisionsStandWithoutTheAgentIsWrittenWhenItIsNotTheDefault) {
  LicenseTerms terms = examples::Terms();
  EXPECT_EQ(ParseTerms(FormatTerms(terms))->agent_absence, Seconds(300));
  EXPECT_EQ(FormatTerms(terms).find("agent_absence"), std::string::npos);
  for (Seconds length : {Seconds(0), Seconds(7 * 86400)}) {
    terms.agent_absence = length;
    EXPECT_EQ(ParseTerms(FormatTerms(terms))->agent_absence, length);
  }
  EXPECT_EQ(CheckAfter([](Json& j) { j["agent_absence"] = "8d"; }), "terms.agent_absence");
  EXPECT_EQ(CheckAfter([](Json& j) { j["agent_absence"] = 300; }), "terms.agent_absence");
}

TEST(TermsTest, CallersSurviveTheirText) {
  LicenseTerms terms = examples::Terms();
  const Callers only{{std::string("anna"), uint32_t{1000}}, {std::string("cad")}, {"/opt/cad/bin/cad"}};
  terms.grants.limits["users"].only = only;
  const std::string text = FormatTerms(terms);
  EXPECT_NE(
      text.find(R"("only":{"users":["anna",1000],"groups":["cad"],"executables":["/opt/cad/bin/cad"]})"),
      std::string::npos);
  const auto parsed = ParseTerms(text);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->grants.limits.at("users").only, only);
  EXPECT_EQ(parsed->grants.limits.at("calls").only, std::nullopt);
}

TEST(TermsTest, CallersThatNameNobodyOrNothingThatIsOneAreRefused) {
  const auto with = [](const char* member, const Json& value) {
    return CheckAfter([&](Json& j) { j["limits"]["users"]["only"][member] = value; });
  };
  EXPECT_EQ(CheckAfter([](Json& j) { j["limits"]["users"]["only"] = Json::object(); }), "terms.limits.only");
  EXPECT_EQ(CheckAfter([](Json& j) { j["limits"]["users"]["only"] = "anna"; }), "terms.limits.only");
  for (const Json& bad : {Json(""), Json("1000"), Json("-a"), Json("a b"), Json("a:b"), Json("a/b"), Json(-1),
                          Json(int64_t{UINT32_MAX}), Json(true), Json(std::string(65, 'x')), Json::array()})
    EXPECT_EQ(with("users", Json::array({bad})), "terms.limits.only.users") << bad.dump();
  for (const char* bad :
       {"", "cad", "/", "//cad", "/opt//cad", "/opt/", "/./cad", "/../cad", "/opt/.", "/a\nb"})
    EXPECT_EQ(with("executables", Json::array({bad})), "terms.limits.only.executables") << bad;
  EXPECT_EQ(with("groups", Json::array()), "terms.limits.only.groups");
  EXPECT_EQ(with("groups", Json(std::vector<int>(17, 5))), "terms.limits.only.groups");
  EXPECT_EQ(with("hosts", Json::array({"a"})), "terms.limits.only.unknown");
  EXPECT_EQ(with("executables", Json::array({"/opt/..cad/c d"})), "accepted");
}

TEST(TermsTest, ContentKeysAreNamedInOrderAndOnce) {
  LicenseTerms terms = examples::Terms();
  terms.grants.keys = {"models", "content"};
  terms.fallback->keys = {"basic", "content"};
  const std::string text = FormatTerms(terms);
  EXPECT_NE(text.find(R"("keys":["content","models"],"fallback":)"), std::string::npos) << text;
  const auto again = ParseTerms(text);
  ASSERT_TRUE(again) << again.error().check;
  EXPECT_EQ(FormatTerms(*again), text);
  EXPECT_EQ(AllKeys(again->grants, again->fallback), (std::set<std::string>{"basic", "content", "models"}));
  EXPECT_EQ(CheckAfter([](Json& j) { j["keys"] = Json::array({"content", "content"}); }), "terms.keys");
  EXPECT_EQ(CheckAfter([](Json& j) { j["keys"] = Json::array({"../content"}); }), "terms.keys");
  EXPECT_EQ(CheckAfter([](Json& j) { j["keys"] = Json::array({5}); }), "terms.keys");
  EXPECT_EQ(CheckAfter([](Json& j) { j["keys"] = "content"; }), "terms.keys");
  EXPECT_EQ(CheckAfter([](Json& j) { j["fallback"]["keys"] = Json::array({"X"}); }), "terms.fallback.keys");
  EXPECT_EQ(CheckAfter([](Json& j) {
              for (int i = 0; i < 17; i++) j["keys"].push_back("k" + std::to_string(i));
            }),
            "terms.keys");
}

TEST(TermsTest, ClassHostHasNoContentKeys) {
  const auto with_host = [](Json& j) {
    j["assurance"] = "host";
    j["fingerprint"]["nic"] = Json::array({Base64UrlEncode(Bytes(32, 1))});
    j.erase("ledger");
  };
  EXPECT_EQ(CheckAfter(with_host), "accepted");
  EXPECT_EQ(CheckAfter([&](Json& j) { with_host(j), j["keys"] = Json::array({"content"}); }), "terms.keys");
  EXPECT_EQ(CheckAfter([&](Json& j) { with_host(j), j["fallback"]["keys"] = Json::array({"content"}); }),
            "terms.keys");
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

TEST(TermsTest, EveryRequiredMemberIsNamedWhenMissing) {
  for (const char* name :
       {"schema", "license", "vendor", "product", "plan", "edition", "valid_from", "assurance"})
    EXPECT_EQ(CheckAfter([&](Json& j) { j.erase(name); }), "terms." + std::string(name));
}
TEST(TermsTest, OptionalMembersMayBeAbsent) {
  for (const char* name : {"features", "limits", "fallback", "expires", "expiry_grace", "warn_before",
                           "offline_window", "heartbeat_interval", "maintenance_until", "policies"})
    EXPECT_EQ(CheckAfter([&](Json& j) { j.erase(name); }), "accepted") << name;
}
TEST(TermsTest, NoMemberMayBeNullOrOfAnotherType) {
  const Json good = TermsJson();
  for (const auto& [name, value] : good.items()) {
    EXPECT_NE(CheckAfter([&](Json& j) { j[name] = nullptr; }), "accepted") << name;
    EXPECT_NE(CheckAfter([&](Json& j) { j[name] = 5; }), "accepted") << name;
    EXPECT_NE(CheckAfter([&](Json& j) { j[name] = Json::array({5}); }), "accepted") << name;
  }
}
TEST(TermsTest, VersionsAreTwoNumbers) {
  for (const char* schema : {"", "1", "1.", ".1", "1.0.0", "1.x", "01.0", "1.00", "1,0", " 1.0", "1.0 ",
                             "-1.0", "1.-1", "+1.0", "10000.0", "1.10000"})
    EXPECT_EQ(CheckAfter([&](Json& j) { j["schema"] = schema; }), "terms.schema") << schema;
  EXPECT_EQ(CheckAfter([](Json& j) { j["schema"] = 1; }), "terms.schema");
}
TEST(TermsTest, IdentifiersAreLowerCaseAndBounded) {
  for (const char* id : {"a", "0", "a.b_c-d", "max-size2"}) EXPECT_TRUE(IsIdentifier(id)) << id;
  for (const char* id : {"", "A", ".a", "-a", "_a", "a b", "a/b", "..", "\xc3\xbc", "a\n"})
    EXPECT_FALSE(IsIdentifier(id)) << id;
  EXPECT_TRUE(IsIdentifier(std::string(64, 'a')));
  EXPECT_FALSE(IsIdentifier(std::string(65, 'a')));
  EXPECT_FALSE(IsIdentifier(std::string_view("a\0b", 3)));
  for (const char* name : {"product", "plan", "edition"})
    EXPECT_EQ(CheckAfter([&](Json& j) { j[name] = "Not An Id"; }), "terms." + std::string(name));
}
TEST(TermsTest, FeatureValuesAreBooleansIntegersOrShortTexts) {
  auto check = [](const Json& value) { return CheckAfter([&](Json& j) { j["features"]["x"] = value; }); };
  for (const Json& good :
       {Json(false), Json(kMaxNumber), Json(-kMaxNumber), Json(""), Json(std::string(256, 'a'))})
    EXPECT_EQ(check(good), "accepted") << good;
  for (const Json& bad :
       {Json(nullptr), Json::array(), Json::object(), Json(kMaxNumber + 1), Json(-kMaxNumber - 1),
        Json(std::string(257, 'a')), Json("a\nb"), Json("\x7f"), Json("\xc2\x9b")})
    EXPECT_EQ(check(bad), "terms.features") << bad;
  EXPECT_EQ(CheckAfter([](Json& j) { j["features"]["X"] = true; }), "terms.features");
}
TEST(TermsTest, LimitsAreStrict) {
  auto check = [](const char* json) {
    return CheckAfter([&](Json& j) { j["limits"]["x"] = Json::parse(json); });
  };
  EXPECT_EQ(check(R"({"kind":"seats","max":0})"), "accepted");
  EXPECT_EQ(check(R"({"kind":"gauge","max":9007199254740991,"overage_percent":1000})"), "accepted");
  EXPECT_EQ(check(R"({"kind":"meter","max":1,"period":"never"})"), "accepted");
  EXPECT_EQ(check(R"({"kind":"meter","max":1,"period":"year"})"), "accepted");
  EXPECT_EQ(check(R"({"kind":"meter","max":1})"), "terms.limits.period");
  EXPECT_EQ(check(R"({"kind":"meter","max":1,"period":"week"})"), "terms.limits.period");
  EXPECT_EQ(check(R"({"kind":"seats","max":1,"period":"month"})"), "terms.limits.period");
  EXPECT_EQ(check(R"({"kind":"tokens","max":1})"), "terms.limits.kind");
  EXPECT_EQ(check(R"({"max":1})"), "terms.limits.kind");
  EXPECT_EQ(check(R"({"kind":"seats"})"), "terms.limits.max");
  EXPECT_EQ(check(R"({"kind":"seats","max":-1})"), "terms.limits.max");
  EXPECT_EQ(check(R"({"kind":"seats","max":9007199254740992})"), "terms.limits.max");
  EXPECT_EQ(check(R"({"kind":"seats","max":1,"overage_percent":1001})"), "terms.limits.overage_percent");
  EXPECT_EQ(check(R"({"kind":"seats","max":1,"overage_percent":-1})"), "terms.limits.overage_percent");
  EXPECT_EQ(check("5"), "terms.limits");
}
TEST(TermsTest, AFaultyLimitIsNamedInTheMessage) {
  Json json = TermsJson();
  json["limits"]["users"]["max"] = -1;
  EXPECT_NE(ParseTerms(json.dump()).error().message.find("limit \"users\""), std::string::npos);
}
TEST(TermsTest, CountsAreBounded) {
  auto features = [](int count) {
    return CheckAfter([&](Json& j) {
      j["features"] = Json::object();
      for (int i = 0; i < count; i++) j["features"]["f" + std::to_string(i)] = true;
    });
  };
  EXPECT_EQ(features(256), "accepted");
  EXPECT_EQ(features(257), "terms.features");
  auto limits = [](int count) {
    return CheckAfter([&](Json& j) {
      j["limits"] = Json::object();
      for (int i = 0; i < count; i++) j["limits"]["l" + std::to_string(i)] = {{"kind", "seats"}, {"max", 1}};
    });
  };
  EXPECT_EQ(limits(64), "accepted");
  EXPECT_EQ(limits(65), "terms.limits");
  EXPECT_EQ(CheckAfter([](Json& j) {
              j["warn_before"] = Json::array();
              for (int i = 17; i > 0; i--) j["warn_before"].push_back(std::to_string(i) + "d");
            }),
            "terms.warn_before");
  EXPECT_EQ(ParseTerms(std::string(kMaxTermsSize + 1, ' ')).error().check, "json.size");
}
TEST(TermsTest, WarningsDescend) {
  auto check = [](const char* json) {
    return CheckAfter([&](Json& j) { j["warn_before"] = Json::parse(json); });
  };
  EXPECT_EQ(check(R"(["2d","1d"])"), "accepted");
  EXPECT_EQ(check("[]"), "accepted");
  for (const char* bad :
       {R"(["1d","2d"])", R"(["1d","1d"])", R"(["24h","1d"])", R"(["0d"])", R"(["x"])", "[1]", "[null]"})
    EXPECT_EQ(check(bad), "terms.warn_before") << bad;
}
TEST(TermsTest, ExpiryIsAfterTheBeginningAndBeforeTheEndOfTime) {
  auto check = [](const char* expires) { return CheckAfter([&](Json& j) { j["expires"] = expires; }); };
  EXPECT_EQ(check("2026-11-22T06:00:01Z"), "accepted");
  EXPECT_EQ(check("2026-11-22T06:00:00Z"), "terms.expires");
  EXPECT_EQ(check("2025-11-22T06:00:00Z"), "terms.expires");
  EXPECT_EQ(check("9999-12-24T23:59:59Z"), "accepted");
  EXPECT_EQ(check("9999-12-25T00:00:00Z"), "terms.expires") << "no certificate could carry its grace";
}
TEST(TermsTest, NamesAreDisplayText) {
  for (const char* name : {"license", "vendor"}) {
    for (const std::string& bad :
         {std::string(), std::string(65, 'x'), std::string("a\nb"), std::string("\x1b[31m")})
      EXPECT_EQ(CheckAfter([&](Json& j) { j[name] = bad; }), "terms." + std::string(name)) << bad;
    EXPECT_EQ(CheckAfter([&](Json& j) { j[name] = "M\xc3\xbcller & S\xc3\xb6hne"; }), "accepted");
  }
}
TEST(TermsTest, PoliciesDefaultOneByOne) {
  Json json = TermsJson();
  json["policies"] = {{"clone", "deny"}};
  auto terms = ParseTerms(json.dump());
  ASSERT_TRUE(terms);
  EXPECT_EQ(terms->policies.clock, Policy::kWarn);
  EXPECT_EQ(terms->policies.rollback, Policy::kDeny);
  EXPECT_EQ(terms->policies.clone, ClonePolicy::kDeny);
  EXPECT_EQ(CheckAfter([](Json& j) { j["policies"]["clock"] = "maybe"; }), "terms.policies.clock");
}

TEST(TermsTest, OnlyAClonedHostSuspends) {
  EXPECT_EQ(CheckAfter([](Json& j) { j["policies"]["clone"] = "suspend"; }), "accepted");
  EXPECT_EQ(CheckAfter([](Json& j) { j["policies"]["clone"] = "maybe"; }), "terms.policies.clone");
  EXPECT_EQ(CheckAfter([](Json& j) { j["policies"]["clock"] = "suspend"; }), "terms.policies.clock");
  EXPECT_EQ(CheckAfter([](Json& j) { j["policies"]["rollback"] = "suspend"; }), "terms.policies.rollback");
}
TEST(TermsTest, OnlyClassHostHasAFingerprintAndMustHaveOne) {
  const Json fingerprint = FormatFingerprint({{"nic", {Sha256Digest{1}}}});
  const auto of_host = [](Json& j) { j["assurance"] = "host", j.erase("ledger"); };
  EXPECT_EQ(CheckAfter([&](Json& j) { of_host(j), j["fingerprint"] = fingerprint; }), "accepted");
  EXPECT_EQ(CheckAfter(of_host), "terms.fingerprint");
  EXPECT_EQ(CheckAfter([&](Json& j) { of_host(j), j["fingerprint"] = Json::object(); }), "terms.fingerprint");
  for (const char* schema : {"1.0", "1.9"})
    for (const char* other : {"hw-tpm", "vtpm"})
      EXPECT_EQ(CheckAfter([&](Json& j) {
                  j["schema"] = schema, j["assurance"] = other, j["fingerprint"] = fingerprint;
                }),
                "terms.fingerprint");
}
TEST(TermsTest, AFingerprintSurvives) {
  LicenseTerms terms = examples::Terms();
  terms.ledger.reset();
  terms.assurance = AssuranceClass::kHost;
  terms.fingerprint = {{"machine-id", {Sha256Digest{1}}}, {"nic", {Sha256Digest{2}, Sha256Digest{3}}}};
  EXPECT_EQ(ParseTerms(FormatTerms(terms))->fingerprint, terms.fingerprint);
}
TEST(TermsTest, APinOfTheLedgerSurvives) {
  LicenseTerms terms = examples::Terms();
  terms.ledger = LedgerPin{0x01ffffff, kMaxNumber};
  EXPECT_EQ(ParseTerms(FormatTerms(terms))->ledger, terms.ledger);
  terms.ledger.reset();
  EXPECT_EQ(FormatTerms(terms).find("ledger"), std::string::npos);
  EXPECT_FALSE(ParseTerms(FormatTerms(terms))->ledger);
}
TEST(TermsTest, APinOfTheLedgerIsStrict) {
  const Json pin{{"index", 0x01a00000}, {"base", 7}};
  const auto with = [&](const char* name, Json value) {
    return CheckAfter([&](Json& j) { j["ledger"] = pin, j["ledger"][name] = std::move(value); });
  };
  EXPECT_EQ(with("base", 1), "accepted");
  EXPECT_EQ(with("base", kMaxNumber), "accepted");
  for (const Json& base : {Json(0), Json(-1), Json(kMaxNumber + 1), Json("7"), Json(true)})
    EXPECT_EQ(with("base", base), "terms.ledger.base") << base;
  EXPECT_EQ(with("index", 0x01000000), "accepted");
  EXPECT_EQ(with("index", 0x01ffffff), "accepted");
  for (const Json& index : {Json(0x00ffffff), Json(0x02000000), Json(0x101a00000), Json("0x01a00000")})
    EXPECT_EQ(with("index", index), "terms.ledger.index") << index;
  EXPECT_EQ(with("x", 1), "terms.ledger.unknown");
  for (const char* name : {"index", "base"})
    EXPECT_EQ(CheckAfter([&](Json& j) { j["ledger"] = pin, j["ledger"].erase(name); }),
              "terms.ledger." + std::string(name));
  for (const Json& other : {Json(), Json(7), Json::array(), Json("x")})
    EXPECT_EQ(CheckAfter([&](Json& j) { j["ledger"] = other; }), "terms.ledger") << other;
}
TEST(TermsTest, ANewerMinorMayAddToThePin) {
  EXPECT_EQ(CheckAfter([](Json& j) { j["schema"] = "1.9", j["ledger"]["x"] = 1; }), "accepted");
  EXPECT_EQ(CheckAfter([](Json& j) { j["schema"] = "1.9", j["ledger"]["base"] = 0; }), "terms.ledger.base");
}
TEST(TermsTest, ClassHostIsPinnedToNoLedger) {
  const Json fingerprint = FormatFingerprint({{"nic", {Sha256Digest{1}}}});
  EXPECT_EQ(CheckAfter([&](Json& j) { j["assurance"] = "host", j["fingerprint"] = fingerprint; }),
            "terms.ledger");
}
TEST(TermsTest, StrictJsonRulesHold) {
  EXPECT_EQ(ParseTerms(R"({"schema":"1.0","schema":"1.0"})").error().check, "json.duplicate");
  EXPECT_EQ(ParseTerms("[]").error().check, "terms");
  EXPECT_EQ(ParseTerms("").error().check, "json.syntax");
}

}  // namespace
}  // namespace holdfast
