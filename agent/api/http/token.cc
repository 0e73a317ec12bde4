#include "agent/api/http/token.h"

#include <algorithm>

namespace holdfast::api {
namespace {

bool IsTokenCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~+/=").find(c) != std::string_view::npos;
}

}  // namespace

Result<Secret> ReadToken(const Path& file) {
  HOLDFAST_TRY(const Secret content, ReadSecretFile(file, kMaxToken + 1));
  std::string_view token = content.RevealText();
  if (token.ends_with('\n')) token.remove_suffix(1);
  if (token.size() >= kMinToken && token.size() <= kMaxToken &&
      std::all_of(token.begin(), token.end(), IsTokenCharacter))
    return Secret::CopyOf(AsBytes(token));
  return Fail(ErrorKind::kUsage, "http.token_file",
              file.string() + " is no token: one line of 32 to 256 letters, digits and -._~+/=",
              "make one with 'openssl rand -hex 32'");
}

}  // namespace holdfast::api
