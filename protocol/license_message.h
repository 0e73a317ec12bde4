// A short message about one license that is out, with a nonce that makes it one of its kind and a moment in time. What the vendor says to the
// host that has the license is a JWS by the vendor's message key, followed in the file by the certificates that lead to a root which the host
// has pinned; what the host asks for is the plain JSON, and grants nothing. The kinds are in return_nonce.h and time_answer.h.
#pragma once

#include <optional>

#include "protocol/file_kind.h"
#include "protocol/jose/jws.h"
#include "protocol/time.h"

namespace holdfast {

inline constexpr size_t kNonceSize = 32;

struct LicenseMessage {
  std::string schema = "1.0";
  std::string vendor, product, license;
  Bytes serial;  // of the license certificate
  Bytes nonce;   // 32 octets
  Time time;     // the kind says of what
};

struct MessageKind {
  FileKind file;
  std::optional<MessageType> type;                 // absent: it is not signed
  std::string_view label;                          // of the armor
  std::string_view context;                        // of the checks
  std::string_view time_member;                    // what the JSON calls the moment
  std::string_view made_by;                        // the command
  std::string (*preamble)(const LicenseMessage&);  // for people
};

struct SignedMessage {
  LicenseMessage content;
  Jws jws;
  Bytes message_certificate, issuing_certificate;  // DER
};

Bytes FormatMessage(const MessageKind& kind,
                    const LicenseMessage& message);  // JSON: the payload, for the signer
// Checks: those of ParseJson, <context>.schema, <context>.<member>, <context>.unknown.
Result<LicenseMessage> ParseMessage(const MessageKind& kind, ByteView json);

std::string ArmorMessage(const MessageKind& kind,
                         const LicenseMessage& message);  // of a kind that is not signed
std::string ArmorMessage(const MessageKind& kind, std::string_view compact_jws, const LicenseMessage& message,
                         ByteView message_certificate, ByteView issuing_certificate);
// Checks: those of ParseArmor and ParseMessage; <context>.kind (another file, or other blocks than it has).
Result<LicenseMessage> ReadMessageFile(const MessageKind& kind, std::string_view file_text);
// Verifies neither signature nor certificates. Checks: the same and those of ParseJws.
Result<SignedMessage> ReadSignedMessageFile(const MessageKind& kind, std::string_view file_text);

}  // namespace holdfast
