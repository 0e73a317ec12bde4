#include "protocol/jose/jws.h"

#include "protocol/base64.h"
#include "protocol/display_text.h"
#include "protocol/jose/header.h"
#include "protocol/json_text.h"
#include "protocol/strict_json.h"

namespace holdfast {
namespace {

constexpr size_t kMaxHeaderSize = 512;
constexpr std::string_view kGetAgain = "get the file again from where it was made";

// RFC 7518 3.1, RFC 8037; only what our own keys sign with.
std::string_view AlgName(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::kEcdsaSha256:
      return "ES256";
    case SignatureAlgorithm::kEcdsaSha384:
      return "ES384";
    case SignatureAlgorithm::kRsaSha256:
      return "RS256";
    case SignatureAlgorithm::kEd25519:
      return "EdDSA";
    default:
      return "";
  }
}

auto BadSyntax(std::string what) {
  return Malformed("jws.syntax", std::move(what), std::string(kGetAgain));
}

}  // namespace

std::string_view TypName(MessageType type) {
  switch (type) {
    case MessageType::kRequest:
      return "holdfast-request";
    case MessageType::kProductKey:
      return "holdfast-product-key";
    case MessageType::kApproval:
      return "holdfast-approval";
    case MessageType::kReturn:
      return "holdfast-return";
    case MessageType::kReturnNonce:
      return "holdfast-return-nonce";
    case MessageType::kTimeAnswer:
      return "holdfast-time";
    case MessageType::kHeartbeat:
      return "holdfast-heartbeat";
    case MessageType::kHeartbeatAnswer:
      return "holdfast-heartbeat-answer";
    case MessageType::kSession:
      return "holdfast-session";
  }
  return "";
}

Result<Jws> ParseJws(std::string_view compact, MessageType expected) {
  if (compact.size() > kMaxJwsSize)
    return Malformed("jws.size", "a signed message of more than " + std::to_string(kMaxJwsSize) + " octets",
                     "give the file of the right kind");
  auto parts = SplitCompact(compact, 3);
  if (parts.empty()) return BadSyntax("not three parts separated by dots (JWS compact serialization)");
  auto header = Base64UrlDecode(parts[0]), payload = Base64UrlDecode(parts[1]),
       signature = Base64UrlDecode(parts[2]);
  if (!header || !payload || !signature) return BadSyntax("a part of the signed message is not base64url");
  auto json = ParseJson(AsText(*header), kMaxHeaderSize);
  if (!json) return Malformed("jws.header", "the header is " + json.error().message, std::string(kGetAgain));
  JsonObject object(*json, "jws.header");
  Jws jws;
  jws.type = expected;
  jws.alg = object.String("alg", 16);
  const std::string typ = object.String("typ", 64);
  jws.kid = object.String("kid", 128, "");
  if (auto status = object.Finish(); !status)
    return Malformed("jws.header", "the header: " + status.error().message, std::string(kGetAgain));
  if (typ != TypName(expected)) {
    return Refused("jws.typ",
                   "a message of type \"" + Quotable(typ) + "\" where \"" + std::string(TypName(expected)) +
                       "\" is wanted",
                   "give the file of the right kind");
  }
  jws.payload = std::move(*payload);
  jws.signing_input = std::string(compact.substr(0, parts[0].size() + 1 + parts[1].size()));
  jws.signature = std::move(*signature);
  return jws;
}

Status VerifyJws(const Jws& jws, const PublicKey& key) {
  const SignatureAlgorithm algorithm = AlgorithmFor(key.type());
  if (jws.alg != AlgName(algorithm)) {
    return Refused("jws.algorithm",
                   "the header says \"" + Quotable(jws.alg) + "\" but the key signs with " +
                       std::string(AlgName(algorithm)),
                   std::string(kGetAgain));
  }
  if (!key.Verify(algorithm, AsBytes(jws.signing_input), jws.signature, EcdsaForm::kRaw))
    return Refused("jws.signature",
                   "the signature does not fit the message: it was altered, or signed by another key",
                   std::string(kGetAgain));
  return {};
}

std::string JwsSigningInput(MessageType type, SignatureAlgorithm algorithm, std::string_view kid,
                            ByteView payload) {
  Json header{{"alg", AlgName(algorithm)}, {"typ", TypName(type)}};
  if (!kid.empty()) header["kid"] = kid;
  return Base64UrlEncode(AsBytes(FormatJson(header))) + "." + Base64UrlEncode(payload);
}

std::string FinishJws(std::string_view signing_input, ByteView raw_signature) {
  return std::string(signing_input) + "." + Base64UrlEncode(raw_signature);
}

}  // namespace holdfast
