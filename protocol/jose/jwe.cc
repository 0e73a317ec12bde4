#include "protocol/jose/jwe.h"

#include "protocol/base64.h"
#include "protocol/crypto/key_wrapping.h"
#include "protocol/jose/ecdh_es.h"
#include "protocol/jose/header.h"
#include "protocol/json_text.h"
#include "protocol/strict_json.h"

namespace holdfast {
namespace {

constexpr std::string_view kEnc = "A256GCM";
constexpr uint32_t kContentKeyBits = 256;
constexpr size_t kHashSize = 32, kMaxHeaderSize = 1024;

Result<std::string> Seal(const Json& header, ByteView encrypted_key, const Secret& content_key,
                         ByteView plaintext) {
  const std::string protected_header = Base64UrlEncode(AsBytes(FormatJson(header)));
  HOLDFAST_TRY(Sealed sealed, AesGcmSeal(content_key, AsBytes(protected_header), plaintext));
  return protected_header + "." + Base64UrlEncode(encrypted_key) + "." + Base64UrlEncode(sealed.iv) + "." +
         Base64UrlEncode(sealed.ciphertext) + "." + Base64UrlEncode(sealed.tag);
}

Secret ContentKeyFrom(const Secret& z) {
  return ConcatKdf(z, kEnc, {}, {}, kContentKeyBits);
}

// RFC 7518 6.2.1, exactly these members.
Result<PublicKey> ParseEphemeral(const Json& value) {
  JsonObject object(value, "jwe.header");
  const std::string kty = object.String("kty", 8), crv = object.String("crv", 8);
  const Bytes x = object.Base64Url("x", kHashSize), y = object.Base64Url("y", kHashSize);
  HOLDFAST_CHECK(object.Finish());
  if (kty != "EC" || crv != "P-256") return Refused("jwe.header", "an ephemeral key that is not on P-256");
  return PublicKey::FromEcPoint(KeyType::kEcP256, x, y);
}

Result<AnswerHeader> ParseTpmHeader(JsonObject& object) {
  AnswerHeader header;
  header.request_hash = object.Base64Url("req", kHashSize);
  header.ek_name = object.Base64Url("ek", 66);
  header.license_key_name = object.Base64Url("key", 66);
  HOLDFAST_CHECK(object.Finish());
  return header;
}

Result<HostAnswerHeader> ParseHostHeader(JsonObject& object) {
  Bytes request_hash = object.Base64Url("req", kHashSize), key_hash = object.Base64Url("key", kHashSize);
  const Json* epk = object.Object("epk");
  HOLDFAST_CHECK(object.Finish());
  if (key_hash.size() != kHashSize)
    return Malformed("jwe.header", "a hash of the license key that is not of 32 octets");
  HOLDFAST_TRY(PublicKey ephemeral, ParseEphemeral(*epk));
  return HostAnswerHeader{std::move(request_hash), std::move(key_hash), std::move(ephemeral)};
}

Result<decltype(Jwe::header)> ParseHeader(ByteView text) {
  HOLDFAST_TRY(Json json, ParseJson(AsText(text), kMaxHeaderSize));
  JsonObject object(json, "jwe.header");
  const std::string alg = object.String("alg", 64), enc = object.String("enc", 16),
                    typ = object.String("typ", 64);
  if (typ != kJweTyp || enc != kEnc || (alg != kTpmJweAlg && alg != kHostJweAlg))
    return Refused("jwe.header", "another kind of message or another algorithm");
  decltype(Jwe::header) header;
  if (alg == kHostJweAlg) {
    HOLDFAST_TRY(header, ParseHostHeader(object));
  } else {
    HOLDFAST_TRY(header, ParseTpmHeader(object));
  }
  return header;
}

}  // namespace

const Bytes& RequestHashOf(const Jwe& jwe) {
  return std::visit([](const auto& header) -> const Bytes& { return header.request_hash; }, jwe.header);
}

Result<std::string> SealJwe(const AnswerHeader& header, ByteView encrypted_key, const Secret& content_key,
                            ByteView plaintext) {
  const Json json{{"alg", kTpmJweAlg},
                  {"enc", kEnc},
                  {"typ", kJweTyp},
                  {"req", Base64UrlEncode(header.request_hash)},
                  {"ek", Base64UrlEncode(header.ek_name)},
                  {"key", Base64UrlEncode(header.license_key_name)}};
  return Seal(json, encrypted_key, content_key, plaintext);
}

Result<std::string> SealJweToHost(ByteView request_hash, ByteView license_key_hash,
                                  const PublicKey& agreement_key, ByteView plaintext) {
  if (agreement_key.type() != KeyType::kEcP256)
    return Refused("key.curve", "a key-agreement key that is not on P-256");
  HOLDFAST_TRY(const EcdhShare share, EcdhEphemeral(agreement_key));
  const Json epk{{"kty", "EC"},
                 {"crv", "P-256"},
                 {"x", Base64UrlEncode(share.ephemeral_x)},
                 {"y", Base64UrlEncode(share.ephemeral_y)}};
  const Json json{{"alg", kHostJweAlg},
                  {"enc", kEnc},
                  {"typ", kJweTyp},
                  {"req", Base64UrlEncode(request_hash)},
                  {"key", Base64UrlEncode(license_key_hash)},
                  {"epk", epk}};
  return Seal(json, {}, ContentKeyFrom(share.z), plaintext);
}

Result<Secret> AgreeOnContentKey(const HostAnswerHeader& header, const EcPrivateKey& agreement_key) {
  HOLDFAST_TRY(const Secret z, agreement_key.Agree(header.ephemeral));
  return ContentKeyFrom(z);
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
  if (std::visit([](const auto& h) { return h.request_hash.size(); }, *header) != kHashSize)
    return Malformed("jwe.header", "the header: a request hash that is not of 32 octets");
  if (std::holds_alternative<HostAnswerHeader>(*header) && !decoded[1].empty())
    return damaged("an encrypted key where the key is agreed on directly (RFC 7516 5.2)");
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
