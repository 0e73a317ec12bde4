#include "signer/server/licensing/applicant.h"

#include <algorithm>

#include "protocol/crypto/random.h"
#include "protocol/jose/jwe.h"
#include "signer/server/verifier/ledger.h"
#include "signer/server/verifier/make_credential.h"
#include "signer/server/verifier/seal_content_key.h"

namespace holdfast {
namespace {

constexpr size_t kContentKeySize = 32;  // A256GCM
constexpr std::string_view kHostNameDomain{"holdfast host v1\0", 17};

// The AK, not the license key: only the AK's word, once proven, proves everything else (decisions/0024).
Result<std::string> SealToTpm(const AnswerHeader& header, const tpm::Public& ek, const tpm::Name& ak,
                              ByteView plaintext) {
  const Secret key = RandomSecret(kContentKeySize);
  HOLDFAST_TRY(const Bytes credential, MakeCredential(ek, ak, key));
  return SealJwe(header, credential, key, plaintext);
}

struct KnownHost {
  Bytes name;
  bool changed = false;
};

// A host that comes again, one part of it perhaps replaced, is the host that it was. Any other gets a name that no
// other request had: parts that were in a known host once do not make it that host.
KnownHost HostOf(const Fingerprint& fingerprint, ByteView key_hash,
                 const std::vector<ActivationRecord>& activations) {
  for (auto activation = activations.rbegin(); activation != activations.rend(); ++activation) {
    if (!IsInUse(*activation)) continue;
    const auto terms = ParseTerms(activation->terms);
    if (!terms) continue;
    const FingerprintMatch match = MatchFingerprint(terms->fingerprint, fingerprint);
    if (match.match) return {activation->ek_name, !match.differ.empty()};
  }
  return {ToBytes(Sha256({AsBytes(kHostNameDomain), key_hash}))};
}

EkSighting SightingFrom(const SightingRecord& record, const std::string& license) {
  EkSighting sighting{.gate_index = record.gate_index,
                      .gate_base = record.gate_base,
                      .clock_ms = record.clock_ms,
                      .reset_count = record.reset_count,
                      .restart_count = record.restart_count,
                      .same_license = record.license == license};
  std::copy_n(record.content_hash.begin(), std::min(record.content_hash.size(), sighting.content_hash.size()),
              sighting.content_hash.begin());
  return sighting;
}

SightingRecord RecordFrom(const EkSighting& sighting, const Bytes& ek_name, const std::string& license,
                          Time now) {
  return {.ek_name = ek_name,
          .license = license,
          .content_hash = ToBytes(ByteView(sighting.content_hash)),
          .gate_index = sighting.gate_index,
          .gate_base = sighting.gate_base,
          .clock_ms = sighting.clock_ms,
          .reset_count = sighting.reset_count,
          .restart_count = sighting.restart_count,
          .seen = now};
}

std::vector<std::string> NamesOf(const std::vector<AppraisalNote>& notes) {
  std::vector<std::string> names;
  for (const AppraisalNote& note : notes) names.push_back(note.name);
  return names;
}

// The store judges by it when it has the EK's history at hand and nobody else can add to it.
HistoryCheck CheckWith(const EkSighting& now, const std::string& license) {
  return [now, license](const std::vector<SightingRecord>& records) -> Result<std::vector<std::string>> {
    std::vector<EkSighting> sightings;
    for (const SightingRecord& record : records) sightings.push_back(SightingFrom(record, license));
    HOLDFAST_TRY(const auto notes, CheckLedger(sightings, now));
    return NamesOf(notes);
  };
}

}  // namespace

Applicant ApplicantWithTpm(const ActivationRequest& request, const AttestationResult& appraised,
                           const std::string& license, Time now) {
  const AnswerHeader header{ToBytes(ByteView(request.request_hash)), appraised.ek_name,
                            appraised.license_key_name};
  const EkSighting sighting = SightingOf(request, appraised);
  return {.assurance = appraised.assurance,
          .license_key = appraised.license_key,
          .host_name = appraised.ek_name,
          .ak_public = request.content.ak_public,
          .license_key_name = appraised.license_key_name,
          .ledger = appraised.ledger,
          .meter = appraised.meter,
          .notes = NamesOf(appraised.notes),
          .sighting = RecordFrom(sighting, appraised.ek_name, license, now),
          .check_history = CheckWith(sighting, license),
          .seal = [header, ek = appraised.ek_public, ak = appraised.ak_name](
                      ByteView plaintext) { return SealToTpm(header, ek, ak, plaintext); },
          .seal_key = [srk = appraised.srk_public, policy = appraised.gate_policy](
                          const Secret& key) { return SealContentKey(srk, policy, key); }};
}

Applicant ApplicantWithoutTpm(const HostRequest& request, const HostAppraisal& appraised,
                              const std::vector<ActivationRecord>& activations) {
  const Bytes key_hash = ToBytes(appraised.license_key.SpkiSha256());
  KnownHost host = HostOf(request.content.fingerprint, key_hash, activations);
  std::vector<std::string> notes;
  if (host.changed) notes.emplace_back("host.changed");
  return {.assurance = AssuranceClass::kHost,
          .license_key = appraised.license_key,
          .host_name = std::move(host.name),
          .license_key_name = key_hash,
          .fingerprint = request.content.fingerprint,
          .notes = std::move(notes),
          .seal = [request_hash = request.request_hash, key_hash,
                   agreement_key = appraised.agreement_key](ByteView plaintext) {
            return SealJweToHost(request_hash, key_hash, agreement_key, plaintext);
          }};
}

}  // namespace holdfast
