#include "signer/server/licensing/returns.h"

#include <algorithm>

#include "protocol/crypto/random.h"
#include "protocol/return_nonce.h"
#include "signer/server/licensing/count_returned.h"
#include "signer/server/licensing/sold_plan.h"
#include "signer/server/licensing/vendor_message.h"
#include "signer/server/verifier/return_appraisal.h"

namespace holdfast {
namespace {

constexpr std::string_view kVirtualTpm = "return.virtual_tpm";

// What the store knows of an activation, and what was recorded of its return.
struct Known {
  LicenseRecord license;
  ActivationRecord activation;
  LicenseTerms terms;
  AssuranceClass assurance = AssuranceClass::kHwTpm;
  std::optional<SightingRecord> sighting;  // of its request
  std::vector<ReturnRecord> returns;       // of this activation
  std::vector<ReturnNonceRecord> nonces;
};

template <class Record>
std::vector<Record> Of(const std::string& activation, std::vector<Record> all) {
  std::erase_if(all, [&](const Record& record) { return record.activation != activation; });
  return all;
}

// Before the store is asked: nobody here knows the serial numbers of another vendor's licenses.
Status CheckVendor(const ReturnStatement& statement, const std::string& vendor) {
  if (statement.vendor == vendor) return {};
  return Refused("return.vendor",
                 "the proof is for vendor \"" + statement.vendor + "\", this is \"" + vendor + "\"",
                 "send it to that vendor");
}

Result<ActivationRecord> FindActivation(Store& store, const Bytes& serial) {
  auto found = store.FindActivationBySerial(serial);
  if (found && !found->certificate.empty()) return found;
  if (!found && found.error().kind != ErrorKind::kNotFound) return found;
  return Fail(ErrorKind::kNotFound, "return.activation",
              "no license with serial number " + HexEncode(serial) + " was issued here",
              "check the directory, and that the store was not restored from before the activation");
}

Result<Known> Look(Store& store, const Bytes& serial) {
  Known known;
  HOLDFAST_TRY(known.activation, FindActivation(store, serial));
  HOLDFAST_TRY(known.license, store.GetLicense(known.activation.license));
  HOLDFAST_TRY(known.terms, ParseTerms(known.activation.terms));
  known.assurance = known.terms.assurance;
  HOLDFAST_TRY(const auto sightings, store.ListSightings(known.license.id));
  for (const SightingRecord& sighting : sightings)
    if (sighting.content_hash == known.activation.content_hash) known.sighting = sighting;
  HOLDFAST_TRY(auto returns, store.ListReturns(known.license.id));
  HOLDFAST_TRY(auto nonces, store.ListReturnNonces(known.license.id));
  known.returns = Of(known.activation.id, std::move(returns));
  known.nonces = Of(known.activation.id, std::move(nonces));
  return known;
}

// The nonce that is out; one that was recorded with a return already counts as itself again, and changes nothing.
Bytes WantedNonce(const Known& known, const Bytes& shown) {
  const bool recorded = !shown.empty() && std::ranges::any_of(known.returns, [&](const ReturnRecord& record) {
    return record.nonce == shown;
  });
  if (recorded) return shown;
  for (const ReturnNonceRecord& nonce : known.nonces)
    if (!nonce.used) return nonce.nonce;
  return {};
}

ReturnExpectation Expect(const Known& known, const std::string& vendor, const Bytes& shown) {
  return {.vendor = vendor,
          .product = known.license.product,
          .license = known.license.id,
          .certificate = known.activation.certificate,
          .assurance = known.assurance,
          .ek_name = known.activation.ek_name,
          .ak_public = known.activation.ak_public,
          .gate_index = known.sighting ? known.sighting->gate_index : 0,
          .gate_base = known.sighting ? known.sighting->gate_base : 0,
          .nonce = WantedNonce(known, shown)};
}

NewReturn Proven(const Known& known, const ReturnProof& proof, const ReturnAppraisal& appraised,
                 const Change& change) {
  NewReturn proven;
  proven.record.activation = known.activation.id;
  proven.record.proof = FormatReturnProof(proof);
  proven.record.proof_hash = ToBytes(Sha256(AsBytes(proven.record.proof)));
  proven.record.nonce = proof.nonce;
  proven.record.gate_value = appraised.gate_value;
  if (!proof.gate) return proven;
  proven.gate_index = proof.statement.statement.gate->index;
  // Requests made before the gate moved are recognised by it (verifier/ledger.h).
  proven.sighting = SightingRecord{.ek_name = known.activation.ek_name,
                                   .license = known.license.id,
                                   .content_hash = proven.record.proof_hash,
                                   .gate_index = proven.gate_index,
                                   .gate_base = appraised.gate_value,
                                   .clock_ms = appraised.clock.clock_ms,
                                   .reset_count = appraised.clock.reset_count,
                                   .restart_count = appraised.clock.restart_count,
                                   .seen = change.at};
  if (known.assurance == AssuranceClass::kVtpm) proven.notes.emplace_back(kVirtualTpm);
  return proven;
}

Status CreditTime(Store& store, const Known& known, NewReturn& proven) {
  if (!known.terms.returns.time) return {};
  HOLDFAST_TRY(const SoldPlan sold, FindSoldPlan(store, known.license));
  LicenseRecord by_plan = known.license;
  by_plan.ends.reset();
  by_plan.time_left.reset();
  proven.credit_time = true;
  proven.plan_end = EndOf(by_plan, sold.plan, by_plan.created);
  return {};
}

Status CheckProven(const ReturnProof& proof, const AcceptOptions& options) {
  if (proof.gate || options.unproven) return {};
  return Fail(ErrorKind::kDenied, "return.unproven",
              "the host has no TPM: this is a promise that the keys were deleted, and proves nothing",
              "give --unproven to credit it on the customer's word");
}

// As they were counted when the proof was accepted first.
ReturnedUnits Recorded(ReturnedUnits units, const ReturnRecord& record) {
  units.count = record.units;
  if (units.count == UnitCount::kNone) units.meters.clear();
  for (ReturnedMeter& each : units.meters)
    for (const MeterUsage& used : record.used)
      if (used.limit == each.meter.limit && used.period == each.meter.period) {
        each.since = used.since;
        each.counted = used.units;
      }
  return units;
}

std::optional<Time> NewerThan(const Known& known, const Bytes& nonce) {
  for (const ReturnNonceRecord& record : known.nonces)
    if (!nonce.empty() && record.nonce == nonce) return record.issued;
  return {};
}

Status CheckMayAsk(const ActivationRecord& activation) {
  const auto terms = ParseTerms(activation.terms);
  const char* why =
      activation.certificate.empty()                       ? "no license was issued for it"
      : terms && terms->assurance == AssuranceClass::kHost ? "its host has no TPM and can prove nothing"
      : activation.ak_public.empty() ? "its attestation key was not kept: it is from an older version"
                                     : nullptr;
  if (why == nullptr) return {};
  return Fail(ErrorKind::kConflict, "return_nonce.activation",
              "no return of activation " + activation.id + " can be proven: " + why,
              "see `holdfast-vendor license show`");
}

}  // namespace

Result<AcceptedReturn> AcceptReturn(Store& store, const std::string& vendor, const Change& change,
                                    std::string_view proof_file, const AcceptOptions& options) {
  HOLDFAST_TRY(const ReturnProof proof, ReadReturnProofFile(proof_file));
  HOLDFAST_CHECK(CheckVendor(proof.statement.statement, vendor));
  HOLDFAST_TRY(const Known known, Look(store, proof.statement.statement.serial));
  HOLDFAST_TRY(const ReturnAppraisal appraised, AppraiseReturn(proof, Expect(known, vendor, proof.nonce)));
  HOLDFAST_CHECK(CheckProven(proof, options));
  NewReturn proven = Proven(known, proof, appraised, change);
  HOLDFAST_TRY(CountedReturn counted, CountReturned(store, known.activation, known.terms,
                                                    proof.statement.statement.used, change.at));
  proven.notes.insert(proven.notes.end(), counted.notes.begin(), counted.notes.end());
  proven.record.units = counted.units.count;
  if (counted.units.count != UnitCount::kNone) proven.record.used = counted.units.Used();
  HOLDFAST_CHECK(CreditTime(store, known, proven));
  HOLDFAST_TRY(RecordedReturn recorded, store.RecordReturn(change, proven, options.dry_run));
  AcceptedReturn accepted{.license = known.license,
                          .activation = known.activation,
                          .assurance = known.assurance,
                          .proven = proof.gate.has_value(),
                          .newer_than = NewerThan(known, recorded.record.nonce),
                          .ended = std::move(recorded.ended),
                          .notes = proven.notes,
                          .units = Recorded(std::move(counted.units), recorded.record),
                          .expires = known.terms.expires,
                          .credits_time = known.terms.returns.time,
                          .time_left = recorded.record.time_left,
                          .proof_hash = recorded.record.proof_hash,
                          .accepted = recorded.record.accepted,
                          .repeated = recorded.repeated};
  HOLDFAST_TRY(accepted.license, store.GetLicense(known.license.id));
  return accepted;
}

Result<std::string> MakeReturnNonce(Store& store, SigningService& signer, const SignerStatus& status,
                                    const std::string& vendor, const Change& change,
                                    const ActivationRecord& activation) {
  HOLDFAST_CHECK(CheckMayAsk(activation));
  HOLDFAST_TRY(const LicenseRecord license, store.GetLicense(activation.license));
  HOLDFAST_TRY(const IssuerInfo issuer, CurrentIssuer(status, activation.line));
  HOLDFAST_TRY(const ReturnNonceRecord record,
               store.IssueReturnNonce(change, activation.id, RandomBytes(kReturnNonceSize)));
  return SignForHost(kReturnNonce, signer, issuer,
                     {.vendor = vendor,
                      .product = license.product,
                      .license = license.id,
                      .serial = activation.serial,
                      .nonce = record.nonce,
                      .time = change.at});
}

}  // namespace holdfast
