// Messages about one license.
#include "certs/path.h"
#include "protocol/return_nonce.h"
#include "protocol/time_answer.h"
#include "tools/inspect/parts.h"

namespace holdfast::inspect {
namespace {

std::string SignatureWords(const SignedMessage& file) {
  auto message = Certificate::Parse(file.message_certificate, CertificateProfile::kMessage);
  if (!message) return "cannot be verified: " + message.error().message;
  auto status = VerifyJws(file.jws, message->public_key());
  return status ? "valid, by the message certificate in the file" : "NOT valid: " + status.error().message;
}

Json Describe(const MessageKind& kind, const LicenseMessage& message, const std::string& summary) {
  return Json{{"kind", kind.context},
              {"summary", summary},
              {"product", message.product},
              {"vendor", message.vendor},
              {"license", message.license},
              {"serial", HexEncode(message.serial)},
              {"nonce", HexEncode(message.nonce)},
              {std::string(kind.time_member), FormatTime(message.time)}};
}

}  // namespace

Result<Json> InspectReturnNonce(std::string_view text) {
  HOLDFAST_TRY(const SignedMessage file, ReadSignedMessageFile(kReturnNonce, text));
  const LicenseMessage& nonce = file.content;
  Json json = Describe(kReturnNonce, nonce,
                       "A return nonce: " + nonce.vendor + " asks for a fresh proof that license " +
                           nonce.license + " of " + nonce.product + " was returned");
  json["signature"] = SignatureWords(file);
  return json;
}

Result<Json> InspectTimeRequest(std::string_view text) {
  HOLDFAST_TRY(const LicenseMessage request, ReadMessageFile(kTimeRequest, text));
  return Describe(kTimeRequest, request,
                  "A time request: a machine that has license " + request.license + " of " + request.product +
                      " asks " + request.vendor + " what time it is, and believes " +
                      FormatTime(request.time));
}

Result<Json> InspectTimeAnswer(std::string_view text) {
  HOLDFAST_TRY(const SignedMessage file, ReadSignedMessageFile(kTimeAnswer, text));
  const LicenseMessage& answer = file.content;
  Json json =
      Describe(kTimeAnswer, answer,
               "A time answer: " + answer.vendor + " says that it was " + FormatTime(answer.time) +
                   ", to the machine that asked and has license " + answer.license + " of " + answer.product);
  json["signature"] = SignatureWords(file);
  return json;
}

}  // namespace holdfast::inspect
