// EK certificates that the manufacturer left in NV (EK Credential Profile 2.x, 2.2.1): at one index per
// template, and the certificates above it at 0x01c00100 and following. Owners can write any certificate
// there; the only test made here is that it names the EK's key. Whether it is worth anything is for the
// Verifier to say.
#pragma once

#include <map>

#include "agent/tpm/keys.h"

namespace holdfast::tpm {

class EkCertificates {
 public:
  // The best EK that has a certificate: P-256, then P-384, then RSA-2048. Without any, P-256.
  struct Choice {
    EkTemplate which;
    Primary ek;
  };
  Result<Choice> ChooseEk(Connection& tpm);

  // DER, EK certificate first, at most kMaxEkCertificates; empty when there is none for this key.
  Result<std::vector<Bytes>> Read(Connection& tpm, EkTemplate which, ByteView ek_public);

 private:
  // Contents of an index; none when they cannot be read: only a lost connection is an error. Asks the TPM once, and never
  // with a guess that would count towards the lockout.
  Result<Bytes> Contents(Connection& tpm, TPM2_HANDLE index);
  Result<Bytes> Leaf(Connection& tpm, EkTemplate which, ByteView ek_public);

  std::optional<std::vector<TPM2_HANDLE>> indexes_;
  std::map<TPM2_HANDLE, Bytes> contents_;
};

// The DER values that stand one after the other in NV contents, without what some manufacturers put around
// them: the 5 octets 10 01 00 and length (PC Client 1.2 style) before, padding after.
std::vector<Bytes> SplitCertificates(ByteView contents);

// Does the certificate hold this TPMT_PUBLIC's key? A search for the octets of the point or the modulus, not
// a parse: EK certificates in the field are not all good DER, and this only chooses what is sent.
bool NamesKey(ByteView certificate, ByteView ek_public);

}  // namespace holdfast::tpm
