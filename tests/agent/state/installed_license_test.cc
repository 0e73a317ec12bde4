// STATE/licenses/*.json, as files of the fuzzer's corpus show it.
#include "agent/state/installed_license.h"

#include <gtest/gtest.h>

#include "protocol/platform/files.h"

namespace holdfast {
namespace {

std::string Corpus(const std::string& name) {
  const Path file = Path(HOLDFAST_SOURCE_DIR) / "tests/fuzz/corpus/installed_license" / name;
  return std::string(AsText(ReadFile(file, kMaxStateFileSize).value()));
}

std::string CheckOf(const Json& json) {
  const auto license = ParseInstalledLicense(json.dump());
  return license ? "accepted" : license.error().check;
}

TEST(InstalledLicenseTest, AFileFromBeforeThereWereContentKeysHasNone) {
  const auto license = ParseInstalledLicense(Corpus("good"));
  ASSERT_TRUE(license) << license.error().message;
  EXPECT_TRUE(license->content_keys.empty());
  EXPECT_EQ(FormatInstalledLicense(*license).find("content_keys"), std::string::npos);
}

TEST(InstalledLicenseTest, ContentKeysSurviveTheFile) {
  const auto license = ParseInstalledLicense(Corpus("good_content_keys"));
  ASSERT_TRUE(license) << license.error().message;
  EXPECT_EQ(license->content_keys.size(), 2u);
  const auto again = ParseInstalledLicense(FormatInstalledLicense(*license));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->content_keys, license->content_keys);
}

TEST(InstalledLicenseTest, ContentKeysAreStrict) {
  Json json = Json::parse(Corpus("good_content_keys"));
  EXPECT_EQ(CheckOf(json), "accepted");
  json["content_keys"]["content"]["seed"] = "AAAA";
  EXPECT_EQ(CheckOf(json), "state.content_keys.seed");
  json["content_keys"] = Json::array();
  EXPECT_EQ(CheckOf(json), "state.content_keys");
  json["content_keys"] = Json{{"../x", Json::object()}};
  EXPECT_EQ(CheckOf(json), "state.content_keys");
}

}  // namespace
}  // namespace holdfast
