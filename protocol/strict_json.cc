#include "protocol/strict_json.h"

#include <algorithm>

#include "protocol/base64.h"
#include "protocol/display_text.h"

namespace holdfast {
namespace {

// Builds the value from parser events, refusing what RFC 8259 leaves open: duplicate names, depth, fractions.
class StrictBuilder final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return Put(nullptr); }
  bool boolean(bool v) override { return Put(v); }
  bool number_integer(number_integer_t v) override { return Put(v); }
  bool number_unsigned(number_unsigned_t v) override {
    if (v > static_cast<uint64_t>(INT64_MAX)) return Stop("json.number", "a number beyond 64 bits with sign");
    return Put(static_cast<int64_t>(v));
  }
  bool number_float(number_float_t, const string_t& text) override {
    // What the library cannot hold as an integer it hands out as a float.
    const bool integer = text.find_first_of(".eE") == std::string::npos;
    return Stop("json.number",
                integer ? "a number beyond 64 bits with sign" : "a number that is not an integer");
  }
  bool string(string_t& v) override { return Put(std::move(v)); }
  bool binary(binary_t&) override { return Stop("json.syntax", "binary data"); }
  bool start_object(std::size_t) override { return Open(Json::object()); }
  bool end_object() override { return stack_.pop_back(), true; }
  bool start_array(std::size_t) override { return Open(Json::array()); }
  bool end_array() override { return stack_.pop_back(), true; }
  bool key(string_t& name) override {
    if (stack_.back()->size() >= kMaxJsonMembers)
      return Stop("json.members", "an object of too many members");
    if (stack_.back()->contains(name))
      return Stop("json.duplicate", "the member name \"" + Quotable(name) + "\" twice");
    name_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& e) override {
    if (e.id == 406) return Stop("json.number", "a number beyond 64 bits with sign");  // out_of_range: 1E400
    const bool utf8 = std::string_view(e.what()).find("UTF-8") != std::string_view::npos;
    return Stop(utf8 ? "json.utf8" : "json.syntax",
                (utf8 ? "text that is not UTF-8 at octet " : "not well-formed JSON at octet ") +
                    std::to_string(position));
  }

  Json root;
  Error error;

 private:
  bool Stop(std::string check, std::string message) {
    error = Error{ErrorKind::kMalformed, std::move(check), std::move(message), {}};
    return false;
  }
  Json* Place(Json value) {
    if (stack_.empty()) return &(root = std::move(value));
    if (stack_.back()->is_array()) {
      stack_.back()->push_back(std::move(value));
      return &stack_.back()->back();
    }
    return &((*stack_.back())[name_] = std::move(value));
  }
  bool Put(Json value) { return Place(std::move(value)), true; }
  bool Open(Json empty) {
    if (stack_.size() >= static_cast<size_t>(kMaxJsonDepth))
      return Stop("json.depth", "JSON nested too deeply");
    stack_.push_back(Place(std::move(empty)));
    return true;
  }
  std::vector<Json*> stack_;
  std::string name_;
};

}  // namespace

Result<Json> ParseJson(std::string_view text, size_t max_size) {
  if (text.size() > max_size)
    return Malformed("json.size", "JSON of " + std::to_string(text.size()) + " octets, more than " +
                                      std::to_string(max_size));
  // The library would skip a byte order mark, and take a zero octet for the end of the text.
  if (text.starts_with("\xef\xbb\xbf") || text.find('\0') != std::string_view::npos)
    return Malformed("json.syntax", "a byte order mark or a zero octet in JSON");
  StrictBuilder builder;
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) return tl::unexpected(std::move(builder.error));
  return std::move(builder.root);
}

JsonObject::JsonObject(const Json& value, std::string context) : value_(value), context_(std::move(context)) {
  if (!value.is_object()) error_ = Error{ErrorKind::kMalformed, context_, "not a JSON object", {}};
}

bool JsonObject::Has(std::string_view name) const {
  return value_.is_object() && value_.contains(name);
}

void JsonObject::Fault(std::string_view name, std::string message) {
  if (error_) return;
  error_ = Error{ErrorKind::kMalformed,
                 context_ + "." + std::string(name),
                 "member \"" + std::string(name) + "\": " + std::move(message),
                 {}};
}

const Json* JsonObject::Find(std::string_view name, bool required) {
  if (error_) return nullptr;
  seen_.emplace_back(name);
  if (auto it = value_.find(name); it != value_.end()) return &*it;
  if (required) Fault(name, "missing");
  return nullptr;
}

static std::string CheckedString(JsonObject& object, const Json* value, std::string_view name,
                                 size_t max_size) {
  if (!value) return {};
  if (!value->is_string()) return object.Fault(name, "not a string"), std::string();
  const auto& text = value->get_ref<const std::string&>();
  if (text.size() > max_size)
    return object.Fault(name, "longer than " + std::to_string(max_size) + " octets"), std::string();
  return text;
}

std::string JsonObject::String(std::string_view name, size_t max_size) {
  return CheckedString(*this, Find(name, true), name, max_size);
}
std::string JsonObject::String(std::string_view name, size_t max_size, std::string_view otherwise) {
  const Json* value = Find(name, false);
  return value ? CheckedString(*this, value, name, max_size) : std::string(otherwise);
}

static int64_t CheckedInteger(JsonObject& object, const Json* value, std::string_view name, int64_t min,
                              int64_t max) {
  if (!value) return min;
  if (!value->is_number_integer()) return object.Fault(name, "not an integer"), min;
  int64_t number = value->get<int64_t>();
  if (number < min || number > max)
    return object.Fault(name, "not between " + std::to_string(min) + " and " + std::to_string(max)), min;
  return number;
}

int64_t JsonObject::Integer(std::string_view name, int64_t min, int64_t max) {
  return CheckedInteger(*this, Find(name, true), name, min, max);
}
int64_t JsonObject::Integer(std::string_view name, int64_t min, int64_t max, int64_t otherwise) {
  const Json* value = Find(name, false);
  return value ? CheckedInteger(*this, value, name, min, max) : otherwise;
}

static bool CheckedBool(JsonObject& object, const Json* value, std::string_view name) {
  if (!value) return false;
  if (!value->is_boolean()) return object.Fault(name, "not true or false"), false;
  return value->get<bool>();
}

bool JsonObject::Bool(std::string_view name) {
  return CheckedBool(*this, Find(name, true), name);
}
bool JsonObject::Bool(std::string_view name, bool otherwise) {
  const Json* value = Find(name, false);
  return value ? CheckedBool(*this, value, name) : otherwise;
}

// A string member that `parse` turns into a value; its complaint becomes the member's.
template <class T, class F>
static T Converted(JsonObject& object, std::string_view name, const std::string& text, F parse) {
  auto value = parse(text);
  if (value) return std::move(*value);
  object.Fault(name, value.error().message);
  return T{};
}

Time JsonObject::Time(std::string_view name) {
  std::string text = String(name, 20);
  return error_ ? holdfast::Time{} : Converted<holdfast::Time>(*this, name, text, ParseTime);
}
std::optional<Time> JsonObject::OptionalTime(std::string_view name) {
  if (!Has(name)) return std::nullopt;
  return Time(name);
}
Seconds JsonObject::Duration(std::string_view name) {
  std::string text = String(name, 16);
  return error_ ? Seconds{0} : Converted<Seconds>(*this, name, text, ParseDuration);
}
Seconds JsonObject::Duration(std::string_view name, Seconds otherwise) {
  return Has(name) ? Duration(name) : otherwise;
}

Bytes JsonObject::Base64Url(std::string_view name, size_t max_size) {
  std::string text = String(name, max_size / 3 * 4 + 4);
  Bytes bytes = error_ ? Bytes{} : Converted<Bytes>(*this, name, text, Base64UrlDecode);
  if (bytes.size() > max_size) Fault(name, "longer than " + std::to_string(max_size) + " octets");
  return bytes;
}
Secret JsonObject::Base64UrlSecret(std::string_view name, size_t max_size) {
  const Json* value = Find(name, true);
  if (!value) return {};
  auto octets = value->is_string() ? Base64UrlDecode(value->get_ref<const std::string&>())
                                   : Malformed("bytes.base64url", "not a string");
  if (octets && octets->size() <= max_size) return Secret(std::move(*octets));
  Fault(name, octets ? "longer than " + std::to_string(max_size) + " octets" : octets.error().message);
  return {};
}
Bytes JsonObject::Base64(std::string_view name, size_t max_size) {
  std::string text = String(name, max_size / 3 * 4 + 4);
  Bytes bytes = error_ ? Bytes{} : Converted<Bytes>(*this, name, text, Base64Decode);
  if (bytes.size() > max_size) Fault(name, "longer than " + std::to_string(max_size) + " octets");
  return bytes;
}

static const Json* CheckedObject(JsonObject& object, const Json* value, std::string_view name) {
  if (value && !value->is_object()) return object.Fault(name, "not an object"), nullptr;
  return value;
}
const Json* JsonObject::Object(std::string_view name) {
  return CheckedObject(*this, Find(name, true), name);
}
const Json* JsonObject::OptionalObject(std::string_view name) {
  return CheckedObject(*this, Find(name, false), name);
}

static const Json* CheckedArray(JsonObject& object, const Json* value, std::string_view name,
                                size_t max_count) {
  if (!value) return nullptr;
  if (!value->is_array()) return object.Fault(name, "not an array"), nullptr;
  if (value->size() > max_count)
    return object.Fault(name, "more than " + std::to_string(max_count) + " elements"), nullptr;
  return value;
}
const Json* JsonObject::Array(std::string_view name, size_t max_count) {
  return CheckedArray(*this, Find(name, true), name, max_count);
}
const Json* JsonObject::OptionalArray(std::string_view name, size_t max_count) {
  return CheckedArray(*this, Find(name, false), name, max_count);
}

void JsonObject::Accept(std::string_view name) {
  seen_.emplace_back(name);
}

Status JsonObject::Finish() {
  if (error_) return tl::unexpected(*error_);
  for (const auto& [name, value] : value_.items()) {
    if (std::find(seen_.begin(), seen_.end(), name) == seen_.end()) {
      return Malformed(context_ + ".unknown", "unknown member \"" + Quotable(name) + "\"");
    }
  }
  return {};
}

}  // namespace holdfast
