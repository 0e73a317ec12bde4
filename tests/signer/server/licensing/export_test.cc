#include "signer/server/licensing/records_json.h"
#include "tests/signer/server/licensing/licensing_fixture.h"

namespace holdfast {
namespace {

class ExportTest : public LicensingTest {};

TEST_F(ExportTest, HoldsEverythingAndNoSecret) {
  SoftwareTpm tpm;
  Trust(tpm);
  const ProductKey key = Sell();
  ASSERT_TRUE(Answer(RequestFor(tpm, key)));
  const auto exported = Export(*store_, {});
  ASSERT_TRUE(exported) << exported.error().message;
  EXPECT_EQ(exported->at("products").size(), 1u);
  EXPECT_EQ(exported->at("customers").at(0).at("name"), "Rheinwerk GmbH");
  const Json& license = exported->at("licenses").at(0);
  EXPECT_EQ(license.at("license"), license_);
  EXPECT_EQ(license.at("activations_used"), 1);
  EXPECT_EQ(license.at("activations").at(0).at("state"), "issued");
  EXPECT_EQ(license.at("activations").at(0).at("terms").at("license"), license_);
  EXPECT_EQ(license.at("sightings").size(), 1u);
  EXPECT_EQ(exported->at("crls").size(), 1u);
  EXPECT_EQ(exported->at("audit").size(), store_->ListAudit(0, 1000)->size());
  const std::string text = exported->dump();
  EXPECT_EQ(text.find(key.jwt.RevealText()), std::string::npos);
  EXPECT_EQ(text.find(HexEncode(key.claims.seed.Reveal())), std::string::npos);
}

TEST_F(ExportTest, OfOneLicenseOrCustomerHoldsNoOther) {
  Sell();
  const std::string first = license_;
  ASSERT_TRUE(licensing_->Sell("test", {"acme-cad", "standard", "Nordlicht AG", 1}));
  EXPECT_EQ(Export(*store_, {.license = first})->at("licenses").size(), 1u);
  const auto of_customer = Export(*store_, {.customer = "Nordlicht AG"});
  ASSERT_EQ(of_customer->at("licenses").size(), 1u);
  EXPECT_EQ(of_customer->at("licenses").at(0).at("customer"), "Nordlicht AG");
  EXPECT_FALSE(of_customer->contains("audit"));
}

TEST_F(ExportTest, DoesNotChangeWhenNothingDid) {
  Sell();
  EXPECT_EQ(Export(*store_, {})->dump(), Export(*store_, {})->dump());
}

}  // namespace
}  // namespace holdfast
