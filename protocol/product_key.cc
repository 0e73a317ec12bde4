#include "protocol/product_key.h"

#include "protocol/base64.h"
#include "protocol/crypto/digest.h"
#include "protocol/crypto/openssl_handles.h"
#include "protocol/crypto/public_key.h"
#include "protocol/display_text.h"
#include "protocol/jose/jws.h"
#include "protocol/json_text.h"
#include "protocol/strict_json.h"
#include "protocol/terms.h"

namespace holdfast {
namespace {

constexpr size_t kMaxKeySize = 2048, kChecksumSize = 8, kSeedSize = 32;
constexpr std::string_view kPossessionContext{"holdfast product key possession v1\0", 35};

bool IsPrefix(std::string_view prefix) {
  if (prefix.size() < 2 || prefix.size() > 8) return false;
  for (char c : prefix)
    if (c < 'A' || c > 'Z') return false;
  return true;
}

// Eight characters of base32 (RFC 4648 section 6) are exactly the first five octets.
std::string Checksum(std::string_view text) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const Sha256Digest digest = Sha256(AsBytes(text));
  uint64_t bits = 0;
  for (int i = 0; i < 5; i++) bits = bits << 8 | digest[static_cast<size_t>(i)];
  std::string checksum;
  for (int shift = 35; shift >= 0; shift -= 5) checksum += kAlphabet[bits >> shift & 31];
  return checksum;
}

Result<ProductKeyClaims> ReadClaims(const Json& json) {
  JsonObject object(json, "product_key");
  ProductKeyClaims claims;
  claims.id = object.String("jti", 22);
  claims.vendor = object.String("iss", 64);
  claims.product = object.String("product", 64);
  claims.plan = object.String("plan", 64);
  claims.issued = Time(Seconds(object.Integer("iat", 0, 253402300799)));
  claims.seed = object.Base64UrlSecret("seed", kSeedSize);
  if (auto id = Base64UrlDecode(claims.id); !id || id->size() != 16)
    object.Fault("jti", "not 128 bits in base64url");
  if (claims.vendor.empty() || !IsDisplayText(claims.vendor, kMaxNameSize))
    object.Fault("iss", "empty or with control or invisible characters");
  // Both become parts of file names on the customer's side, where nobody has verified the signature.
  if (!IsIdentifier(claims.product)) object.Fault("product", "not an identifier");
  if (!IsIdentifier(claims.plan)) object.Fault("plan", "not an identifier");
  if (claims.seed.size() != kSeedSize) object.Fault("seed", "not 32 octets");
  HOLDFAST_CHECK(object.Finish());
  return claims;
}

Result<ProductKeyClaims> ParseClaims(ByteView payload) {
  HOLDFAST_TRY(Json json, ParseJson(AsText(payload), kMaxKeySize));
  auto claims = ReadClaims(json);
  if (const auto seed = json.find("seed"); seed != json.end() && seed->is_string())
    Wipe(seed->get_ref<std::string&>());
  return claims;
}

PkeyPtr PrivateKey(const Secret& seed) {
  return PkeyPtr(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.Reveal().data(), seed.size()));
}

Bytes PossessionMessage(ByteView content_hash) {
  Bytes message = ToBytes(kPossessionContext);
  Append(message, content_hash);
  return message;
}

auto BadSeed() {
  return Fail(ErrorKind::kInternal, "product_key.seed", "a seed that is not of 32 octets");
}

Result<ProductKey> Parse(std::string_view text) {
  if (text.size() > kMaxKeySize)
    return Malformed("product_key.size",
                     "a product key of more than " + std::to_string(kMaxKeySize) + " characters");
  const size_t first = text.find('-'), last = text.rfind('-');
  if (first == std::string_view::npos || last <= first || !IsPrefix(text.substr(0, first)) ||
      text.size() - last - 1 != kChecksumSize)
    return Malformed("product_key.syntax", "not a product key, which looks like NLS-...-ABCDEFGH");
  if (text.substr(last + 1) != Checksum(text.substr(0, last)))
    return Malformed("product_key.checksum", "the checksum at the end of the product key does not fit");
  ProductKey key;
  key.prefix = std::string(text.substr(0, first));
  key.jwt = Secret::CopyOf(AsBytes(text.substr(first + 1, last - first - 1)));
  HOLDFAST_TRY(Jws jws, ParseJws(key.jwt.RevealText(), MessageType::kProductKey));
  auto claims = ParseClaims(jws.payload);
  Wipe(jws.payload);
  Wipe(jws.signing_input);
  if (!claims) return tl::unexpected(std::move(claims.error()));
  key.claims = std::move(*claims);
  return key;
}

}  // namespace

std::string ProductKeyPayload(const ProductKeyClaims& claims) {
  return FormatJson(Json{{"jti", claims.id},
                         {"iss", claims.vendor},
                         {"product", claims.product},
                         {"plan", claims.plan},
                         {"iat", claims.issued.time_since_epoch().count()},
                         {"seed", Base64UrlEncode(claims.seed.Reveal())}});
}

std::string FormatProductKey(std::string_view prefix, std::string_view jwt) {
  std::string text = std::string(prefix) + "-" + std::string(jwt);
  return text + "-" + Checksum(text);
}

Result<ProductKey> ParseProductKey(std::string_view text) {
  return WithAdvice(Parse(text), "copy the whole key again, from its first to its last character");
}

Result<Bytes> PossessionPublicKey(const Secret& seed) {
  PkeyPtr key = PrivateKey(seed);
  Bytes raw(32);
  size_t size = raw.size();
  if (seed.size() != kSeedSize || !key || EVP_PKEY_get_raw_public_key(key.get(), raw.data(), &size) != 1)
    return BadSeed();
  return raw;
}

Result<Bytes> ProvePossession(const Secret& seed, ByteView content_hash) {
  PkeyPtr key = PrivateKey(seed);
  MdContextPtr context(EVP_MD_CTX_new());
  const Bytes message = PossessionMessage(content_hash);
  Bytes proof(64);
  size_t size = proof.size();
  if (seed.size() != kSeedSize || !key || !context ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), proof.data(), &size, message.data(), message.size()) != 1) {
    return BadSeed();
  }
  return proof;
}

Status VerifyPossession(ByteView public_key, ByteView content_hash, ByteView proof) {
  HOLDFAST_TRY(PublicKey key, PublicKey::FromEd25519(public_key));
  if (!key.Verify(SignatureAlgorithm::kEd25519, PossessionMessage(content_hash), proof))
    return Refused("product_key.possession", "the request was not made with the product key that it names");
  return {};
}

}  // namespace holdfast
