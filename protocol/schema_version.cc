#include "protocol/schema_version.h"

#include <charconv>

#include "protocol/strict_json.h"

namespace holdfast {

// One to four digits without a leading zero, or -1.
static int Number(std::string_view text) {
  int value = -1;
  if (text.empty() || text.size() > 4 || (text[0] == '0' && text.size() > 1) || text[0] == '-') return -1;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : -1;
}

Result<SchemaVersion> ParseSchemaVersion(std::string_view text, int major, std::string_view context) {
  const std::string check = std::string(context) + ".schema";
  const size_t dot = text.find('.');
  SchemaVersion version{Number(text.substr(0, dot)),
                        dot == std::string_view::npos ? -1 : Number(text.substr(dot + 1))};
  if (version.major < 0 || version.minor < 0)
    return Malformed(check, "the schema version is not two numbers like 1.0",
                     "write \"1.0\", or get the file again");
  if (version.major > major)
    return Refused(check, "schema " + std::string(text) + " is newer than this program understands",
                   "install a newer version");
  if (version.major < major)
    return Refused(check, "schema " + std::string(text) + " is older than this program understands",
                   "make the file again with a current version");
  return version;
}

Result<SchemaVersion> ReadSchemaVersion(JsonObject& object, int major, std::string_view context) {
  const std::string text = object.String("schema", 16);
  if (!object.Has("schema")) HOLDFAST_CHECK(object.Finish());
  return ParseSchemaVersion(text, major, context);
}

}  // namespace holdfast
