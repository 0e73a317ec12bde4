// The return nonce: what a vendor sends to a host whose return must be proven anew, so that the proof is newer than this
// file. A JWS of type kReturnNonce by the vendor's message key, followed in the file by the certificates that lead to a root
// which the host has pinned: nobody but the vendor can make a site give its license up by mail.
#pragma once

#include "protocol/jose/jws.h"
#include "protocol/return_statement.h"

namespace holdfast {

struct ReturnNonce {
  std::string schema = "1.0";
  std::string vendor, product, license;
  Bytes serial;  // of the license certificate that is to be returned
  Bytes nonce;   // 32 octets
  Time issued;
};

struct SignedReturnNonce {
  ReturnNonce content;
  Jws jws;
  Bytes message_certificate, issuing_certificate;  // DER
};

Bytes FormatReturnNonce(const ReturnNonce& nonce);  // the payload, for the signer
// Checks: those of ParseJson, return.schema, return.<member>, return.unknown.
Result<ReturnNonce> ParseReturnNonce(ByteView payload);

std::string ArmorReturnNonce(std::string_view compact_jws, const ReturnNonce& nonce,
                             ByteView message_certificate, ByteView issuing_certificate);
// Verifies neither signature nor certificates. Checks: those of ParseArmor, ParseJws and ParseReturnNonce;
// return_nonce.kind (another file, or other blocks than these three).
Result<SignedReturnNonce> ReadReturnNonceFile(std::string_view file_text);

}  // namespace holdfast
