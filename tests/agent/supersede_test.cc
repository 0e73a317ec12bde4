#include "agent/supersede.h"

#include <gtest/gtest.h>

#include "tests/testing/pki.h"

namespace holdfast {
namespace {

using testing::TestPki;

class SupersedeTest : public ::testing::Test {
 protected:
  Crl List(int64_t number, int shard = 0) const {
    CrlFields fields = pki.ShardCrlFields(shard);
    fields.number = number;
    return pki.IssueCrl(fields);
  }
  Crl RootList(int64_t number) const {
    CrlFields fields = pki.RootCrlFields();
    fields.number = number;
    return pki.IssueRootCrl(fields);
  }
  // Valid from so many days after the usual beginning.
  LicenseFile File(int days, int64_t list, std::optional<int64_t> root_list = {}) const {
    LicenseTerms terms = TestPki::Terms();
    terms.valid_from += Seconds(86400) * days;
    LicenseFile file = pki.MakeLicenseFile(terms);
    file.crl = List(list);
    if (root_list) file.root_crl = RootList(*root_list);
    return file;
  }
  static int64_t Number(const std::optional<Crl>& list) { return list ? list->fields().number : 0; }

  const TestPki pki;
  const LicenseFile old = File(0, 5, 5);
};

TEST_F(SupersedeTest, NewerOfEverythingIsTaken) {
  const LicenseFile next = File(1, 6, 6);
  EXPECT_TRUE(SameContent(*Supersede(old, next), next));
}

TEST_F(SupersedeTest, TheSameIsTheSame) {
  EXPECT_TRUE(SameContent(*Supersede(old, old), old));
}

TEST_F(SupersedeTest, AnOlderLicenseIsRefused) {
  EXPECT_EQ(Supersede(File(1, 5), File(0, 6)).error().check, "install.older");
}

TEST_F(SupersedeTest, AnotherLicenseWithAnOlderListIsRefused) {
  EXPECT_EQ(Supersede(old, File(1, 4)).error().check, "install.older");
}

TEST_F(SupersedeTest, TheSameLicenseWithAnOlderListKeepsTheNewerOne) {
  LicenseFile next = old;
  next.crl = List(4);
  EXPECT_TRUE(SameContent(*Supersede(old, next), old));
}

TEST_F(SupersedeTest, TheNewerListOfTheRootStays) {
  EXPECT_EQ(Number(Supersede(old, File(1, 6))->root_crl), 5);
  EXPECT_EQ(Number(Supersede(old, File(1, 6, 4))->root_crl), 5);
  EXPECT_EQ(Number(Supersede(old, File(1, 6, 7))->root_crl), 7);
}

TEST_F(SupersedeTest, ListsOfOneNumberAreOrderedByTheirDate) {
  CrlFields fields = pki.ShardCrlFields();
  fields.number = 5;
  fields.this_update -= Seconds(1);
  EXPECT_EQ(WithList(old, pki.IssueCrl(fields), pki.Anchors()).error().check, "install.older");
}

TEST_F(SupersedeTest, AListIsTakenWhenItIsForTheLicense) {
  EXPECT_EQ(Number((*WithList(old, List(6), pki.Anchors()))->crl), 6);
  EXPECT_EQ(Number((*WithList(old, RootList(6), pki.Anchors()))->root_crl), 6);
  EXPECT_FALSE(*WithList(old, List(6, 1), pki.Anchors())) << "another shard";
  EXPECT_FALSE(*WithList(old, TestPki().IssueRootCrl(TestPki().RootCrlFields()), pki.Anchors()))
      << "another root";
  EXPECT_EQ(WithList(old, RootList(4), pki.Anchors()).error().check, "install.older");
}

TEST_F(SupersedeTest, ListsSeenWithAnotherLicenseAreKept) {
  const LicenseFile next = File(1, 4);
  const LicenseFile kept = WithNewerLists(next, old, pki.Anchors());
  EXPECT_EQ(kept.license.der(), next.license.der());
  EXPECT_EQ(Number(kept.crl), 5);
  EXPECT_EQ(Number(kept.root_crl), 5);
}

TEST_F(SupersedeTest, OlderForeignAndForgedListsSeenChangeNothing) {
  const LicenseFile next = File(1, 6, 6);
  EXPECT_TRUE(SameContent(WithNewerLists(next, old, pki.Anchors()), next)) << "older";
  EXPECT_TRUE(SameContent(WithNewerLists(next, TestPki().MakeLicenseFile(true), pki.Anchors()), next))
      << "foreign";
  LicenseFile forged = File(0, 7, 7);
  CrlFields fields = forged.crl.fields(), root_fields = forged.root_crl->fields();
  const auto stranger = testing::SoftwareKey::Generate(KeyType::kEcP256);
  forged.crl = *Crl::Parse(testing::SignCrl(fields, *stranger));
  forged.root_crl = *Crl::Parse(testing::SignCrl(root_fields, *stranger));
  EXPECT_TRUE(SameContent(WithNewerLists(next, forged, pki.Anchors()), next)) << "forged";
}

}  // namespace
}  // namespace holdfast
