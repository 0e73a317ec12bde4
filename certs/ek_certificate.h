// Endorsement key certificates (TCG EK Credential Profile 2.x): other people's certificates, so parsed by
// OpenSSL with tolerance for the known deviations of manufacturers, matched by exact octets, never
// re-encoded.
#pragma once

#include <vector>

#include "protocol/crypto/public_key.h"
#include "protocol/time.h"

namespace holdfast {

// What kind of TPM stands behind a trust anchor.
enum class EkRootClass { kDiscrete, kFirmware, kPluton, kCloudVtpm, kSimulator };
std::string_view EkRootClassName(
    EkRootClass value);  // "discrete", "firmware", "pluton", "cloud-vtpm", "simulator"
Result<EkRootClass> ParseEkRootClass(std::string_view name);

struct EkRoot {
  EkRootClass root_class = EkRootClass::kDiscrete;
  std::string name;   // for people
  Bytes certificate;  // DER
};
// The versioned bundle: JSON { "schema": "1.0", "version": n, "roots": [ {class, name, certificate (base64
// DER)} ], "revoked": [ hex SHA-256 of TBSCertificates ] }.
struct EkRootBundle {
  int64_t version = 0;
  std::vector<EkRoot> roots;  // roots and known intermediates alike: both may be needed to build the path
  // EK or intermediate certificates, each by the hash of its TBSCertificate: what is around that can be altered
  // without the issuer.
  std::vector<Sha256Digest> revoked;
};
inline constexpr size_t kMaxEkBundleSize = 4 * 1024 * 1024;
inline constexpr size_t kMaxEkRoots = 1024;
// Checks: json.*, ek_bundle.schema (kRefused: another major), ek_bundle.<member>, ek_bundle.roots also for one
// certificate twice.
Result<EkRootBundle> ParseEkRootBundle(std::string_view json);
std::string FormatEkRootBundle(const EkRootBundle& bundle);

struct EkIdentity {
  PublicKey key;
  EkRootClass root_class = EkRootClass::kDiscrete;
  std::string manufacturer, model, version;  // TCG attributes of the SAN: 2.23.133.2.1, .2, .3
  bool expired = false;                      // chips outlive their certificates: noted, not refused
};

// NV indexes hold more than the certificate: removes the TCG prefix and trailing padding. Check: ek.der.
Result<ByteView> TrimEkCertificate(ByteView nv_content);

// chain[0] is the EK certificate, the others are untrusted intermediates, at most kMaxEkChain in all. The
// path ends at the first certificate of the bundle that it meets, root or intermediate; nothing is fetched.
// Checks: ek.der, ek.version, ek.ca, ek.key_usage, ek.extended_key_usage, ek.san, ek.path (no anchor of the
// bundle), ek.revoked, ek.key (type, size), ek.roca.
inline constexpr size_t kMaxEkChain = 8;
Result<EkIdentity> VerifyEkCertificate(const std::vector<Bytes>& chain, const EkRootBundle& bundle, Time now);

// The manufacturer that an EK certificate names; empty when there is none to be read. Nothing is verified: it can
// speak against a TPM, not for it.
std::string ReadTpmManufacturer(ByteView certificate);

// CVE-2017-15361: does an RSA modulus carry the fingerprint of a weak Infineon key?
bool HasRocaFingerprint(ByteView modulus);

}  // namespace holdfast
