// A host whose TPM is software keys in this process, so that it can be told to lie. BuildRequest makes a
// complete activation request; RequestLies says what is wrong with it, and everything that is computed after
// a lie is computed from the lie: Names, hashes and signatures are right for what they cover.
#pragma once

#include <functional>

#include "protocol/request.h"
#include "protocol/tpm/templates.h"
#include "tests/testing/ek_authority.h"

namespace holdfast::testing {

// One TPM of one manufacturer, with the keys of one activation.
struct SoftwareTpm {
  explicit SoftwareTpm(tpm::EkTemplate ek_template = tpm::EkTemplate::kEccP256);
  tpm::EkTemplate ek_template;
  EkAuthority authority;
  TpmKey ek, srk, ak, license_key;
  uint64_t clock_ms = 3'600'000;
  uint32_t reset_count = 7, restart_count = 1;
  uint64_t firmware = 0x0001'0002'0003'0004;
};

struct RequestLies {
  // What the TPM itself has made: an area as octets, changed before its Name is taken.
  std::function<void(Bytes&)> ek_public, srk_public, ak_public, license_key_public, gate_public,
      counter_public;
  std::function<void(EkCertificateSpec&)> ek_certificate;
  uint64_t policy_base = 0;  // not 0: the license key's policy is for this gate value

  // What the host shows in place of what it has: after Names and policies are taken, before the content's
  // hash.
  std::function<void(RequestContent&)> content;

  // What the AK signs: fields, then octets. `attest` is for all of them, before the others.
  std::function<void(tpm::Attest&)> attest, certify, gate, counter, quote, meter;
  std::function<void(Bytes&)> certify_octets, gate_octets, counter_octets, quote_octets;

  // After the AK has signed, before the license key signs the request.
  std::function<void(RequestEvidence&)> evidence;
  std::function<void(Bytes&)> possession;
  const TpmKey* ak_signer = nullptr;       // signs the attests in the AK's place
  const TpmKey* request_signer = nullptr;  // signs the request in the license key's place
};

// What is the same in all requests of one customer; the seed is the product key's.
struct RequestOptions {
  std::string vendor = "Northlight", product = "studio";
  std::string product_key_id = "AAAAAAAAAAAAAAAAAAAAAA";
  Bytes seed = Bytes(32, 0x5e);
  std::string host = "render-01";
  uint64_t gate_base = 5, counter = 41;
  std::optional<uint64_t> meter = {};  // what the counter of a hard meter stands at; absent: the TPM has none
  RequestLies lies;
};

// A compact JWS. Uses the TPM's clock: later calls attest later times.
std::string BuildRequest(SoftwareTpm& tpm, const RequestOptions& options = {});

}  // namespace holdfast::testing
