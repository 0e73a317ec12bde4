// The product key: what a customer gets when a license is sold, and types or pastes into `holdfast request`.
//
//   NLS-<JWT>-<checksum>         the prefix is the vendor's choice of 2 to 8 capital letters
//
// The JWT (RFC 7519) is a JWS of type kProductKey signed by the vendor's message key; its claims are
// jti (key id, 22 base64url characters = 128 bit), iss (vendor), product, plan, iat, and `seed` (32 octets).
// The checksum, 8 characters of upper-case base32 of SHA-256 over prefix, '-' and JWT, is verified first: it
// finds typing errors without any key. The seed is an Ed25519 private key (RFC 8032): a request carries the
// key id and a signature by it, the vendor's store holds only the public half. So neither the mail nor the
// store lets anyone use the key (docs/decisions/).
//
// What ParseProductKey copies of the seed is wiped, but for what the JSON parser has used meanwhile. `text` is the
// caller's to wipe. On the vendor's side a key is ordinary text on its way to the customer: the payload and the
// formatted key are not wiped.
#pragma once

#include "protocol/secret.h"
#include "protocol/time.h"

namespace holdfast {

struct ProductKeyClaims {
  std::string id;      // jti
  std::string vendor;  // iss, at most 64 octets
  std::string product;
  std::string plan;
  Time issued;  // iat, written as a number (RFC 7519 NumericDate)
  Secret seed;  // 32 octets
};

struct ProductKey {
  std::string prefix;
  Secret jwt;  // holds the seed
  ProductKeyClaims claims;
};

// Claims as the JWS payload, for the signer. A fresh id and seed come from the caller.
std::string ProductKeyPayload(const ProductKeyClaims& claims);
std::string FormatProductKey(std::string_view prefix, std::string_view jwt);
// Does not verify the signature: on the customer's side nothing depends on it.
// Checks: product_key.size, product_key.checksum, product_key.syntax, those of ParseJws, product_key.<claim>
// (product and plan are identifiers, so they are safe in file names), product_key.unknown.
Result<ProductKey> ParseProductKey(std::string_view text);

// Proof of possession: Ed25519 over "holdfast product key possession v1" 0x00 and SHA-256 of the request's
// content.
Result<Bytes> PossessionPublicKey(const Secret& seed);                     // 32 octets
Result<Bytes> ProvePossession(const Secret& seed, ByteView content_hash);  // 64 octets
Status VerifyPossession(ByteView public_key, ByteView content_hash,
                        ByteView proof);  // product_key.possession

}  // namespace holdfast
