#include "protocol/local/challenge.h"

#include "protocol/base64.h"
#include "protocol/byte_cursor.h"
#include "protocol/crypto/hkdf.h"
#include "protocol/json_text.h"
#include "protocol/local/ec_point.h"
#include "protocol/local/session_statement.h"
#include "protocol/terms_members.h"

namespace holdfast::local {
namespace {

constexpr std::string_view kDomain{"holdfast challenge v1\0", 22};
constexpr std::string_view kKeyInfo = "holdfast local answers v1";
constexpr size_t kKeySize = 32, kSignatureSize = 64;

Bytes ReadNonce(JsonObject& o) {
  const std::string text = o.String("nonce", 2 * kChallengeNonceSize);
  auto nonce = HexDecode(text);
  if (nonce && nonce->size() == kChallengeNonceSize) return std::move(*nonce);
  o.Fault("nonce", "not 64 hexadecimal digits");
  return {};
}

Result<Secret> AnswerKey(const EcPrivateKey& own, ByteView peer_point, const Sha256Digest& transcript) {
  HOLDFAST_TRY(const PublicKey peer, KeyOfEcPoint(peer_point));
  HOLDFAST_TRY(const Secret shared, own.Agree(peer));
  return HkdfSha256(shared, transcript, AsBytes(kKeyInfo), kKeySize);
}

}  // namespace

std::string FormatChallenge(const Challenge& challenge) {
  return FormatJson({{"op", "challenge"},
                     {"product", challenge.product},
                     {"nonce", HexEncode(challenge.nonce)},
                     {"key", Base64UrlEncode(challenge.key)}});
}

Challenge ReadChallenge(JsonObject& object) {
  Challenge challenge;
  challenge.product = ReadIdentifier(object, "product");
  challenge.nonce = ReadNonce(object);
  challenge.key = ReadEcPoint(object, "key");
  return challenge;
}

Json FormatChallengeAnswer(const ChallengeAnswer& answer) {
  return Json{{"ok", true},
              {"product", answer.product},
              {"file", answer.file},
              {"session", answer.session},
              {"key", Base64UrlEncode(answer.key)},
              {"time", FormatTime(answer.time)},
              {"signature", Base64UrlEncode(answer.signature)}};
}

Result<ChallengeAnswer> ParseChallengeAnswer(std::string_view json) {
  HOLDFAST_TRY(const Json value, ParseAnswer(json));
  JsonObject o(value, "challenge_answer");
  ChallengeAnswer answer;
  answer.product = ReadIdentifier(o, "product");
  answer.file = o.String("file", kMaxFileSize);
  answer.session = o.String("session", kMaxSessionSize);
  answer.key = ReadEcPoint(o, "key");
  answer.time = o.Time("time");
  answer.signature = o.Base64Url("signature", kSignatureSize);
  if (answer.signature.size() != kSignatureSize) o.Fault("signature", "not 64 octets");
  HOLDFAST_CHECK(FinishMembers(o, value, true));
  return answer;
}

Sha256Digest ChallengeTranscript(const Challenge& challenge, const ChallengeAnswer& answer) {
  const std::string time = FormatTime(answer.time);
  Writer text;
  text.Raw(AsBytes(kDomain));
  for (ByteView part : {ByteView(challenge.nonce), ByteView(challenge.key), ByteView(answer.key),
                        AsBytes(answer.session), AsBytes(answer.file), AsBytes(time)})
    text.U32(static_cast<uint32_t>(part.size())).Raw(part);
  return Sha256(text.bytes());
}

Result<AnsweredChallenge> AnswerChallenge(const Challenge& challenge, const SessionProof& proof, Time now) {
  HOLDFAST_TRY(const EcPrivateKey ephemeral, EcPrivateKey::Generate());
  AnsweredChallenge answered{{.product = challenge.product,
                              .file = proof.file,
                              .session = proof.session,
                              .key = EcPointOf(ephemeral.public_key()),
                              .time = now,
                              .signature = {}},
                             {}};
  const Sha256Digest transcript = ChallengeTranscript(challenge, answered.answer);
  HOLDFAST_TRY(answered.answer.signature, proof.session_key.Sign(transcript));
  HOLDFAST_TRY(answered.key, AnswerKey(ephemeral, challenge.key, transcript));
  return answered;
}

Result<Secret> VerifyChallengeAnswer(const Challenge& challenge, const EcPrivateKey& own,
                                     const ChallengeAnswer& answer, const PublicKey& session_key) {
  if (answer.product != challenge.product)
    return Refused("challenge.product",
                   "the answer is about another product than the one that was asked about");
  const Sha256Digest transcript = ChallengeTranscript(challenge, answer);
  if (!session_key.VerifyDigest(SignatureAlgorithm::kEcdsaSha256, transcript, answer.signature,
                                EcdsaForm::kRaw))
    return Refused("challenge.signature",
                   "what answers does not hold the session key, or repeats the answer to another challenge");
  return AnswerKey(own, answer.key, transcript);
}

}  // namespace holdfast::local
