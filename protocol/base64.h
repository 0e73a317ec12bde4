// Base64 and base64url (RFC 4648 sections 4 and 5), strict: no white space, no characters outside the
// alphabet, canonical (unused bits zero). Base64 demands its padding, base64url refuses it, as RFC 7515 does.
#pragma once

#include "protocol/bytes.h"

namespace holdfast {

std::string Base64Encode(ByteView bytes);
Result<Bytes> Base64Decode(std::string_view text);  // check: bytes.base64
std::string Base64UrlEncode(ByteView bytes);
Result<Bytes> Base64UrlDecode(std::string_view text);  // check: bytes.base64url

}  // namespace holdfast
