// MakeRequest: the file that goes out.
#include "agent/activation.h"
#include "agent/hardware_proof.h"
#include "protocol/product_key.h"

namespace holdfast {
namespace {

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

Result<std::string> SignRequest(const std::string& content_text, const RequestEvidence& evidence,
                                const Bytes& possession, const KeySet& keys, Tpm& tpm) {
  const Bytes payload = RequestPayload(content_text, evidence, possession);
  const std::string input =
      JwsSigningInput(MessageType::kRequest, SignatureAlgorithm::kEcdsaSha256, {}, payload);
  HOLDFAST_TRY(const Bytes signature, tpm.Sign(keys, Sha256(AsBytes(input))));
  return FinishJws(input, signature);
}

// What the vendor will look at first, looked at here: a request that cannot be answered must not leave.
Status CheckOwnRequest(const std::string& jws, const KeySet& keys) {
  HOLDFAST_TRY(const ActivationRequest request, ParseRequest(jws));
  HOLDFAST_TRY(const PublicKey key, LicenseKeyOf(keys));
  return VerifyJws(request.jws, key);
}

Result<PendingRequest> NewRequest(const ProductKeyClaims& claims, const RequestOptions& options, Tpm& tpm,
                                  Time now) {
  PendingRequest pending;
  pending.product = claims.product;
  pending.vendor = claims.vendor;
  pending.product_key_id = claims.id;
  pending.created = now;
  HOLDFAST_TRY(pending.keys, tpm.CreateKeys(tpm::GateIndex(claims.vendor, claims.product)));
  RequestContent content;
  content.product_key_id = claims.id;
  content.vendor = claims.vendor;
  content.product = claims.product;
  content.created = now;
  content.agent_version = options.agent_version;
  content.host = options.host_facts;
  content.ek_public = pending.keys.ek_public;
  content.srk_public = pending.keys.srk_public;
  content.ak_public = pending.keys.ak_public;
  content.license_key_public = pending.keys.license_key_public;
  HOLDFAST_TRY(content.gate_public, tpm.GatePublic(pending.keys));
  HOLDFAST_TRY(content.ek_certificates, tpm.EkCertificates(pending.keys));
  const std::string content_text = FormatRequestContent(content);
  const Sha256Digest hash = RequestContentHash(content_text);
  HOLDFAST_TRY(const RequestEvidence evidence, tpm.Attest(pending.keys, hash));
  HOLDFAST_TRY(const Bytes possession, ProvePossession(claims.seed, hash));
  HOLDFAST_TRY(pending.request, SignRequest(content_text, evidence, possession, pending.keys, tpm));
  pending.request_hash = Sha256(AsBytes(pending.request));
  HOLDFAST_CHECK(CheckOwnRequest(pending.request, pending.keys));
  return pending;
}

Result<RequestOutcome> Outcome(const PendingRequest& pending, bool repeated) {
  HOLDFAST_TRY(const ActivationRequest request, ParseRequest(pending.request));
  return RequestOutcome{ArmorRequest(pending.request, request.content), pending.product, repeated};
}

// The open request for this product key, if there is one; an error when another key's request is open.
Result<std::optional<PendingRequest>> OpenRequest(const ProductKeyClaims& claims,
                                                  const StateDirectory& state) {
  auto pending = state.ReadPending(claims.product);
  if (!pending) {
    if (pending.error().kind == ErrorKind::kNotFound) return std::nullopt;
    return tl::unexpected(std::move(pending.error()));
  }
  if (pending->product_key_id != claims.id || pending->vendor != claims.vendor) {
    return Fail(ErrorKind::kConflict, "request.open",
                "a request for " + claims.product + " with another product key is open",
                "install its answer first, or give --new to drop it");
  }
  return std::optional(std::move(*pending));
}

Status CheckNotActive(const ProductKeyClaims& claims, const StateDirectory& state) {
  auto installed = state.ReadLicense(claims.product);
  if (!installed || installed->product_key_id != claims.id) return {};
  return Fail(ErrorKind::kConflict, "request.active",
              "this product key is in use here: a license for " + claims.product + " is installed",
              "see holdfast status; give --new to activate again");
}

}  // namespace

Result<RequestOutcome> MakeRequest(const Secret& product_key, const RequestOptions& options, Tpm& tpm,
                                   const StateDirectory& state, const Clock& clock) {
  HOLDFAST_TRY(const ProductKey key, ParseProductKey(Trimmed(product_key.RevealText())));
  if (!options.make_new) {
    HOLDFAST_TRY(const auto open, OpenRequest(key.claims, state));
    if (open) return Outcome(*open, true);
    HOLDFAST_CHECK(CheckNotActive(key.claims, state));
  }
  auto pending = NewRequest(key.claims, options, tpm, clock());
  tpm.Release();
  if (!pending) return tl::unexpected(std::move(pending.error()));
  HOLDFAST_CHECK(state.WritePending(*pending));
  return Outcome(*pending, false);
}

}  // namespace holdfast
