#include "agent/agent.h"

#include <algorithm>
#include <future>

#include "agent/api/administration_json.h"
#include "agent/api/decision_json.h"
#include "agent/content_keys.h"
#include "agent/hard_meter.h"
#include "agent/host_facts.h"
#include "agent/repair.h"

namespace holdfast {
namespace {

constexpr std::chrono::seconds kMaxRetry{60}, kAccountsInterval{3600};
constexpr std::chrono::seconds kPatienceAtEnd{3};
// A TPM that hangs must not keep the service from starting: in ticks, of which there are two a second.
constexpr int kReadyTicks = 40;
// How often it is looked whether time alone has made news, in ticks.
constexpr int kAnnounceTicks = 120;

std::string Describe(const std::vector<LicenseView>& licenses, const std::string& fault,
                     const Situation& now) {
  std::string text = std::to_string(licenses.size()) + (licenses.size() == 1 ? " license" : " licenses");
  for (const LicenseView& license : licenses) {
    text += "; " + license.product + " " + std::string(StateName(Assess(license, now).state));
    if (!license.fault.empty()) text += ": " + license.fault;
  }
  if (!fault.empty()) text += "; " + fault;
  return text;
}

}  // namespace

// A request that the worker has not done yet. It is answered once: by the worker, or by Tick when the time is up.
struct Agent::Waiting {
  const std::chrono::steady_clock::time_point until;
  const api::Server::Done done;
  std::atomic_flag answered;
  void Answer(const Json& answer) {
    if (!answered.test_and_set()) done(answer);
  }
};

Agent::Agent(AgentParts parts, AgentObserver observer)
    : parts_(std::move(parts)),
      observer_(std::move(observer)),
      tpm_(std::move(parts_.tpm), parts_.tpm_timeout),
      time_(parts_.clock, parts_.uptime),
      books_(parts_.state, tpm_, time_),
      service_(time_, std::string(kVersion)) {}

Agent::~Agent() {
  worker_.Stop();
}

Result<std::unique_ptr<Agent>> Agent::Start(AgentParts parts, const api::ServerOptions& options,
                                            AgentObserver observer) {
  std::unique_ptr<Agent> agent(new Agent(std::move(parts), std::move(observer)));
  HOLDFAST_TRY(agent->licenses_, LoadLicenses(agent->parts_.state, agent->parts_.anchors));
  SeeSignedTimes(agent->licenses_, agent->time_);
  agent->service_.SetLicenses(ViewsOf(agent->licenses_));
  HOLDFAST_TRY(agent->server_, api::Server::Start(options, agent->service_,
                                                  [raw = agent.get()](api::ApiRequest request,
                                                                      const api::Server::Done& done) {
                                                    raw->Administer(std::move(request), done);
                                                  }));
  agent->worker_.Post([raw = agent.get()] {
    raw->LookUp();
    raw->Prove();
  });
  return agent;
}

Status Agent::Run() {
  server_->Run([this] { Tick(); });
  if (gave_up_) return tl::unexpected(TpmSilent(parts_.tpm_timeout));
  SaveAtEnd();
  return {};
}

void Agent::Serve(Served served) {
  any_proven_ = std::any_of(served.views.begin(), served.views.end(), [](const LicenseView& view) {
    return view.verified && view.hardware == HardwareProof::kProven;
  });
  service_.SetProofs(std::move(served.proofs));
  service_.SetAccounts(std::move(served.accounts));
  service_.SetLicenses(std::move(served.views));
  server_->Notice();
}

void Agent::Tick() {
  observer_.alive();
  std::erase_if(waiting_, [&](const auto& waiting) {
    if (waiting->until <= std::chrono::steady_clock::now())
      waiting->Answer(api::ErrorAnswer(TpmSilent(parts_.tpm_timeout)));
    return waiting->answered.test();
  });
  const bool silent = tpm_.silent();
  if (silent && silent_ && !any_proven_) {
    gave_up_ = true;
    return Stop();
  }
  if (silent != silent_) {
    silent_ = silent;
    said_ = silent_ ? TpmSilent(parts_.tpm_timeout).message : "the TPM answers again";
    observer_.status(said_);
  }
  ticks_++;
  if (ready_ && ticks_ % kAnnounceTicks == 0) Announce();
  if (ticks_ < kReadyTicks || ready_) return;
  ready_ = true;
  observer_.ready();
}

void Agent::Announce() {
  const TimeReading reading = time_.Read();
  for (const Announcement& news : announcer_.Look(service_.licenses(), reading)) observer_.announce(news);
  for (const Advisory& advisory : service_.NewAdvisories()) observer_.advise(advisory);
}

void Agent::Stop() {
  server_->Stop();
}

void Agent::Administer(api::ApiRequest request, const api::Server::Done& done) {
  const auto until = std::chrono::steady_clock::now() + parts_.tpm_timeout;
  std::shared_ptr<Waiting> waiting(new Waiting{until, done, {}});
  waiting_.push_back(waiting);
  if (const auto* consume = std::get_if<api::ConsumeRequest>(&request)) return Consume(*consume, waiting);
  if (const auto* key = std::get_if<api::KeyRequest>(&request)) return HandOut(*key, waiting);
  // std::function wants what can be copied.
  auto shared = std::make_shared<api::ApiRequest>(std::move(request));
  worker_.Post([this, shared, waiting, used = service_.UsedOfMeters()] {
    if (waiting->answered.test()) return;  // who was told that it is not done does it again
    const Json answer = Do(*shared, used);
    Publish();  // whatever came of it, the ledger may have been found disturbed
    waiting->Answer(answer);
  });
}

// Back and forth until the batch is large enough: others who waited may have used it up.
void Agent::Consume(const api::ConsumeRequest& request, const std::shared_ptr<Waiting>& waiting) {
  if (waiting->answered.test()) return;  // who was told that it is not done has used nothing
  const auto outcome = service_.Consume(request);
  if (const auto* answer = std::get_if<Json>(&outcome)) return waiting->Answer(*answer);
  if (const auto* hard = std::get_if<api::HardUse>(&outcome)) return ConsumeHard(*hard, waiting);
  const auto batch = std::get<api::NextBatch>(outcome);
  worker_.Post([this, request, waiting, batch] {
    if (waiting->answered.test()) return;
    const Status reserved = books_.Reserve(batch.record, batch.ended);
    tpm_.Release();
    if (!reserved) {
      Publish();  // the ledger may have been found disturbed
      return waiting->Answer(api::ErrorAnswer(reserved.error()));
    }
    server_->Post([this, request, waiting, batch] {
      service_.Add(batch);
      Consume(request, waiting);
    });
  });
}

// Counted first, granted then. Who was told meanwhile that it is not done has lost the units at most.
void Agent::ConsumeHard(const api::HardUse& use, const std::shared_ptr<Waiting>& waiting) {
  // The product may not have been named, and another one be the only one by then.
  const api::ConsumeRequest named{use.limit, use.product, use.amount};
  worker_.Post([this, named, use, waiting] {
    if (waiting->answered.test()) return;
    const auto used = std::make_shared<const Result<HardMeters::Use>>(UseHardMeter(use));
    tpm_.Release();
    Publish();
    server_->Post([this, named, waiting, used] { waiting->Answer(service_.Consume(named, *used)); });
  });
}

Result<HardMeters::Use> Agent::UseHardMeter(const api::HardUse& use) {
  const auto license = std::find_if(licenses_.begin(), licenses_.end(), [&](const LoadedLicense& loaded) {
    return loaded.view.product == use.product && loaded.view.verified;
  });
  const auto* keys = license == licenses_.end() ? nullptr : std::get_if<KeySet>(&license->keys);
  const auto meter = keys == nullptr ? std::nullopt : HardMeterOf(license->view.verified->terms, use.limit);
  if (!meter)
    return Fail(ErrorKind::kUnavailable, "meter.unread", "the license was changed meanwhile", "try again");
  const auto* records = books_.meters();
  const int64_t by_ledger = records == nullptr ? 0 : CountedByLedger(license->view, *records);
  const auto used = UseUnits(*meter, *keys, use.amount, by_ledger, tpm_);
  // After an error how many were counted is asked anew, and if that fails as well, later.
  const bool lost = !used && used.error().kind == ErrorKind::kRefused;
  license->view.hard_count = used   ? HardCount{used->used - by_ledger}
                             : lost ? CountFrom(tl::unexpected(used.error()))
                                    : CountFrom(UnitsUsed(*meter, *keys, tpm_));
  if (!license->view.hard_count.used && !license->view.hard_count.lost)
    worker_.PostLater("proof", retry_after_, [this] { Prove(); });
  return used;
}

// The TPM is asked once for all who ask for a key at the same time, so that nobody fills the worker's queue with it. Decided again when
// it has answered: a license that ended meanwhile gives none.
void Agent::HandOut(const api::KeyRequest& request, const std::shared_ptr<Waiting>& waiting) {
  const Json decision = service_.Key(request);
  if (!api::IsAllowed(decision)) return waiting->Answer(decision);
  const api::KeyRequest named{request.name, decision["product"].get<std::string>()};
  auto& asking = asking_[named.product + "/" + named.name];
  asking.push_back(waiting);
  if (asking.size() > 1) return;
  worker_.Post([this, named] {
    const auto opened = std::make_shared<const Result<Secret>>(
        OpenInstalledKey(named.product, named.name, parts_.state, tpm_));
    tpm_.Release();
    server_->Post([this, named, opened] {
      for (const auto& each : std::exchange(asking_[named.product + "/" + named.name], {}))
        each->Answer(service_.Key(named, *opened));
    });
  });
}

Json Agent::Do(const api::ApiRequest& request, const std::vector<MeterRecord>& used) {
  if (const auto* make = std::get_if<api::MakeRequestRequest>(&request)) {
    RequestOptions options;
    options.make_new = make->make_new;
    if (make->host_facts) options.host_facts = HostFacts();
    options.without_tpm = make->without_tpm;
    options.repair = make->repair;
    options.agent_version = kVersion;
    options.vendors = VendorsOf(parts_.anchors);
    bool replaced = false;
    const auto counter = [&] {
      auto found = books_.Counter();
      replaced = books_.replaced_counter();
      return found;
    };
    auto made = MakeRequest(make->product_key, options, hardware(), parts_.state, counter, parts_.clock);
    if (made && made->repairs_installed) {
      const auto until = BeginEmergency(made->product, Views(), {time_, books_});
      tpm_.Release();
      if (!until) return api::ErrorAnswer(until.error());
      made->emergency_until = *until;
    }
    if (made) made->counter_replaced = replaced;
    return api::RequestAnswer(made);
  }
  if (const auto* back = std::get_if<api::ReturnRequest>(&request)) {
    const auto outcome = api::DoReturn(*back, std::string(kVersion), hardware(), parts_.state, parts_.anchors,
                                       parts_.clock, books_);
    Reload();
    Prove();
    return api::ReturnAnswer(*back, outcome);
  }
  if (const auto* ask = std::get_if<api::TimeRequest>(&request))
    return api::TimeRequestAnswer(
        AskForTime(ask->product, tpm_, parts_.state, parts_.anchors, {time_, books_}));
  if (const auto* report = std::get_if<api::HeartbeatRequest>(&request))
    return api::HeartbeatAnswer(api::DoHeartbeat(*report, std::string(kVersion), used, hardware(),
                                                 parts_.state, parts_.anchors, {time_, books_}));
  if (const auto* glass = std::get_if<api::BreakGlassRequest>(&request)) {
    const auto outcome =
        BreakGlass({glass->product, glass->dry_run}, Views(), AnyInTpm(licenses_), {time_, books_});
    tpm_.Release();
    return api::BreakGlassAnswer(*glass, outcome);
  }
  const auto& install = std::get<api::InstallRequest>(request);
  const auto outcome = api::DoInstall(install, hardware(), parts_.state, parts_.anchors, {time_, books_});
  // Also after a failure: the files may be newer than what is served.
  Reload();
  Prove();
  return api::InstallAnswer(outcome);
}

void Agent::Reload(TrustAnchors anchors, std::function<void()> done) {
  worker_.Post([this, anchors = std::move(anchors), done = std::move(done)] {
    parts_.anchors = anchors;
    Reload();
    done();
    Prove();
  });
}

void Agent::Reload() {
  auto fresh = LoadLicenses(parts_.state, parts_.anchors);
  fault_ = fresh ? "" : fresh.error().message;
  if (!fresh) return;  // what was loaded before stays
  KeepProofs(licenses_, *fresh);
  SeeSignedTimes(*fresh, time_);
  licenses_ = std::move(*fresh);
  LookUp();
}

std::vector<LicenseView> Agent::Views() const {
  std::vector<LicenseView> views = ViewsOf(licenses_);
  books_.Judge(views);
  return views;
}

Agent::Served Agent::ToServe() const {
  return {Views(), ProofsOf(licenses_), accounts_};
}

// Not each time that something is published: name services may ask a network.
void Agent::LookUp() {
  const bool all = LookUpAccounts(ViewsOf(licenses_), accounts_);
  worker_.PostLater("accounts", all ? kAccountsInterval : kMaxRetry, [this] {
    LookUp();
    Publish();
  });
}

// By its own clock, and by the time that is owned: so a clock that was put right leaves nobody unproven for long.
void Agent::KeepSessions() {
  const bool news = RenewSessions(licenses_, hardware(), parts_.state, Occasion());
  tpm_.Release();
  if (news) Publish();
  worker_.PostLater("sessions", parts_.session_interval, [this] { KeepSessions(); });
}

// Where nothing is licensed there is nothing to keep.
void Agent::KeepBooks() {
  if (licenses_.empty()) return;
  const bool kept = books_.Keep(AnyInTpm(licenses_)).has_value();
  tpm_.Release();
  worker_.PostLater("books", kept ? parts_.save_interval : kMaxRetry, [this] {
    KeepBooks();
    Publish();
  });
}

// What passed since the last save; a TPM that does not answer must not keep the machine from going down.
void Agent::SaveAtEnd() {
  const auto saved = std::make_shared<std::promise<void>>();
  std::future<void> done = saved->get_future();
  worker_.Post([this, saved, used = service_.UsedOfMeters()] {
    if (books_.report().open) (void)books_.Close(used);
    tpm_.Release();
    saved->set_value();
  });
  done.wait_for(kPatienceAtEnd);
}

void Agent::Prove() {
  // What is installed now goes on record; a TPM that is silent must not hold up who has installed a list.
  const bool news = books_.See(ViewsOf(licenses_));
  if (!books_.is_known(AnyInTpm(licenses_))) {
    KeepBooks();
  } else if (news) {
    worker_.Post([this] {
      KeepBooks();
      Publish();
    });
  }
  const bool hosts = ProveHosts(licenses_, hardware(), parts_.state, Occasion());
  // A TPM that is silent holds up what follows, and these licenses need none.
  if (AnyOfClassHost(licenses_)) server_->Post([this, served = ToServe()] { Serve(served); });
  const bool by_tpm = ProveByTpm(licenses_, hardware(), parts_.state, Occasion());
  const bool proven = ReadHardMeters(licenses_, tpm_) && by_tpm && hosts;
  tpm_.Release();
  Publish();
  // Of licenses that were proven before. Not here: a TPM that is silent must not hold up who has installed a list.
  worker_.PostLater("sessions", {}, [this] { KeepSessions(); });
  if (proven && (licenses_.empty() || books_.is_known(AnyInTpm(licenses_)))) {
    retry_after_ = std::chrono::seconds(1);
    if (AnyOfClassHost(licenses_)) worker_.PostLater("proof", parts_.host_interval, [this] { Prove(); });
    return;
  }
  worker_.PostLater("proof", retry_after_, [this] { Prove(); });
  retry_after_ = std::min(retry_after_ * 2, kMaxRetry);
}

void Agent::Publish() {
  std::optional<std::vector<MeterRecord>> meters;
  if (const auto* records = books_.meters()) meters = *records;
  server_->Post([this, served = ToServe(), ledger = books_.report(), meters, ended = books_.ended(),
                 fault = fault_, requests = OpenRequests(parts_.state)] {
    service_.SetLedger(ledger);
    service_.SetRequests(requests);
    if (meters) service_.LoadMeters(*meters, ended);
    const TimeReading reading = time_.Read();
    if (std::string text = Describe(served.views, fault, reading); text != said_) {
      said_ = std::move(text);
      observer_.status(said_);
    }
    Serve(served);
    Announce();
    if (ready_) return;
    ready_ = true;
    observer_.ready();
  });
}

}  // namespace holdfast
