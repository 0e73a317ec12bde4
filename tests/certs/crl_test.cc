// CRLs that are not exactly of the profile, and lists that must not follow one another.
#include <gtest/gtest.h>

#include <functional>

#include "certs/extensions.h"
#include "tests/testing/der_tree.h"
#include "tests/testing/pki.h"

namespace holdfast {
namespace {

using testing::DerNode;
using testing::kPkiNow;
using testing::TestPki;

const TestPki& Pki() {
  static const TestPki pki;
  return pki;
}
CrlFields GoodFields() {
  CrlFields f = Pki().ShardCrlFields();
  f.entries = {{{0x05}, kPkiNow, RevocationReason::kUnspecified},
               {{0x06}, kPkiNow, RevocationReason::kKeyCompromise}};
  return f;
}

DerNode Node(std::string_view hex) {
  return DerNode::Parse(HexDecode(hex).value());
}
enum Place : size_t { kVersion, kAlgorithm, kIssuer, kThisUpdate, kNextUpdate, kEntries, kExtensions };
DerNode& Field(DerNode& c, Place place) {
  return c[0][place];
}
DerNode& Entry(DerNode& c, size_t i) {
  return Field(c, kEntries)[i];
}
std::vector<DerNode>& Extensions(DerNode& c) {
  return c[0].children.back()[0].children;
}
DerNode& Find(DerNode& c, ExtensionKind kind) {
  for (DerNode& e : Extensions(c))
    if (Equal(e[0].value, RuleOf(kind).oid)) return e;
  throw std::logic_error("no such extension");
}
void Remove(DerNode& c, ExtensionKind kind) {
  std::erase_if(Extensions(c), [&](DerNode& e) { return Equal(e[0].value, RuleOf(kind).oid); });
}
void SetValue(DerNode& c, ExtensionKind kind, std::string_view hex) {
  Find(c, kind).children.back().value = HexDecode(hex).value();
}

constexpr auto kAki = ExtensionKind::kAuthorityKeyId;
constexpr auto kNumber = ExtensionKind::kCrlNumber;
constexpr auto kPoint = ExtensionKind::kIssuingDistribution;

struct Mutant {
  const char* name;
  const char* check;  // without "crl."
  std::function<void(DerNode&)> change;
};
void PrintTo(const Mutant& mutant, std::ostream* os) {
  *os << mutant.name;
}
class CrlMutants : public ::testing::TestWithParam<Mutant> {};

TEST_P(CrlMutants, IsRefusedByItsOwnCheck) {
  static const Bytes good = Pki().IssueCrl(GoodFields()).der();
  DerNode crl = DerNode::Parse(good);
  ASSERT_EQ(crl.Encode(), good);
  GetParam().change(crl);
  const auto parsed = Crl::Parse(crl.Encode());
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().check, "crl." + std::string(GetParam().check)) << parsed.error().message;
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(, CrlMutants, ::testing::ValuesIn(std::vector<Mutant>{
  {"V1", "version", [](DerNode& c) { c[0].children.erase(c[0].children.begin()); }},
  {"V3", "version", [](DerNode& c) { Field(c, kVersion).value = {2}; }},
  {"AlgorithmsDiffer", "algorithm", [](DerNode& c) { c[1] = Node("300a06082a8648ce3d040303"); }},
  {"Sha1", "algorithm", [](DerNode& c) { c[1] = Field(c, kAlgorithm) = Node("300906072a8648ce3d0401"); }},
  {"EmptyIssuer", "issuer", [](DerNode& c) { Field(c, kIssuer).children.clear(); }},
  {"NoNextUpdate", "validity", [](DerNode& c) { c[0].children.erase(c[0].children.begin() + kNextUpdate); }},
  {"NextUpdateBeforeThis", "validity", [](DerNode& c) { std::swap(Field(c, kThisUpdate), Field(c, kNextUpdate)); }},
  {"GeneralizedTimeBefore2050", "validity", [](DerNode& c) { Field(c, kNextUpdate) = DerNode::Primitive(der::kGeneralizedTime, ToBytes("20271108000000Z")); }},
  {"EmptyListOfEntries", "entries", [](DerNode& c) { Field(c, kEntries).children.clear(); }},
  {"SerialZero", "entries", [](DerNode& c) { Entry(c, 0)[0].value = {0}; }},
  {"SerialNegative", "entries", [](DerNode& c) { Entry(c, 0)[0].value = {0x80}; }},
  {"SerialTwice", "entries", [](DerNode& c) { Entry(c, 1)[0].value = {5}; }},
  {"SerialsDescend", "entries", [](DerNode& c) { std::swap(Entry(c, 0), Entry(c, 1)); }},
  {"ReasonUnspecifiedWrittenOut", "entries", [](DerNode& c) { Entry(c, 1)[2][0][1].value.back() = 0; }},
  {"ReasonRemoveFromCrl", "entries", [](DerNode& c) { Entry(c, 1)[2][0][1].value.back() = 8; }},
  {"ReasonUnknown", "entries", [](DerNode& c) { Entry(c, 1)[2][0][1].value.back() = 7; }},
  {"ReasonCritical", "entries", [](DerNode& c) { auto& e = Entry(c, 1)[2][0].children; e.insert(e.begin() + 1, Node("0101ff")); }},
  {"InvalidityDate", "entries", [](DerNode& c) { Entry(c, 1)[2][0][0].value.back() = 0x18; }},
  {"TwoEntryExtensions", "entries", [](DerNode& c) { auto& e = Entry(c, 1)[2].children; e.push_back(DerNode(e[0])); }},
  {"NoExtensions", "extensions", [](DerNode& c) { c[0].children.pop_back(); }},
  {"NoAuthorityKeyId", "authority_key_id", [](DerNode& c) { Remove(c, kAki); }},
  {"NoNumber", "number", [](DerNode& c) { Remove(c, kNumber); }},
  {"NumberCritical", "number", [](DerNode& c) { auto& e = Find(c, kNumber).children; e.insert(e.begin() + 1, Node("0101ff")); }},
  {"NumberZero", "number", [](DerNode& c) { SetValue(c, kNumber, "020100"); }},
  {"NumberNegative", "number", [](DerNode& c) { SetValue(c, kNumber, "0201ff"); }},
  {"NumberOfSixtyFourBits", "number", [](DerNode& c) { SetValue(c, kNumber, "020900ffffffffffffffff"); }},
  {"PointNotCritical", "issuing_distribution_point", [](DerNode& c) { auto& e = Find(c, kPoint).children; e.erase(e.begin() + 1); }},
  {"PointEmpty", "issuing_distribution_point", [](DerNode& c) { SetValue(c, kPoint, "3000"); }},
  {"PointOnlyForUsers", "issuing_distribution_point", [](DerNode& c) { SetValue(c, kPoint, "30038101ff"); }},
  {"PointOfTheWeb", "issuing_distribution_point", [](DerNode& c) { SetValue(c, kPoint, "300da00ba0098607687474703a2f2f"); }},
  {"DeltaIndicator", "extensions", [](DerNode& c) { Extensions(c).push_back(Node("300d0603551d1b0101ff0403020101")); }},
  {"SubjectKeyId", "extensions", [](DerNode& c) { Extensions(c).push_back(Node("300a0603551d0e0403040101")); }},
  {"NumberTwice", "extensions", [](DerNode& c) { Extensions(c).push_back(DerNode(Find(c, kNumber))); }},
  {"TrailingOctet", "der", [](DerNode& c) { Bytes d = c.Encode(); d.push_back(0); c.raw = d; }},
  {"CutOff", "der", [](DerNode& c) { Bytes d = c.Encode(); d.pop_back(); c.raw = d; }},
  {"Empty", "size", [](DerNode& c) { c.raw = Bytes(); }},
  {"TooLarge", "size", [](DerNode& c) { c.raw = Bytes(kMaxCrlSize + 1, 0x30); }}}),
  [](const auto& info) { return info.param.name; });
// clang-format on

CrlFields WithEntries(size_t count) {
  CrlFields f = Pki().ShardCrlFields();
  for (size_t i = 0; i < count; i++)
    f.entries.push_back({{0x40, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)}, kPkiNow});
  return f;
}

TEST(CrlEntries, AThousandFitAndOneMoreDoesNot) {
  const Crl full = Pki().IssueCrl(WithEntries(kMaxCrlEntries));
  for (const RevokedEntry& entry : full.fields().entries) ASSERT_EQ(full.Find(entry.serial), &entry);
  EXPECT_EQ(BuildTbsCrl(WithEntries(kMaxCrlEntries + 1), SignatureAlgorithm::kEcdsaSha256).error().check,
            "crl.entries");
}

TEST(CrlEntries, AreFoundByNumericOrderWhateverTheirLength) {
  CrlFields f = Pki().ShardCrlFields();
  f.entries = {{{0x7f}, kPkiNow}, {{0x01, 0x00}, kPkiNow}, {{0x01, 0x00, 0x00}, kPkiNow}};
  const Crl crl = Pki().IssueCrl(f);
  for (const RevokedEntry& entry : f.entries) EXPECT_NE(crl.Find(entry.serial), nullptr);
  EXPECT_EQ(crl.Find(Bytes{0x01}), nullptr);
}

TEST(CrlSignature, IsVerifiedWithTheIssuersKeyOnly) {
  const Crl crl = Pki().IssueCrl(GoodFields());
  EXPECT_TRUE(crl.VerifySignature(Pki().issuing_key->public_key()));
  EXPECT_EQ(crl.VerifySignature(Pki().root_key->public_key()).error().check, "crl.signature");
}

class CrlSuccession : public ::testing::Test {
 protected:
  CrlFields previous = GoodFields();
  CrlFields next = Next();

  static CrlFields Next() {
    CrlFields f = GoodFields();
    f.number++;
    f.this_update += Seconds(1);
    return f;
  }
  std::string Outcome(const std::vector<Bytes>& may_drop = {}) {
    const Status status = CheckSuccession(previous, next, may_drop);
    return status ? "follows" : status.error().check;
  }
};

TEST_F(CrlSuccession, ANewerListWithTheSameAndMoreEntriesFollows) {
  EXPECT_EQ(Outcome(), "follows");
  next.entries.push_back({{0x07}, kPkiNow, RevocationReason::kSuperseded});
  EXPECT_EQ(Outcome(), "follows");
}
TEST_F(CrlSuccession, TheSameNumberDoesNot) {
  next.number = previous.number;
  EXPECT_EQ(Outcome(), "crl.sequence");
}
TEST_F(CrlSuccession, AnOlderDateDoesNot) {
  next.this_update = previous.this_update - Seconds(1);
  EXPECT_EQ(Outcome(), "crl.sequence");
}
TEST_F(CrlSuccession, AnotherShardDoesNot) {
  next.uri = Pki().ShardUri(1);
  EXPECT_EQ(Outcome(), "crl.sequence");
}
TEST_F(CrlSuccession, ALostEntryDoesNotUnlessItMayBeDropped) {
  next.entries.pop_back();
  EXPECT_EQ(Outcome(), "crl.sequence");
  EXPECT_EQ(Outcome({{0x05}}), "crl.sequence");
  EXPECT_EQ(Outcome({{0x06}}), "follows");
}
TEST_F(CrlSuccession, ARevocationMayNotBecomeASuspension) {
  next.entries[1].reason = RevocationReason::kCertificateHold;
  EXPECT_EQ(Outcome(), "crl.sequence");
  std::swap(previous.entries, next.entries);
  EXPECT_EQ(Outcome(), "follows") << "the other way round is how a suspension ends for good";
}

}  // namespace
}  // namespace holdfast
