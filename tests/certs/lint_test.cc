// The lint lets good objects out and stops each that does not say what was ordered.
#include <gtest/gtest.h>

#include <algorithm>

#include "certs/lint.h"
#include "certs/lint_opinions.h"
#include "certs/openssl_outline.h"
#include "tests/testing/pki.h"

namespace holdfast {
namespace {

using testing::kPkiNow;
using testing::TestPki;

std::string CheckOf(const Status& status) {
  return status ? "passed" : status.error().check;
}

const std::vector<std::pair<const char*, void (*)(CertificateFields&)>> kChanges{
    {"serial", [](CertificateFields& f) { f.serial.back() ^= 1; }},
    {"customer", [](CertificateFields& f) { f.subject.organization = "Another Customer"; }},
    {"license id", [](CertificateFields& f) { f.subject.common_name = "L-0002"; }},
    {"issuer", [](CertificateFields& f) { f.issuer.common_name = "other"; }},
    {"not_before", [](CertificateFields& f) { f.not_before += Seconds(1); }},
    {"not_after", [](CertificateFields& f) { f.not_after += Seconds(1); }},
    {"key", [](CertificateFields& f) { f.subject_spki.back() ^= 1; }},
    {"authority", [](CertificateFields& f) { f.authority_key_id.back() ^= 1; }},
    {"shard", [](CertificateFields& f) { f.crl_uri += "1"; }},
    {"terms", [](CertificateFields& f) { f.terms_json += " "; }},
};

const std::vector<std::pair<const char*, void (*)(CrlFields&)>> kListChanges{
    {"number", [](CrlFields& f) { f.number++; }},
    {"shard", [](CrlFields& f) { f.uri += "1"; }},
    {"list issuer", [](CrlFields& f) { f.issuer.common_name = "other"; }},
    {"this_update", [](CrlFields& f) { f.this_update -= Seconds(1); }},
    {"next_update", [](CrlFields& f) { f.next_update += Seconds(1); }},
    {"entry missing", [](CrlFields& f) { f.entries.pop_back(); }},
    {"entry serial", [](CrlFields& f) { f.entries[0].serial = {0x06}; }},
    {"entry date", [](CrlFields& f) { f.entries[0].date -= Seconds(1); }},
    {"reason", [](CrlFields& f) { f.entries[1].reason = RevocationReason::kSuperseded; }},
};

// Is `what` one of the words in `list`?
bool IsAmong(std::string_view what, const std::vector<std::string_view>& list) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

class Lint : public ::testing::Test {
 protected:
  TestPki pki;
  CertificateFields ordered = pki.LicenseFields(TestPki::Terms());
  Bytes der = testing::SignCertificate(ordered, *pki.issuing_key);
  CrlFields list = WithEntries(pki.ShardCrlFields());

  const PublicKey& key() const { return pki.license_key->public_key(); }

  static CrlFields WithEntries(CrlFields f) {
    f.entries = {{{0x05}, kPkiNow, RevocationReason::kUnspecified},
                 {Bytes(16, 0x11), kPkiNow, RevocationReason::kKeyCompromise}};
    return f;
  }
};

TEST_F(Lint, PassesEveryProfile) {
  EXPECT_EQ(CheckOf(LintCertificate(der, ordered)), "passed");
  EXPECT_EQ(CheckOf(LintLicense(der, ordered, key())), "passed");
  for (const Certificate* c : {&pki.root, &pki.issuing, &pki.message})
    EXPECT_EQ(CheckOf(LintCertificate(c->der(), c->fields())), "passed");
}

TEST_F(Lint, PassesDatesOnBothSidesOf2050AndTheEndOfTheCalendar) {
  for (const char* end : {"2049-12-31T23:59:59Z", "2050-01-01T00:00:00Z", "9999-12-31T23:59:59Z"}) {
    ordered.not_after = ParseTime(end).value();
    const Bytes other = testing::SignCertificate(ordered, *pki.issuing_key);
    EXPECT_EQ(CheckOf(LintCertificate(other, ordered)), "passed");
    EXPECT_EQ(CheckOf(LintLicense(other, ordered, key())), "passed");
  }
}

TEST_F(Lint, PassesCrlsWithAndWithoutEntries) {
  EXPECT_EQ(CheckOf(LintCrl(testing::SignCrl(list, *pki.issuing_key), list)), "passed");
  list.entries.clear();
  EXPECT_EQ(CheckOf(LintCrl(testing::SignCrl(list, *pki.issuing_key), list)), "passed");
  const CrlFields root = pki.RootCrlFields();
  EXPECT_EQ(CheckOf(LintCrl(testing::SignCrl(root, *pki.root_key), root)), "passed");
}

TEST_F(Lint, StopsACertificateThatDiffersInOneField) {
  for (const auto& [what, change] : kChanges) {
    CertificateFields other = ordered;
    change(other);
    EXPECT_EQ(CheckOf(LintCertificate(der, other)), "lint.fields") << what;
    EXPECT_EQ(CheckOf(LintLicense(der, other, key())), "lint.fields") << what;
  }
}

TEST_F(Lint, StopsAnotherProfile) {
  ordered.profile = CertificateProfile::kMessage;
  EXPECT_EQ(CheckOf(LintCertificate(der, ordered)), "lint.profile");
}

TEST_F(Lint, StopsAKeyOffTheCurveThoughAnotherWasParsed) {
  const ByteView spki = ordered.subject_spki;
  const auto at = std::search(der.begin(), der.end(), spki.begin(), spki.end());
  ASSERT_NE(at, der.end());
  at[90] ^= 1;
  ordered.subject_spki.back() ^= 1;
  EXPECT_EQ(CheckOf(LintLicense(der, ordered, key())), "lint.profile");
}

TEST_F(Lint, StopsACrlThatDiffersInOneField) {
  const Bytes crl = testing::SignCrl(list, *pki.issuing_key);
  for (const auto& [what, change] : kListChanges) {
    CrlFields other = list;
    change(other);
    EXPECT_EQ(CheckOf(LintCrl(crl, other)), "lint.fields") << what;
  }
}

// --- Each other opinion asked alone, so that what our own parser would have stopped reaches it.

struct Opinion {
  const char* name;
  const char* check;
  Status (*certificate)(ByteView, const CertificateFields&);
  Status (*list)(ByteView, const CrlFields&);  // null: of lists it has none
  std::vector<std::string_view> blind_to;
};
class LintOpinion : public Lint, public ::testing::WithParamInterface<Opinion> {};

TEST_P(LintOpinion, StopsACertificateInWhichItReadsAnotherValue) {
  EXPECT_EQ(CheckOf(GetParam().certificate(der, ordered)), "passed");
  for (const auto& [what, change] : kChanges) {
    CertificateFields other = ordered;
    change(other);
    const bool in_extension = IsAmong(what, {"authority", "shard", "terms"});
    EXPECT_EQ(CheckOf(GetParam().certificate(der, other)), in_extension ? "passed" : GetParam().check)
        << what;
  }
}

TEST_P(LintOpinion, StopsACertificateThatIsCutOff) {
  for (size_t size = 0; size < der.size(); size++)
    EXPECT_EQ(CheckOf(GetParam().certificate(ByteView(der).first(size), ordered)), GetParam().check) << size;
}

class LintListOpinion : public LintOpinion {};

TEST_P(LintListOpinion, StopsAListInWhichItReadsAnotherValue) {
  const Bytes crl = testing::SignCrl(list, *pki.issuing_key);
  EXPECT_EQ(CheckOf(GetParam().list(crl, list)), "passed");
  for (const auto& [what, change] : kListChanges) {
    CrlFields other = list;
    change(other);
    const bool blind = IsAmong(what, {"number", "shard"}) || IsAmong(what, GetParam().blind_to);
    EXPECT_EQ(CheckOf(GetParam().list(crl, other)), blind ? "passed" : GetParam().check) << what;
  }
  for (size_t size = 0; size < crl.size(); size++)
    EXPECT_EQ(CheckOf(GetParam().list(ByteView(crl).first(size), list)), GetParam().check) << size;
}

const Opinion kOpenssl{"Openssl", "lint.openssl", LintWithOpenssl, LintWithOpenssl, {"reason"}};
const Opinion kBotan{"Botan", "lint.botan", LintWithBotan, LintWithBotan, {"list issuer", "entry date"}};
const Opinion kOutline{"OpensslOutline", "lint.openssl", LintWithOpensslOutline, nullptr, {}};

std::string NameOf(const ::testing::TestParamInfo<Opinion>& info) {
  return info.param.name;
}
INSTANTIATE_TEST_SUITE_P(, LintOpinion, ::testing::Values(kOpenssl, kBotan, kOutline), NameOf);
INSTANTIATE_TEST_SUITE_P(, LintListOpinion, ::testing::Values(kOpenssl, kBotan), NameOf);

// Botan does not mind either; what goes on or is BER is for the others.
TEST_F(Lint, OpensslStopsWhatGoesOnAndLengthsThatAreNotMinimal) {
  Bytes longer = der, not_minimal = der;
  longer.push_back(0);
  ASSERT_EQ(der[1], 0x82);
  not_minimal[1] = 0x83;
  not_minimal.insert(not_minimal.begin() + 2, 0);
  for (const Bytes& bad : {longer, not_minimal}) {
    EXPECT_EQ(CheckOf(LintWithOpensslOutline(bad, ordered)), "lint.openssl");
    EXPECT_EQ(CheckOf(LintWithOpenssl(bad, ordered)), "lint.openssl");
  }
}

}  // namespace
}  // namespace holdfast
