// What travels between the signer and its clients: one JSON object a frame, strictly parsed in both
// directions (docs/decisions/0050).
//
//   frame    u32 big-endian length, then that many octets of JSON (UTF-8), at most kMaxSigningFrame
//   request  {"schema": "1", "call": "issue_license" | "issue_crl" | "sign_message" | "status", "order":
//   {..}} answer   {"value": ..} or {"error": {"kind", "check", "message", "advice"}}
//
// One request, one answer, in order, on one connection. Octet strings are base64, times RFC 3339.
#pragma once

#include <variant>

#include "signer/signing_service.h"

namespace holdfast {

inline constexpr size_t kMaxSigningFrame = 256 * 1024;
inline constexpr size_t kSigningFrameHeader = 4;

struct StatusQuery {};
using SigningCall = std::variant<LicenseOrder, CrlOrder, MessageOrder, StatusQuery>;
using SigningValue = std::variant<Bytes, std::string, SignerStatus>;  // DER, JWS, status

// The order is well formed JSON of the right members and sizes; whether it may be signed is the policy's
// question. Checks: wire.<member>, those of ParseJson.
std::string FormatSigningCall(const SigningCall& call);
Result<SigningCall> ParseSigningCall(std::string_view json);

std::string FormatSigningAnswer(const Result<SigningValue>& answer);
// The error that the peer sent is returned as it was: kind, check, message, advice. What cannot be read at
// all is kUnavailable, wire.answer: the peer is not a signer, or not one of our version.
Result<Bytes> ParseDerAnswer(std::string_view json);
Result<std::string> ParseJwsAnswer(std::string_view json);
Result<SignerStatus> ParseStatusAnswer(std::string_view json);

std::optional<ErrorKind> ParseErrorKind(std::string_view name);

// Length prefix and body; precondition: body.size() <= kMaxSigningFrame.
Bytes FrameSigning(std::string_view body);
// The body's length from the four octets of a header. Check: wire.size (kMalformed) for zero or too much.
Result<size_t> ParseSigningFrameHeader(ByteView header);

}  // namespace holdfast
