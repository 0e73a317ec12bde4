#include "signer/server/verifier/seal_content_key.h"

#include "protocol/byte_cursor.h"
#include "protocol/crypto/random.h"
#include "protocol/tpm/templates.h"
#include "signer/server/verifier/outer_wrap.h"

namespace holdfast {
namespace {

constexpr uint16_t kKeyedHash = 0x0008;
constexpr size_t kObfuscationSize = 32;  // seedValue, as long as the Name's digest

// TPM2B_SENSITIVE (Part 2, 12.3.2.5): no authValue. Each piece is wiped.
Secret Sensitive(const Secret& obfuscation, const Secret& key) {
  const Secret area(
      Writer().U16(kKeyedHash).U16(0).Sized16(obfuscation.Reveal()).Sized16(key.Reveal()).Take());
  return Secret(Writer().Sized16(area.Reveal()).Take());
}

}  // namespace

Result<SealedContentKey> SealContentKey(const tpm::Public& srk, ByteView gate_policy, const Secret& key) {
  if (key.size() != kContentKeySize)
    return Fail(ErrorKind::kInternal, "content_key.size", "a content key has 32 octets");
  if (!tpm::MatchesSrk(srk) || gate_policy.size() != DigestSize(HashAlgorithm::kSha256))
    return Fail(ErrorKind::kInternal, "content_key.parent", "a content key is sealed to an SRK under a gate");
  const Secret obfuscation = RandomSecret(kObfuscationSize);
  const Sha256Digest unique = Sha256({obfuscation.Reveal(), key.Reveal()});
  Bytes area = tpm::ContentKeyArea(gate_policy, unique);
  HOLDFAST_TRY(WrapSeed seed, MakeWrapSeed(srk, "DUPLICATE"));
  HOLDFAST_TRY(Bytes duplicate,
               OuterWrap(srk, seed.seed, tpm::ContentKeyName(area), Sensitive(obfuscation, key)));
  return SealedContentKey{std::move(area), std::move(duplicate), std::move(seed.encrypted)};
}

}  // namespace holdfast
