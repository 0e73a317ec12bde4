// The versioned bundle of EK trust anchors.
#include <algorithm>
#include <array>
#include <map>

#include "certs/ek_certificate.h"
#include "certs/openssl_x509.h"
#include "protocol/base64.h"
#include "protocol/display_text.h"
#include "protocol/json_text.h"
#include "protocol/schema_version.h"
#include "protocol/strict_json.h"

namespace holdfast {
namespace {

constexpr size_t kMaxNameSize = 256;
constexpr size_t kMaxRootSize = 16 * 1024;
constexpr size_t kMaxRevoked = 65536;
constexpr int kSchemaMajor = 1;

constexpr std::array<std::pair<EkRootClass, std::string_view>, 5> kClasses{{
    {EkRootClass::kDiscrete, "discrete"},
    {EkRootClass::kFirmware, "firmware"},
    {EkRootClass::kPluton, "pluton"},
    {EkRootClass::kCloudVtpm, "cloud-vtpm"},
    {EkRootClass::kSimulator, "simulator"},
}};

Result<EkRoot> ParseRoot(const Json& value) {
  JsonObject o(value, "ek_bundle.root");
  const std::string root_class = o.String("class", 32);
  EkRoot root;
  root.name = o.String("name", kMaxNameSize);
  root.certificate = o.Base64("certificate", kMaxRootSize);
  HOLDFAST_CHECK(o.Finish());
  HOLDFAST_TRY(root.root_class, ParseEkRootClass(root_class));
  return root;
}

// One certificate in two classes would have the class of whichever comes first.
Status CheckRoots(const std::vector<EkRoot>& roots) {
  std::map<Sha256Digest, const EkRoot*> known;
  for (const EkRoot& root : roots) {
    const X509Ptr certificate = DecodeX509(root.certificate);
    const auto tbs = certificate ? TbsSha256(certificate.get()) : std::nullopt;
    if (!tbs)
      return Malformed("ek_bundle.root.certificate",
                       "\"" + Quotable(root.name) + "\" is not a certificate in DER");
    const auto [other, first] = known.emplace(*tbs, &root);
    if (!first)
      return Malformed("ek_bundle.roots",
                       "\"" + Quotable(root.name) + "\" is the same certificate as \"" +
                           Quotable(other->second->name) + "\"",
                       "remove one of the two");
  }
  return {};
}

Result<Sha256Digest> ParseDigest(const Json& value) {
  const auto bad = [] {
    return Malformed("ek_bundle.revoked", "not the SHA-256 of a TBSCertificate in hex");
  };
  if (!value.is_string()) return bad();
  const auto octets = HexDecode(value.get_ref<const std::string&>());
  Sha256Digest digest;
  if (!octets || octets->size() != digest.size()) return bad();
  std::copy(octets->begin(), octets->end(), digest.begin());
  return digest;
}

Result<EkRootBundle> Parse(std::string_view json) {
  HOLDFAST_TRY(const Json value, ParseJson(json, kMaxEkBundleSize));
  JsonObject o(value, "ek_bundle");
  HOLDFAST_CHECK(ReadSchemaVersion(o, kSchemaMajor, "ek_bundle"));
  EkRootBundle bundle;
  bundle.version = o.Integer("version", 0, INT64_MAX);
  const Json* roots = o.Array("roots", kMaxEkRoots);
  const Json* revoked = o.Array("revoked", kMaxRevoked);
  HOLDFAST_CHECK(o.Finish());
  for (const Json& element : *roots) {
    HOLDFAST_TRY(EkRoot root, ParseRoot(element));
    bundle.roots.push_back(std::move(root));
  }
  HOLDFAST_CHECK(CheckRoots(bundle.roots));
  for (const Json& element : *revoked) {
    HOLDFAST_TRY(const Sha256Digest digest, ParseDigest(element));
    bundle.revoked.push_back(digest);
  }
  return bundle;
}

}  // namespace

std::string_view EkRootClassName(EkRootClass value) {
  for (const auto& [root_class, name] : kClasses)
    if (root_class == value) return name;
  return {};
}

Result<EkRootClass> ParseEkRootClass(std::string_view name) {
  for (const auto& [root_class, known] : kClasses)
    if (known == name) return root_class;
  return Malformed("ek_bundle.root.class", "\"" + std::string(name) + "\" is no class of TPM",
                   "use discrete, firmware, pluton, cloud-vtpm or simulator");
}

Result<EkRootBundle> ParseEkRootBundle(std::string_view json) {
  return WithAdvice(Parse(json),
                    "correct the bundle (docs/formats.md, \"EK bundle\") or restore it from a backup");
}

std::string FormatEkRootBundle(const EkRootBundle& bundle) {
  Json roots = Json::array(), revoked = Json::array();
  for (const EkRoot& root : bundle.roots)
    roots.push_back({{"class", EkRootClassName(root.root_class)},
                     {"name", root.name},
                     {"certificate", Base64Encode(root.certificate)}});
  for (const Sha256Digest& digest : bundle.revoked) revoked.push_back(HexEncode(digest));
  const Json json{{"schema", "1.0"}, {"version", bundle.version}, {"roots", roots}, {"revoked", revoked}};
  return FormatJson(json, 2) + "\n";
}

}  // namespace holdfast
