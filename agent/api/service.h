// What the agent answers at once, without TPM and without disk: status, checks, limits, meters whose batch has units left. Also what `holdfast`
// answers from when no agent runs. Not thread safe: it belongs to the thread that serves.
#pragma once

#include <functional>

#include "agent/api/advisories.h"
#include "agent/api/api_request.h"
#include "agent/api/entitlements.h"
#include "agent/api/meters.h"
#include "agent/enforcement/caller.h"
#include "agent/enforcement/decide.h"
#include "agent/enforcement/holdings.h"
#include "agent/ledger/books.h"
#include "agent/license_session.h"
#include "agent/open_requests.h"

namespace holdfast::api {

// Units that the TPM is to use up: of that limit, of the license for that product. A license that was replaced meanwhile may have another.
struct HardUse {
  std::string product, limit;
  int64_t amount = 0;
};

class Service {
 public:
  // `time` must live as long as the service.
  Service(OwnedTime& time, std::string version) : time_(time), version_(std::move(version)) {}
  // Ascending by product. Who holds something keeps it.
  void SetLicenses(std::vector<LicenseView> licenses) { licenses_ = std::move(licenses); }
  const std::vector<LicenseView>& licenses() const { return licenses_; }
  // What challenges are answered with, by product; accounts that the licenses name.
  void SetProofs(std::map<std::string, LicenseProof> proofs) { proofs_ = std::move(proofs); }
  void SetAccounts(Accounts accounts) { accounts_ = std::move(accounts); }
  void SetLedger(LedgerReport report) { ledger_ = std::move(report); }
  void SetRequests(std::vector<OpenRequest> requests) { requests_ = std::move(requests); }
  // Of the ledger, once it is open. Until then no meter is used.
  void LoadMeters(const std::vector<MeterRecord>& records, std::vector<MeterRecord> ended = {}) {
    meters_.Load(records, std::move(ended));
  }

  // Answers are JSON objects with "ok"; docs/local-api.md has every member.
  Json Status() const;
  Json Check(const CheckRequest& request);
  // nullptr: none is installed. Checks: check.product (kUsage: several are installed and none is named).
  Result<const LicenseView*> Find(const std::string& product) const;
  // About a feature of an installed license; counted where it only advises.
  Decision Decide(const LicenseView& license, const std::string& feature);
  std::map<std::string, Decision> DecideAll(const LicenseView& license) const {
    return api::DecideAll(license, Now());
  }
  Json Entitlements(const EntitlementsRequest& request) const;
  // Moves the generation when an answer of Entitlements has changed since the last look.
  bool Look() { return generation_.Look(licenses_, Now()); }
  int64_t generation() const { return generation_.value(); }
  // Costs some 100 microseconds. Check: challenge.unproven (kNotFound: no license; kRefused: one that cannot be proven; kUnavailable: not now).
  Result<local::AnsweredChallenge> Challenge(const local::Challenge& challenge);
  // The denial, where the terms do not let the caller use the limit at all. `caller` is asked only where the terms want to know.
  using CallerSource = std::function<Caller()>;
  std::optional<Json> Excluded(const std::string& product, const std::string& limit,
                               const CallerSource& caller);
  Json Limit(Holdings::Holder holder, const LimitRequest& request);
  // The answer; or what the ledger must have on record before it can be given: then Add that and ask again. Or units of a hard meter, which the
  // TPM uses up first, and then the other.
  std::variant<Json, NextBatch, HardUse> Consume(const ConsumeRequest& request);
  // What became of it. The license's view is the one from after that.
  Json Consume(const ConsumeRequest& request, const Result<HardMeters::Use>& use);
  // Is the content key handed out? Then the TPM is asked for it, and this again with what it said: what stands is what is so by then.
  Json Key(const KeyRequest& request) const;
  Json Key(const KeyRequest& request, const Result<Secret>& opened);
  void Add(const NextBatch& batch) { meters_.Add(batch, time_.Read().floor); }
  std::vector<MeterRecord> UsedOfMeters() const { return meters_.Used(); }
  // What licenses that only advise would have denied since the last call.
  std::vector<Advisory> NewAdvisories() { return advisories_.News(time_.Now()); }
  void Gone(Holdings::Holder holder) { holdings_.ReleaseAll(holder); }

 private:
  Situation Now() const;
  Json StatusOf(const LicenseView& license, const TimeReading& reading) const;
  Json StatusOf(const LicenseView& license, const std::string& name, const holdfast::Limit& limit,
                Time floor) const;
  std::variant<Json, NextBatch, HardUse> ConsumeHard(const LicenseView& license, const Situation& now,
                                                     const ConsumeRequest& request,
                                                     const holdfast::Limit& limit);
  // How a meter is counted, and until when.
  void AddPeriod(Json& json, const LicenseView& license, const holdfast::Limit& meter, Time floor) const;
  // As it is answered; counted where the license only advises.
  Json Answer(const LicenseView& license, const std::string& subject, const Decision& decision, Time now);
  Decision Take(const LicenseView& license, const Situation& now, Holdings::Holder holder,
                const std::string& name, int64_t amount);
  Decision GiveBack(const LicenseView& license, const Situation& now, Holdings::Holder holder,
                    const std::string& name, int64_t amount);

  OwnedTime& time_;
  std::string version_;
  LedgerReport ledger_;
  std::vector<LicenseView> licenses_;
  std::vector<OpenRequest> requests_;
  std::map<std::string, LicenseProof> proofs_;
  Accounts accounts_;
  Generation generation_;
  Meters meters_;
  Holdings holdings_;  // by "<product>/<limit>"
  Advisories advisories_;
};

}  // namespace holdfast::api
