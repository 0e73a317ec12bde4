#include "agent/new_request.h"

#include <functional>

#include "agent/host/components.h"

namespace holdfast {
namespace {

// Of the installed license that was given for this product key, if it is still there and can be read.
RequestedRepair RepairOf(const ProductKeyClaims& claims, const StateDirectory& state) {
  const auto installed = state.ReadLicense(claims.product);
  if (!installed || installed->product_key_id != claims.id) return {};
  const auto file = ParseLicenseFile(installed->license);
  return file ? RequestedRepair{file->license.fields().serial} : RequestedRepair{};
}

// What both kinds of request begin with.
RequestHead Head(const ProductKeyClaims& claims, const RequestOptions& options, const StateDirectory& state,
                 Time now) {
  RequestHead head;
  head.product_key_id = claims.id;
  head.vendor = claims.vendor;
  head.product = claims.product;
  head.created = now;
  head.agent_version = options.agent_version;
  head.host = options.host_facts;
  if (options.repair) head.repair = RepairOf(claims, state);
  return head;
}

using Sign = std::function<Result<Bytes>(const Sha256Digest&)>;

// What the vendor will look at first, looked at here: a request that cannot be answered must not leave.
Status CheckOwnRequest(const std::string& jws, const LicenseKeys& keys) {
  HOLDFAST_TRY(const AnyRequest request, ParseAnyRequest(jws));
  HOLDFAST_TRY(const PublicKey key, LicenseKeyOf(keys));
  return VerifyJws(SignedPart(request).jws, key);
}

Result<PendingRequest> Pending(const RequestHead& head, LicenseKeys keys, const Bytes& payload,
                               const Sign& sign) {
  const std::string input =
      JwsSigningInput(MessageType::kRequest, SignatureAlgorithm::kEcdsaSha256, {}, payload);
  HOLDFAST_TRY(const Bytes signature, sign(Sha256(AsBytes(input))));
  PendingRequest pending;
  pending.product = head.product;
  pending.vendor = head.vendor;
  pending.product_key_id = head.product_key_id;
  pending.created = head.created;
  pending.keys = std::move(keys);
  pending.request = FinishJws(input, signature);
  pending.request_hash = Sha256(AsBytes(pending.request));
  HOLDFAST_CHECK(CheckOwnRequest(pending.request, pending.keys));
  return pending;
}

Result<PendingRequest> RequestByTpm(const RequestHead& head, const Secret& seed, const CounterSource& source,
                                    Tpm& tpm) {
  HOLDFAST_TRY(const KeySet keys, tpm.CreateKeys(tpm::GateIndex(head.vendor, head.product)));
  HOLDFAST_TRY(const LedgerCounter counter, source());
  // Whether the license has a hard meter only the answer says.
  const uint32_t meter_counter = tpm::MeterCounterIndex(head.vendor, head.product_key_id);
  HOLDFAST_TRY(const auto meter, tpm.PrepareMeter(meter_counter));
  RequestContent content{head};
  content.ek_public = keys.ek_public;
  content.srk_public = keys.srk_public;
  content.ak_public = keys.ak_public;
  content.license_key_public = keys.license_key_public;
  HOLDFAST_TRY(content.gate_public, tpm.GatePublic(keys));
  content.counter_public = tpm::GatePublic(counter.index).encoded;
  HOLDFAST_TRY(content.ek_certificates, tpm.EkCertificates(keys));
  const std::string content_text = FormatRequestContent(content);
  const Sha256Digest hash = RequestContentHash(content_text);
  HOLDFAST_TRY(RequestEvidence evidence, tpm.Attest(keys, counter, hash));
  if (meter) {
    HOLDFAST_TRY(evidence.meter, tpm.AttestMeter(keys, meter_counter, hash));
  }
  HOLDFAST_TRY(const Bytes possession, ProvePossession(seed, hash));
  return Pending(head, keys, RequestPayload(content_text, evidence, possession),
                 [&](const Sha256Digest& digest) { return tpm.Sign(keys, digest); });
}

// The vendor would refuse it (host.fingerprint).
Status CheckIdentifying(const Fingerprint& fingerprint) {
  if (IsIdentifying(fingerprint)) return {};
  std::string names;
  for (size_t i = 0; i < kIdentifyingComponents; i++)
    names += (i == 0 ? "" : ", ") + std::string(kFingerprintComponents.at(i));
  return Refused("host.fingerprint", "too little can be read of this host to recognise it again",
                 "at least two of these must be readable by everybody: " + names + "; see holdfast(1)");
}

Result<PendingRequest> RequestByHost(const RequestHead& head, const Secret& seed, const Path& host_root,
                                     const StateDirectory& state) {
  HOLDFAST_TRY(const HostPrivateKeys keys, GenerateHostKeys());
  HostRequestContent content{head};
  content.license_key = keys.license_key.public_key().spki();
  content.agreement_key = keys.agreement_key.public_key().spki();
  content.fingerprint = MakeFingerprint(head.vendor, head.product, host::ReadComponents(host_root));
  HOLDFAST_CHECK(CheckIdentifying(content.fingerprint));
  const std::string content_text = FormatRequestContent(content);
  HOLDFAST_TRY(const Bytes possession, ProvePossession(seed, RequestContentHash(content_text)));
  HOLDFAST_TRY(PendingRequest pending,
               Pending(head, keys.Public(), HostRequestPayload(content_text, possession),
                       [&](const Sha256Digest& digest) { return keys.license_key.Sign(digest); }));
  HOLDFAST_CHECK(state.WriteHostKeys(keys));
  return pending;
}

// Whoever has no TPM learns that there is another way, and that it is not theirs alone to choose.
Error WithAdvice(Error error) {
  if (error.check == "tpm.open")
    error.advice += "; if the vendor's plan allows hosts without a TPM, give --without-tpm";
  return error;
}

}  // namespace

Result<PendingRequest> NewRequest(const ProductKeyClaims& claims, const RequestOptions& options,
                                  const Hardware& hardware, const StateDirectory& state,
                                  const CounterSource& counter, Time now) {
  const RequestHead head = Head(claims, options, state, now);
  if (options.without_tpm) return RequestByHost(head, claims.seed, hardware.host_root, state);
  auto pending = RequestByTpm(head, claims.seed, counter, hardware.tpm);
  hardware.tpm.Release();
  if (!pending) return tl::unexpected(WithAdvice(std::move(pending.error())));
  return pending;
}

}  // namespace holdfast
