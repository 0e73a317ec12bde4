// A vendor with a store and software keys, and customers whose TPMs are software.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "certs/path.h"
#include "protocol/answer.h"
#include "protocol/product_key.h"
#include "signer/server/licensing/licensing.h"
#include "signer/server/store/sqlite_store.h"
#include "tests/signer/server/licensing/software_signer.h"
#include "tests/testing/evidence.h"
#include "tests/testing/temp_dir.h"

namespace holdfast {

inline std::string ExampleProduct() {
  std::ifstream file(HOLDFAST_SOURCE_DIR "/docs/examples/product.json");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class LicensingTest : public ::testing::Test {
 protected:
  using SoftwareTpm = ::holdfast::testing::SoftwareTpm;

  void SetUp() override {
    store_ = std::move(SqliteStore::Create(directory_.path() / "store.db").value());
    settings_.vendor = "Example Vendor";
    settings_.roots = pki_.Anchors();
    Open();
    ASSERT_TRUE(licensing_->AddProduct("test", "acme-cad", ExampleProduct()));
  }
  void Open() { licensing_ = std::make_unique<Licensing>(*store_, signer_, settings_, Now()); }
  Clock Now() {
    return [this] { return now_; };
  }
  // Only the manufacturer of this TPM is trusted from now on.
  void Trust(const SoftwareTpm& tpm, EkRootClass root_class = EkRootClass::kDiscrete) {
    settings_.ek_roots = tpm.authority.Bundle(root_class);
    Open();
  }
  // Another TPM of the same manufacturer.
  static SoftwareTpm SiblingOf(const SoftwareTpm& tpm) {
    SoftwareTpm sibling;
    sibling.authority = tpm.authority;
    return sibling;
  }
  ProductKey Sell(int64_t activations = 1, const std::string& plan = "standard") {
    auto sold = licensing_->Sell("test", {"acme-cad", plan, "Rheinwerk GmbH", activations});
    EXPECT_TRUE(sold) << sold.error().message;
    license_ = sold->license.id;
    return std::move(ParseProductKey(sold->product_key).value());
  }
  static testing::RequestOptions OptionsFor(const ProductKey& key) {
    testing::RequestOptions options;
    options.vendor = key.claims.vendor;
    options.product = key.claims.product;
    options.product_key_id = key.claims.id;
    options.seed = ToBytes(key.claims.seed.Reveal());
    return options;
  }
  static std::string FileOf(SoftwareTpm& tpm, const testing::RequestOptions& options) {
    const std::string jws = BuildRequest(tpm, options);
    return ArmorRequest(jws, ParseRequest(jws).value().content);
  }
  static std::string RequestFor(SoftwareTpm& tpm, const ProductKey& key) {
    return FileOf(tpm, OptionsFor(key));
  }
  Result<AnsweredRequest> Answer(const std::string& file) { return licensing_->Answer("test", file); }
  std::string CheckOf(const std::string& file) {
    const auto answered = Answer(file);
    return answered ? "" : answered.error().check;
  }
  // A new key pair, as a host makes for a new request.
  static void NewLicenseKey(SoftwareTpm& tpm) {
    tpm.license_key = testing::TpmKey::Generate(KeyType::kEcP256);
  }
  Crl CurrentList() {
    const auto lists = licensing_->CurrentCrls("test");
    EXPECT_TRUE(lists) << lists.error().message;
    return Crl::Parse(lists->lists.front().der).value();
  }
  int64_t ActivationsUsed() { return store_->GetLicense(license_)->activations; }

  Time now_ = testing::kPkiNow;
  testing::TempDir directory_;
  testing::TestPki pki_;
  testing::SoftwareSigner signer_{pki_};
  std::unique_ptr<SqliteStore> store_;
  LicensingSettings settings_;
  std::unique_ptr<Licensing> licensing_;
  std::string license_;  // sold last
};

}  // namespace holdfast
