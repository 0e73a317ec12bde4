// PKCS#11 URIs (RFC 7512), stricter than p11-kit reads them: every attribute is one that we act on and
// occurs once, nothing is stripped, a PIN in the URI is refused (URIs end up in logs), and an empty path,
// which would match anything, is refused too.
#pragma once

#include <memory>
#include <optional>

#include "protocol/platform/files.h"

struct p11_kit_uri;

namespace holdfast::hsm {

class Uri {
 public:
  // Check: hsm.uri (kUsage). The error names the attribute, never its value.
  static Result<Uri> Parse(std::string_view text);

  // The path part as written, without the query. Safe to log.
  const std::string& text() const { return text_; }
  const std::optional<std::string>& module_path() const { return module_path_; }
  const std::optional<std::string>& module_name() const { return module_name_; }
  const std::optional<Path>& pin_file() const { return pin_file_; }  // pin-source=file:…
  // Of the object, percent-decoded.
  const std::optional<std::string>& object() const { return object_; }
  const std::optional<Bytes>& id() const { return id_; }

  // For the folder's own use: matches slots and tokens.
  p11_kit_uri* get() const { return uri_.get(); }

 private:
  Uri() = default;
  std::string text_;
  std::optional<std::string> module_path_, module_name_, object_;
  std::optional<Path> pin_file_;
  std::optional<Bytes> id_;
  std::shared_ptr<p11_kit_uri> uri_;
};

}  // namespace holdfast::hsm
