#include "agent/return_license.h"

#include <algorithm>

#include "agent/hard_meter.h"
#include "agent/ledger/conversation.h"
#include "agent/licenses.h"
#include "agent/return_statement.h"
#include "agent/returned_nonce.h"

namespace holdfast {
namespace {

template <class T>
Result<std::optional<T>> IfAny(Result<T> found) {
  if (found) return std::optional<T>(std::move(*found));
  if (found.error().kind == ErrorKind::kNotFound) return std::optional<T>();
  return tl::unexpected(std::move(found.error()));
}

bool HaveSameKey(const LicenseKeys& a, const LicenseKeys& b) {
  const auto one = LicenseKeyOf(a), other = LicenseKeyOf(b);
  return one && other && one->spki() == other->spki();
}

Result<std::string> OnlyProduct(std::vector<std::string> products, const std::string& named) {
  if (!named.empty()) return named;
  std::sort(products.begin(), products.end());
  products.erase(std::unique(products.begin(), products.end()), products.end());
  if (products.size() == 1) return products.front();
  if (products.empty())
    return Fail(ErrorKind::kNotFound, "return.nothing", "no license is installed or was returned here",
                "see holdfast status");
  std::string names;
  for (const std::string& product : products) names += (names.empty() ? "" : ", ") + product;
  return Fail(ErrorKind::kUsage, "return.product", "there are licenses for several products: " + names,
              "name one with --product");
}

tl::unexpected<Error> NothingOf(const std::string& product) {
  return Fail(ErrorKind::kNotFound, "return.nothing",
              "no license for " + product + " is installed or was returned here", "see holdfast status");
}

// What is returned, or is to be returned, of one product.
struct Found {
  std::optional<InstalledLicense> installed;
  std::optional<ReturnedLicense> returned;

  // Is the kept return the one that is asked for?
  bool Begun() const { return returned && (!installed || HaveSameKey(returned->keys, installed->keys)); }
};

Result<Found> Find(const std::string& product, const StateDirectory& state) {
  Found found;
  HOLDFAST_TRY(found.installed, IfAny(state.ReadLicense(product)));
  HOLDFAST_TRY(found.returned, IfAny(state.ReadReturned(product)));
  if (!found.installed && !found.returned) return NothingOf(product);
  return found;
}

// With what a return is made.
struct Surroundings {
  const Hardware& hardware;
  const StateDirectory& state;
  Books& books;
  bool use_tpm = false;  // any license here does
  bool dry_run = false;
};

// A later proof of the same license says all that the earlier one did; that of another license must not be lost.
Status CheckMayReplace(const ReturnedLicense& kept, const ReturnStatement& by) {
  if (kept.proof && kept.statement.statement.license == by.license) return {};
  return Fail(
      ErrorKind::kConflict, "return.kept",
      "the return of another license of this product, " + kept.statement.statement.license + ", is kept here",
      "send its proof to the vendor, then give --forget; move " + by.product +
          ".json in the state directory's returns/ away if it cannot be completed");
}

// The open request for keys under this gate is dead when the gate has moved.
Status DropRequest(const ReturnedLicense& license, const StateDirectory& state, bool dry_run, bool& dropped) {
  const auto* keys = std::get_if<KeySet>(&license.keys);
  const auto pending = state.ReadPending(license.product);
  const auto* waiting = pending ? std::get_if<KeySet>(&pending->keys) : nullptr;
  if (!keys || !waiting || waiting->gate_index != keys->gate_index || waiting->gate_base != keys->gate_base)
    return {};
  dropped = true;
  return dry_run ? Status() : state.RemovePending(license.product);
}

Result<ReturnProof> Prove(const ReturnedLicense& license, const Bytes& nonce, Tpm& tpm,
                          const StateDirectory& state) {
  ReturnProof proof{license.statement, nonce, {}};
  if (const auto* host = std::get_if<HostKeys>(&license.keys)) {
    HOLDFAST_CHECK(state.RemoveHostKeys(*host));
    return proof;
  }
  const Sha256Digest data = ReturnQualifyingData(license.statement.compact, nonce);
  HOLDFAST_TRY(proof.gate, tpm.Retire(std::get<KeySet>(license.keys), data));
  return proof;
}

ReturnOutcome OutcomeOf(const ReturnedLicense& license) {
  ReturnOutcome outcome;
  outcome.product = license.product;
  outcome.license = license.statement.statement.license;
  outcome.by_tpm = !IsHost(license.keys);
  outcome.repeated = license.proof.has_value();
  if (const auto& used = license.statement.statement.used) outcome.used = used->usage;
  return outcome;
}

bool IsWanted(const ReturnedLicense& license, const Bytes& nonce) {
  return !license.proof || (!nonce.empty() && license.proof->nonce != nonce);
}

// From the statement on: each step is done again without harm.
Result<ReturnOutcome> Complete(ReturnedLicense license, const Bytes& nonce, bool dry_run, Tpm& tpm,
                               const StateDirectory& state) {
  ReturnOutcome outcome = OutcomeOf(license);
  if (dry_run) {
    HOLDFAST_CHECK(DropRequest(license, state, true, outcome.request_dropped));
    return outcome;
  }
  if (IsWanted(license, nonce)) {
    HOLDFAST_TRY(license.proof, Prove(license, nonce, tpm, state));
    HOLDFAST_CHECK(state.WriteReturned(license));
  }
  HOLDFAST_CHECK(DropRequest(license, state, false, outcome.request_dropped));
  outcome.fresh = !license.proof->nonce.empty();
  outcome.file = ArmorReturnProof(*license.proof);
  return outcome;
}

// Can what was begun be stated anew, as long as the gate has not moved?
bool IsOpen(const Found& found) {
  return found.installed && !(found.returned && found.returned->proof);
}

// Has the gate moved? The license key tells, and nothing else has to be in order to complete what was begun then. That the TPM wants something else first,
// such as a password, does not say so.
bool IsDead(const LicenseToReturn& wanted, const InstalledLicense& installed, const Surroundings& at) {
  const auto probe = SignStatement(wanted.statement, installed.keys, at.hardware.tpm, at.state);
  return !probe && probe.error().kind == ErrorKind::kRefused;
}

// Of a hard meter that is lost nobody knows what was used: nothing is stated then, and the vendor takes all for used up.
Result<std::optional<StatedUsage>> UsedOf(const LicenseToReturn& license, const LicenseKeys& keys,
                                          const Surroundings& at) {
  const auto hard = HardUsage(license.terms, keys, at.hardware.tpm);
  if (!hard && hard.error().kind != ErrorKind::kRefused) return tl::unexpected(hard.error());
  if (!hard) return std::nullopt;
  HOLDFAST_TRY(auto stated, UsageToState(license, at.use_tpm, at.books));
  if (stated && *hard) AddHardUsage(stated->usage, license.terms, **hard);
  return stated;
}

// Signs and writes the statement. After a dry run it is unsigned and nowhere but here.
Result<ReturnedLicense> State(const Found& found, const LicenseToReturn& wanted, const Surroundings& at) {
  if (found.returned && !found.Begun()) HOLDFAST_CHECK(CheckMayReplace(*found.returned, wanted.statement));
  ReturnedLicense license{found.installed->product, found.installed->keys, {}, {}, wanted.id.root};
  ReturnStatement statement = wanted.statement;
  if (at.dry_run) {
    license.statement.statement = statement;
    return license;
  }
  HOLDFAST_TRY(statement.used, UsedOf(wanted, license.keys, at));
  HOLDFAST_TRY(license.statement, SignStatement(statement, license.keys, at.hardware.tpm, at.state));
  HOLDFAST_CHECK(at.state.WriteReturned(license));
  return license;
}

Result<ReturnedLicense> Begin(const Found& found, const Result<LicenseToReturn>& wanted,
                              const Surroundings& at) {
  if (found.Begun() && (!IsOpen(found) || at.dry_run)) return *found.returned;
  if (!wanted) {
    if (found.Begun()) return *found.returned;
    return tl::unexpected(wanted.error());
  }
  if (found.Begun() && IsDead(*wanted, *found.installed, at)) return *found.returned;
  return State(found, *wanted, at);
}

Result<ReturnOutcome> Return(const ReturnOptions& options, const Hardware& hardware,
                             const StateDirectory& state, const TrustAnchors& anchors, const Clock& clock,
                             Books& books) {
  HOLDFAST_TRY(auto products, state.InstalledProducts());
  HOLDFAST_TRY(const auto returned, state.ReturnedProducts());
  products.insert(products.end(), returned.begin(), returned.end());
  HOLDFAST_TRY(const std::string product, OnlyProduct(std::move(products), options.product));
  HOLDFAST_TRY(const Found found, Find(product, state));
  const Result<LicenseToReturn> wanted =
      found.installed ? StatementFor(*found.installed, options.agent_version, anchors, clock())
                      : Result<LicenseToReturn>(NothingOf(product));
  Bytes nonce;
  if (!options.nonce.empty()) {
    // Before anything is written: a nonce that is not the vendor's, or not for this license, ends nothing.
    if (!found.Begun() && !wanted) return tl::unexpected(wanted.error());
    const bool begun = found.Begun();
    HOLDFAST_TRY(nonce, NonceFor(begun ? found.returned->statement.statement : wanted->statement,
                                 wanted ? wanted->id.root : found.returned->root, options.nonce, anchors));
  }
  HOLDFAST_TRY(const auto licenses, LoadLicenses(state, anchors));
  const Surroundings at{hardware, state, books, AnyInTpm(licenses), options.dry_run};
  HOLDFAST_TRY(ReturnedLicense license, Begin(found, wanted, at));
  HOLDFAST_TRY(ReturnOutcome outcome,
               Complete(std::move(license), nonce, options.dry_run, hardware.tpm, state));
  if (wanted) outcome.terms = wanted->terms;
  return outcome;
}

}  // namespace

Result<ReturnOutcome> ReturnLicense(const ReturnOptions& options, const Hardware& hardware,
                                    const StateDirectory& state, const TrustAnchors& anchors,
                                    const Clock& clock, Books& books) {
  auto outcome = Return(options, hardware, state, anchors, clock, books);
  hardware.tpm.Release();
  return outcome;
}

Result<ReturnOutcome> ForgetReturn(const std::string& named, const StateDirectory& state) {
  HOLDFAST_TRY(auto products, state.ReturnedProducts());
  HOLDFAST_TRY(const std::string product, OnlyProduct(std::move(products), named));
  HOLDFAST_TRY(const Found found, Find(product, state));
  if (!found.returned) return NothingOf(product);
  if (!found.returned->proof)
    return Fail(ErrorKind::kConflict, "return.unfinished",
                "the return of " + product + " is not completed yet",
                "run holdfast return again, and send the proof to the vendor");
  if (found.installed && found.Begun()) HOLDFAST_CHECK(state.RemoveLicense(product));
  HOLDFAST_CHECK(state.RemoveReturned(product));
  return OutcomeOf(*found.returned);
}

bool IsReturned(const InstalledLicense& installed, const StateDirectory& state) {
  const auto returned = state.ReadReturned(installed.product);
  return returned && HaveSameKey(returned->keys, installed.keys);
}

}  // namespace holdfast
