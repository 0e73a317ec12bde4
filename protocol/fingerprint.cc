#include "protocol/fingerprint.h"

#include <algorithm>

#include "protocol/base64.h"

namespace holdfast {
namespace {

constexpr std::string_view kDomain{"holdfast fingerprint v1\0", 24}, kSeparator{"\0", 1};

bool IsComponent(std::string_view name) {
  return std::find(kFingerprintComponents.begin(), kFingerprintComponents.end(), name) !=
         kFingerprintComponents.end();
}

bool Identifies(std::string_view name) {
  const auto* end = kFingerprintComponents.begin() + kIdentifyingComponents;
  return std::find(kFingerprintComponents.begin(), end, name) != end;
}

Sha256Digest ToDigest(ByteView octets) {
  Sha256Digest digest{};
  std::copy(octets.begin(), octets.end(), digest.begin());
  return digest;
}

std::vector<Sha256Digest> Hashed(ByteView key, std::string_view component, std::vector<std::string> facts) {
  std::sort(facts.begin(), facts.end());
  facts.erase(std::unique(facts.begin(), facts.end()), facts.end());
  facts.resize(std::min(facts.size(), kMaxComponentValues));
  std::vector<Sha256Digest> values;
  for (const std::string& fact : facts)
    values.push_back(ToDigest(
        Hmac(HashAlgorithm::kSha256, key, {AsBytes(component), AsBytes(kSeparator), AsBytes(fact)})));
  std::sort(values.begin(), values.end());
  return values;
}

bool ShareOne(const std::vector<Sha256Digest>& a, const std::vector<Sha256Digest>& b) {
  return std::find_first_of(a.begin(), a.end(), b.begin(), b.end()) != a.end();
}

// Empty when it is not an array of 1 to 8 values.
std::vector<Sha256Digest> ReadValues(const Json& array) {
  std::vector<Sha256Digest> values;
  if (!array.is_array() || array.size() > kMaxComponentValues) return {};
  for (const Json& item : array) {
    const auto octets = item.is_string() ? Base64UrlDecode(item.get_ref<const std::string&>()) : Bytes();
    if (!octets || octets->size() != Sha256Digest().size()) return {};
    values.push_back(ToDigest(*octets));
  }
  return values;
}

}  // namespace

Fingerprint MakeFingerprint(std::string_view vendor, std::string_view product,
                            const HostComponents& components) {
  Bytes key = ToBytes(kDomain);
  for (std::string_view part : {vendor, kSeparator, product}) Append(key, AsBytes(part));
  Fingerprint fingerprint;
  for (const auto& [name, facts] : components)
    if (IsComponent(name) && !facts.empty()) fingerprint[name] = Hashed(key, name, facts);
  return fingerprint;
}

FingerprintMatch MatchFingerprint(const Fingerprint& licensed, const Fingerprint& present) {
  FingerprintMatch result;
  bool identified = false;
  for (const auto& [name, values] : licensed) {
    const auto here = present.find(name);
    if (here != present.end() && ShareOne(values, here->second)) {
      identified = identified || Identifies(name);
    } else {
      result.differ.push_back(name);
    }
  }
  result.match = identified && result.differ.size() <= 1;
  return result;
}

bool IsIdentifying(const Fingerprint& fingerprint) {
  return std::count_if(fingerprint.begin(), fingerprint.end(),
                       [](const auto& component) { return Identifies(component.first); }) >= 2;
}

bool IsOfOneHost(const Fingerprint& fingerprint) {
  return std::all_of(fingerprint.begin(), fingerprint.end(), [](const auto& component) {
    const auto& [name, values] = component;
    if (name == "nic") return true;
    return values.size() <= (name == "board" || name == "model" ? 2 : 1);
  });
}

Json FormatFingerprint(const Fingerprint& fingerprint) {
  Json json = Json::object();
  for (const auto& [name, values] : fingerprint) {
    Json& array = json[name] = Json::array();
    for (const Sha256Digest& value : values) array.push_back(Base64UrlEncode(value));
  }
  return json;
}

Fingerprint ReadFingerprint(JsonObject& o, std::string_view name) {
  Fingerprint fingerprint;
  const Json* object = o.Object(name);
  if (!object) return fingerprint;
  for (const auto& [component, array] : object->items()) {
    std::vector<Sha256Digest> values = ReadValues(array);
    if (!IsComponent(component) || values.empty()) {
      o.Fault(name, "not pairs of a component's name and 1 to 8 values of 32 octets");
      return fingerprint;
    }
    fingerprint.emplace(component, std::move(values));
  }
  if (fingerprint.empty()) o.Fault(name, "empty");
  return fingerprint;
}

}  // namespace holdfast
