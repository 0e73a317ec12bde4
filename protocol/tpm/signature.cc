#include "protocol/byte_cursor.h"
#include "protocol/tpm/structures.h"

namespace holdfast::tpm {
namespace {

constexpr size_t kOrderOctets = 32;  // P-256

// Appends one integer, left-padded: TPMs may leave out its leading zeros.
bool AppendPadded(Bytes& to, ByteView number) {
  if (number.empty() || number.size() > kOrderOctets) return false;
  to.resize(to.size() + kOrderOctets - number.size());
  Append(to, number);
  return true;
}

}  // namespace

Result<Signature> ParseSignature(ByteView tpmt_signature) {
  Reader in(tpmt_signature);
  Signature out;
  if (static_cast<Alg>(in.U16()) != Alg::kEcdsa)
    return Malformed("tpm.signature.scheme", "the signature is not an ECDSA signature");
  out.hash = static_cast<Alg>(in.U16());
  if (out.hash != Alg::kSha256 && out.hash != Alg::kSha384)
    return Malformed("tpm.signature.hash", "the signature's hash is neither SHA-256 nor SHA-384");
  ByteView r = in.Sized16(), s = in.Sized16();
  if (!in.AtEnd())
    return Malformed("tpm.signature.size", "the signature ends early or has octets after its end");
  if (!AppendPadded(out.raw, r) || !AppendPadded(out.raw, s))
    return Malformed("tpm.signature.integer", "r or s is empty or longer than 32 octets");
  return out;
}

}  // namespace holdfast::tpm
