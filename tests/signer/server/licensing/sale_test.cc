#include "tests/signer/server/licensing/licensing_fixture.h"

namespace holdfast {
namespace {

class SaleTest : public LicensingTest {};

TEST_F(SaleTest, TheProductKeyNamesWhatWasSoldAndIsSigned) {
  const auto sold = licensing_->Sell("test", {"acme-cad", "standard", "Rheinwerk GmbH", 3});
  ASSERT_TRUE(sold) << sold.error().message;
  const auto key = ParseProductKey(sold->product_key);
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(key->prefix, "NLS");
  EXPECT_EQ(key->claims.vendor, "Example Vendor");
  EXPECT_EQ(key->claims.product, "acme-cad");
  EXPECT_EQ(key->claims.plan, "standard");
  EXPECT_EQ(key->claims.id, sold->license.product_key_id);
  EXPECT_EQ(PossessionPublicKey(key->claims.seed).value(), sold->license.possession_key);
  EXPECT_EQ(sold->license.activation_limit, 3);
  const auto jws = ParseJws(key->jwt.RevealText(), MessageType::kProductKey);
  ASSERT_TRUE(jws);
  EXPECT_TRUE(VerifyJws(*jws, pki_.message_key->public_key()));
}

TEST_F(SaleTest, TwoSalesHaveNothingSecretInCommon) {
  const ProductKey one = Sell(), two = Sell();
  EXPECT_NE(one.claims.id, two.claims.id);
  EXPECT_FALSE(one.claims.seed.Equals(two.claims.seed));
}

TEST_F(SaleTest, TheStoreHoldsNoSecretOfAProductKey) {
  const ProductKey key = Sell();
  std::string all;
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    all += text.str();
  }
  EXPECT_NE(all.find(key.claims.id), std::string::npos) << "the search itself must work";
  EXPECT_EQ(all.find(key.jwt.RevealText()), std::string::npos);
  EXPECT_EQ(all.find(HexEncode(key.claims.seed.Reveal())), std::string::npos);
}

TEST_F(SaleTest, ThePrefixIsTheVendorsChoice) {
  settings_.key_prefix = "ACME";
  Open();
  EXPECT_EQ(Sell().prefix, "ACME");
}

TEST_F(SaleTest, WhatIsNotThereCannotBeSold) {
  EXPECT_EQ(licensing_->Sell("test", {"nothing", "standard", "C", 1}).error().check, "store.product");
  EXPECT_EQ(licensing_->Sell("test", {"acme-cad", "platinum", "C", 1}).error().check, "licensing.plan");
}

TEST_F(SaleTest, CustomersMustFitIntoACertificate) {
  for (const std::string& name :
       {std::string(), std::string(65, 'x'), std::string("a\nb"), std::string("\xff")})
    EXPECT_EQ(licensing_->Sell("test", {"acme-cad", "standard", name, 1}).error().check,
              "licensing.customer");
}

TEST_F(SaleTest, ActivationsHaveBounds) {
  for (int64_t limit : {int64_t{0}, int64_t{-1}, int64_t{1'000'001}})
    EXPECT_EQ(licensing_->Sell("test", {"acme-cad", "standard", "C", limit}).error().check,
              "licensing.activations");
}

TEST_F(SaleTest, ProductsAreCheckedBeforeTheyAreKept) {
  EXPECT_EQ(licensing_->AddProduct("test", "Not An Id", ExampleProduct()).error().check,
            "licensing.identifier");
  EXPECT_FALSE(licensing_->AddProduct("test", "other", "{}"));
  EXPECT_EQ(store_->ListProducts()->size(), 1u);
}

TEST_F(SaleTest, AnOfflineWindowThatNobodyCanKeepIsRefused) {
  const auto check = [&](const std::string& window) {
    Json product = Json::parse(ExampleProduct());
    product["plans"]["demo"]["offline_window"] = window;
    product["plans"]["demo"]["heartbeat_interval"] = "0d";
    const auto added = licensing_->AddProduct("test", "other", product.dump());
    return added ? "" : added.error().check;
  };
  EXPECT_EQ(check("1s"), "licensing.offline_window");
  EXPECT_EQ(check("3599s"), "licensing.offline_window");
  EXPECT_EQ(check("1h"), "");
  EXPECT_EQ(check("0d"), "");
}

TEST_F(SaleTest, TheExampleOfAPlanWithEverythingIsTaken) {
  std::ifstream file(HOLDFAST_SOURCE_DIR "/docs/examples/press/product.json");
  std::stringstream text;
  text << file.rdbuf();
  const auto added = licensing_->AddProduct("test", "everything", text.str());
  ASSERT_TRUE(added) << added.error().message;
}

}  // namespace
}  // namespace holdfast
