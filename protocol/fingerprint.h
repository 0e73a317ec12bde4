// What a host without a TPM is recognised by: named components, each as HMACs of what the host has there. The key is
// vendor and product, so the values of two vendors cannot be compared, and nobody reads a serial number in them. They
// are no secrets all the same: what can be guessed, such as a CPU's model or a MAC address, can be tried out.
//
//   key   = "holdfast fingerprint v1" 0x00 vendor 0x00 product
//   value = HMAC-SHA256(key, component 0x00 fact)
#pragma once

#include <array>
#include <map>
#include <vector>

#include "protocol/crypto/digest.h"
#include "protocol/strict_json.h"

namespace holdfast {

// What a host has of a component, as text; nothing of it leaves the host. Values are alternatives: a host with two
// network cards has two of "nic".
using HostComponents = std::map<std::string, std::vector<std::string>>;
using Fingerprint = std::map<std::string, std::vector<Sha256Digest>>;

// The first four identify one host; the others tell its model, which many have.
inline constexpr std::array<std::string_view, 6> kFingerprintComponents{"machine-id", "nic", "root-disk",
                                                                        "board",      "cpu", "model"};
inline constexpr size_t kIdentifyingComponents = 4;
inline constexpr size_t kMaxComponentValues = 8;

// Values ascend, without duplicates; beyond kMaxComponentValues the smallest facts stay. Components that are not in the
// list above are left out.
Fingerprint MakeFingerprint(std::string_view vendor, std::string_view product,
                            const HostComponents& components);

struct FingerprintMatch {
  bool match = false;
  std::vector<std::string> differ;  // components of `licensed` of which `present` has no value
};
// Is it the host that was licensed? Yes when at most one component of the license differs, and at least one that
// identifies does not. What the host has besides does not matter. So one part may be replaced; what is in its place
// counts from the next activation on.
FingerprintMatch MatchFingerprint(const Fingerprint& licensed, const Fingerprint& present);

// Can it tell hosts of one model apart although one component may differ? At least two components identify.
bool IsIdentifying(const Fingerprint& fingerprint);
// Could it be of one host? A host has one machine id, one root disk and one CPU model, and two numbers or names of its
// board and model at most; more are those of several hosts, put together.
bool IsOfOneHost(const Fingerprint& fingerprint);

Json FormatFingerprint(const Fingerprint& fingerprint);
// The required member `name` of `o`: 1 to 6 of the components above, each with 1 to 8 values of 32 octets, base64url.
Fingerprint ReadFingerprint(JsonObject& o, std::string_view name);

}  // namespace holdfast
