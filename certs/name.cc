#include "certs/name.h"

#include <optional>

#include "certs/der_reader.h"
#include "protocol/display_text.h"

namespace holdfast {
namespace {

constexpr size_t kMaxCharacters = 64;                    // ub-common-name, ub-organization-name
constexpr uint8_t kOrganization[] = {0x55, 0x04, 0x0a};  // 2.5.4.10
constexpr uint8_t kCommonName[] = {0x55, 0x04, 0x03};    // 2.5.4.3

bool IsText(std::string_view text) {
  size_t count = 0;
  while (!text.empty()) {
    const auto character = TakeCharacter(text);
    if (!character || IsMisleading(*character) || ++count > kMaxCharacters) return false;
  }
  return true;
}

void WriteAttribute(DerWriter& w, ByteView oid, std::string_view value) {
  w.Constructed(der::kSet, [&] {
    w.Sequence([&] {
      w.Element(der::kOid, oid);
      w.Element(der::kUtf8String, value);
    });
  });
}

// One RelativeDistinguishedName of that one attribute; nothing is taken when it has another type.
std::optional<std::string> TakeAttribute(DerReader& names, ByteView oid) {
  DerReader ahead = names;
  DerReader set = ahead.Enter(der::kSet);
  DerReader attribute = set.Sequence();
  if (!Equal(attribute.Content(der::kOid), oid)) return std::nullopt;
  const ByteView value = attribute.Content(der::kUtf8String);
  if (!attribute.Finish() || !set.Finish() || value.empty() || !IsText(AsText(value))) return std::nullopt;
  names = ahead;
  return std::string(AsText(value));
}

auto BadText(std::string_view check) {
  return Malformed(check,
                   "a name with more than 64 characters, characters that are not to be seen, or bad UTF-8",
                   "shorten it, or take the invisible characters out");
}

}  // namespace

Result<Bytes> EncodeName(const DistinguishedName& name) {
  if (!IsText(name.organization)) return BadText("name.organization");
  if (name.common_name.empty())
    return Malformed("name.common_name", "a name without a common name", "give a name");
  if (!IsText(name.common_name)) return BadText("name.common_name");
  DerWriter w;
  w.Sequence([&] {
    if (!name.organization.empty()) WriteAttribute(w, kOrganization, name.organization);
    WriteAttribute(w, kCommonName, name.common_name);
  });
  return w.Take();
}

Result<DistinguishedName> ParseName(ByteView der) {
  DerReader reader(der);
  DerReader names = reader.Sequence();
  DistinguishedName name;
  name.organization = TakeAttribute(names, kOrganization).value_or("");
  name.common_name = TakeAttribute(names, kCommonName).value_or("");
  if (name.common_name.empty() || !names.Finish() || !reader.Finish())
    return Malformed("name.profile", "a name that is not an optional organization and a common name");
  return name;
}

}  // namespace holdfast
