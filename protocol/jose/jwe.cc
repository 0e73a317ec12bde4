#include "protocol/jose/jwe.h"

#include "protocol/base64.h"
#include "protocol/jose/header.h"
#include "protocol/json_text.h"
#include "protocol/strict_json.h"

namespace holdfast {

Result<std::string> SealJwe(const AnswerHeader& header, ByteView encrypted_key, const Secret& content_key,
                            ByteView plaintext) {
  const Json json{{"alg", kJweAlg},
                  {"enc", "A256GCM"},
                  {"typ", kJweTyp},
                  {"req", Base64UrlEncode(header.request_hash)},
                  {"ek", Base64UrlEncode(header.ek_name)},
                  {"key", Base64UrlEncode(header.license_key_name)}};
  const std::string protected_header = Base64UrlEncode(AsBytes(FormatJson(json)));
  HOLDFAST_TRY(Sealed sealed, AesGcmSeal(content_key, AsBytes(protected_header), plaintext));
  return protected_header + "." + Base64UrlEncode(encrypted_key) + "." + Base64UrlEncode(sealed.iv) + "." +
         Base64UrlEncode(sealed.ciphertext) + "." + Base64UrlEncode(sealed.tag);
}

static Result<AnswerHeader> ParseHeader(ByteView text) {
  HOLDFAST_TRY(Json json, ParseJson(AsText(text), 1024));
  JsonObject object(json, "jwe.header");
  const std::string alg = object.String("alg", 64), enc = object.String("enc", 16),
                    typ = object.String("typ", 64);
  AnswerHeader header;
  header.request_hash = object.Base64Url("req", 32);
  header.ek_name = object.Base64Url("ek", 66);
  header.license_key_name = object.Base64Url("key", 66);
  HOLDFAST_CHECK(object.Finish());
  if (typ != kJweTyp || alg != kJweAlg || enc != "A256GCM")
    return Refused("jwe.header", "another kind of message or another algorithm");
  if (header.request_hash.size() != 32)
    return Malformed("jwe.header", "a request hash that is not of 32 octets");
  return header;
}

Result<Jwe> ParseJwe(std::string_view compact) {
  if (compact.size() > kMaxJweSize)
    return Malformed("jwe.size", "a sealed message of more than " + std::to_string(kMaxJweSize) + " octets");
  auto damaged = [](std::string what) {
    return Malformed("jwe.syntax", std::move(what), "get the file again; it is damaged");
  };
  auto parts = SplitCompact(compact, 5);
  if (parts.empty()) return damaged("not five parts separated by dots (JWE compact serialization)");
  std::vector<Bytes> decoded;
  for (std::string_view part : parts) {
    auto bytes = Base64UrlDecode(part);
    if (!bytes) return damaged("a part of the sealed message is not base64url");
    decoded.push_back(std::move(*bytes));
  }
  if (decoded[2].size() != 12 || decoded[4].size() != 16) return damaged("an IV or a tag of wrong size");
  auto header = ParseHeader(decoded[0]);
  if (!header) return Fail(header.error().kind, "jwe.header", "the header: " + header.error().message);
  return Jwe{std::move(*header), std::string(parts[0]), std::move(decoded[1]),
             Sealed{std::move(decoded[2]), std::move(decoded[3]), std::move(decoded[4])}};
}

Result<Secret> OpenJwe(const Jwe& jwe, const Secret& content_key) {
  auto opened = AesGcmOpen(content_key, AsBytes(jwe.protected_header), jwe.content);
  if (!opened)
    return Refused("jwe.tag", "the sealed content or its header was altered", "get the file again");
  return opened;
}

}  // namespace holdfast
