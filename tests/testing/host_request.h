// A host without a TPM that makes requests, and can be told to lie.
#pragma once

#include <functional>

#include "protocol/crypto/ec_private_key.h"
#include "protocol/product_key.h"
#include "protocol/request.h"
#include "tests/testing/evidence.h"

namespace holdfast::testing {

struct SoftwareHost {
  EcPrivateKey license_key = EcPrivateKey::Generate().value();
  EcPrivateKey agreement_key = EcPrivateKey::Generate().value();
  HostComponents components{{"machine-id", {"0123456789abcdef0123456789abcdef"}},
                            {"nic", {"525400123456"}},
                            {"root-disk", {"serial QM00001"}},
                            {"cpu", {"cpu:type:x86,ven0000fam0006mod0055"}}};
};

struct HostRequestLies {
  std::function<void(HostRequestContent&)> content;  // before its hash is taken
  std::function<void(Bytes&)> possession;
  const EcPrivateKey* signer = nullptr;  // signs the request in the license key's place
};

// A compact JWS. Of `options` the lies are ignored.
inline std::string BuildHostRequest(const SoftwareHost& host, const RequestOptions& options = {},
                                    const HostRequestLies& lies = {}) {
  HostRequestContent content;
  content.product_key_id = options.product_key_id;
  content.vendor = options.vendor;
  content.product = options.product;
  content.created = ParseTime("2026-11-22T06:00:00Z").value();
  content.agent_version = "0.1.0";
  content.host = {{"hostname", options.host}};
  content.license_key = host.license_key.public_key().spki();
  content.agreement_key = host.agreement_key.public_key().spki();
  content.fingerprint = MakeFingerprint(options.vendor, options.product, host.components);
  if (lies.content) lies.content(content);
  const std::string text = FormatRequestContent(content);
  Bytes possession = ProvePossession(Secret::CopyOf(options.seed), RequestContentHash(text)).value();
  if (lies.possession) lies.possession(possession);
  const std::string input = JwsSigningInput(MessageType::kRequest, SignatureAlgorithm::kEcdsaSha256, {},
                                            HostRequestPayload(text, possession));
  const EcPrivateKey& signer = lies.signer ? *lies.signer : host.license_key;
  return FinishJws(input, signer.Sign(Sha256(AsBytes(input))).value());
}

}  // namespace holdfast::testing
