#include "signer/hsm/pkcs11/uri.h"

#include <algorithm>
#include <array>
#include <set>

#include "signer/hsm/pkcs11/cryptoki.h"
//
#include <p11-kit/uri.h>

namespace holdfast::hsm {
namespace {

constexpr std::string_view kScheme = "pkcs11:";
constexpr size_t kMaxSize = 2048;
constexpr std::array<std::string_view, 13> kPathNames = {"token",
                                                         "serial",
                                                         "manufacturer",
                                                         "model",
                                                         "slot-id",
                                                         "slot-description",
                                                         "slot-manufacturer",
                                                         "object",
                                                         "id",
                                                         "type",
                                                         "library-manufacturer",
                                                         "library-version",
                                                         "library-description"};
constexpr std::array<std::string_view, 3> kQueryNames = {"module-path", "module-name", "pin-source"};

tl::unexpected<Error> Wrong(std::string message, std::string advice = {}) {
  return Fail(ErrorKind::kUsage, "hsm.uri", "the PKCS#11 URI " + message, std::move(advice));
}

// The name in an error: only what can be one, so that a mistyped URI does not print a PIN.
std::string Quote(std::string_view name) {
  bool plain = name.size() <= 32 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
                 return c == '-' || c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
               });
  return plain && !name.empty() ? "'" + std::string(name) + "'" : "with an odd name";
}

// p11-kit strips blanks, and stops at a zero octet where it hands out C strings.
Status CheckCharacters(std::string_view text) {
  if (text.size() > kMaxSize) return Wrong("has more than 2048 characters");
  if (!std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; }))
    return Wrong("holds a blank or another character that must be percent-encoded", "Write a blank as %20");
  if (text.find("%00") != text.npos) return Wrong("holds %00");
  if (text.find('#') != text.npos) return Wrong("holds a '#'", "Write it as %23");
  return {};
}

template <size_t N>
Status CheckAttribute(std::string_view attribute, const std::array<std::string_view, N>& known,
                      std::set<std::string_view>& seen) {
  size_t equals = attribute.find('=');
  std::string_view name = attribute.substr(0, equals);
  if (name == "pin-value")
    return Wrong("holds a PIN",
                 "Put the PIN into a file that only the signer can read and name it with pin-source=file:");
  if (equals == attribute.npos) return Wrong("has an attribute without a value");
  if (std::find(known.begin(), known.end(), name) == known.end())
    return Wrong("has an attribute " + Quote(name) + " that is unknown here");
  if (!seen.insert(name).second) return Wrong("has two attributes " + Quote(name));
  if (equals + 1 == attribute.size()) return Wrong("has an empty attribute " + Quote(name));
  if (name == "type" && attribute != "type=private" && attribute != "type=public")
    return Wrong("asks for a type of object that is not a key pair's", "Write type=private or leave it out");
  return {};
}

template <size_t N>
Status CheckAttributes(std::string_view part, char separator, const std::array<std::string_view, N>& known) {
  std::set<std::string_view> seen;
  while (!part.empty()) {
    size_t end = std::min(part.find(separator), part.size());
    HOLDFAST_CHECK(CheckAttribute(part.substr(0, end), known, seen));
    part.remove_prefix(std::min(end + 1, part.size()));
  }
  return {};
}

// RFC 7512 leaves the form open: file:/path, file:///path or a bare absolute path. Never a command ("|…").
Result<Path> PinFile(std::string_view source) {
  if (source.starts_with("file:")) source.remove_prefix(5);
  if (source.starts_with("//")) source.remove_prefix(2);
  if (!source.starts_with('/') || source.starts_with("//"))
    return Wrong("has a pin-source that is not an absolute file name", "Write pin-source=file:/path");
  return Path(source);
}

std::optional<std::string> Text(const char* text) {
  return text == nullptr ? std::nullopt : std::optional<std::string>(text);
}

std::optional<Bytes> Attribute(p11_kit_uri* uri, CK_ATTRIBUTE_TYPE type) {
  const CK_ATTRIBUTE* found = p11_kit_uri_get_attribute(uri, type);
  if (found == nullptr || found->pValue == nullptr) return std::nullopt;
  const auto* begin = static_cast<const uint8_t*>(found->pValue);
  return Bytes(begin, begin + found->ulValueLen);
}

}  // namespace

Result<Uri> Uri::Parse(std::string_view text) {
  if (!text.starts_with(kScheme)) return Wrong("does not begin with 'pkcs11:'");
  HOLDFAST_CHECK(CheckCharacters(text));
  std::string_view path = text.substr(0, std::min(text.find('?'), text.size()));
  std::string_view query = text.substr(std::min(path.size() + 1, text.size()));
  if (path == kScheme)
    return Wrong("names nothing and would match anything", "Name the token, for example pkcs11:token=LABEL");
  HOLDFAST_CHECK(CheckAttributes(path.substr(kScheme.size()), ';', kPathNames));
  HOLDFAST_CHECK(CheckAttributes(query, '&', kQueryNames));

  Uri uri;
  uri.uri_ = {p11_kit_uri_new(), p11_kit_uri_free};
  int rc = p11_kit_uri_parse(std::string(text).c_str(), P11_KIT_URI_FOR_ANY, uri.get());
  if (rc != P11_KIT_URI_OK) return Wrong(std::string("cannot be read: ") + p11_kit_uri_message(rc));
  if (p11_kit_uri_any_unrecognized(uri.get()))
    return Wrong("has an attribute or value that p11-kit does not know");
  uri.text_ = path;
  uri.module_path_ = Text(p11_kit_uri_get_module_path(uri.get()));
  uri.module_name_ = Text(p11_kit_uri_get_module_name(uri.get()));
  if (auto source = Text(p11_kit_uri_get_pin_source(uri.get()))) {
    HOLDFAST_TRY(uri.pin_file_, PinFile(*source));
  }
  uri.id_ = Attribute(uri.get(), CKA_ID);
  if (auto label = Attribute(uri.get(), CKA_LABEL)) uri.object_ = std::string(AsText(*label));
  return uri;
}

}  // namespace holdfast::hsm
