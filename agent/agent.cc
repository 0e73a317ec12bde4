#include "agent/agent.h"

#include <algorithm>

#include "agent/api/administration_json.h"
#include "agent/host_facts.h"

namespace holdfast {
namespace {

constexpr std::chrono::seconds kMaxRetry{60};
// A TPM that hangs must not keep the service from starting.
constexpr int kReadyTicks = 20;

std::string Describe(const std::vector<LicenseView>& licenses, const std::string& fault, Time now) {
  std::string text = std::to_string(licenses.size()) + (licenses.size() == 1 ? " license" : " licenses");
  for (const LicenseView& license : licenses) {
    text += "; " + license.product + " " + std::string(StateName(Assess(license, now).state));
  }
  if (!fault.empty()) text += "; " + fault;
  return text;
}

}  // namespace

Agent::Agent(AgentParts parts, AgentObserver observer)
    : parts_(std::move(parts)),
      observer_(std::move(observer)),
      service_(parts_.clock, std::string(kVersion)) {}

Agent::~Agent() {
  worker_.Stop();
}

Result<std::unique_ptr<Agent>> Agent::Start(AgentParts parts, const api::ServerOptions& options,
                                            AgentObserver observer) {
  std::unique_ptr<Agent> agent(new Agent(std::move(parts), std::move(observer)));
  HOLDFAST_TRY(agent->licenses_, LoadLicenses(agent->parts_.state, agent->parts_.anchors));
  agent->service_.SetLicenses(ViewsOf(agent->licenses_));
  HOLDFAST_TRY(agent->server_, api::Server::Start(options, agent->service_,
                                                  [raw = agent.get()](api::ApiRequest request,
                                                                      const api::Server::Done& done) {
                                                    raw->Administer(std::move(request), done);
                                                  }));
  agent->worker_.Post([raw = agent.get()] { raw->Prove(); });
  return agent;
}

void Agent::Run() {
  server_->Run([this] {
    observer_.alive();
    if (++ticks_ < kReadyTicks || ready_) return;
    ready_ = true;
    observer_.ready();
  });
}

void Agent::Stop() {
  server_->Stop();
}

void Agent::Administer(api::ApiRequest request, const api::Server::Done& done) {
  // std::function wants what can be copied.
  auto shared = std::make_shared<api::ApiRequest>(std::move(request));
  worker_.Post([this, shared, done] { done(Do(*shared)); });
}

Json Agent::Do(const api::ApiRequest& request) {
  if (const auto* make = std::get_if<api::MakeRequestRequest>(&request)) {
    RequestOptions options;
    options.make_new = make->make_new;
    if (make->host_facts) options.host_facts = HostFacts();
    options.agent_version = kVersion;
    return api::RequestAnswer(
        MakeRequest(make->product_key, options, *parts_.tpm, parts_.state, parts_.clock));
  }
  const auto& install = std::get<api::InstallRequest>(request);
  const auto outcome = Install(install.file, *parts_.tpm, parts_.state, parts_.anchors, parts_.clock);
  // Also after a failure: the files may be newer than what is served.
  Reload();
  Prove();
  return api::InstallAnswer(outcome);
}

void Agent::Reload() {
  auto fresh = LoadLicenses(parts_.state, parts_.anchors);
  if (!fresh) return;  // what was loaded before stays
  KeepProofs(licenses_, *fresh);
  licenses_ = std::move(*fresh);
}

void Agent::Prove() {
  Error fault;
  const bool all = ProveLicenses(licenses_, *parts_.tpm, &fault);
  parts_.tpm->Release();
  fault_ = all ? "" : fault.message;
  Publish();
  if (all) {
    retry_after_ = std::chrono::seconds(1);
    return;
  }
  worker_.PostLater(retry_after_, [this] { Prove(); });
  retry_after_ = std::min(retry_after_ * 2, kMaxRetry);
}

void Agent::Publish() {
  server_->Post([this, views = ViewsOf(licenses_), fault = fault_] {
    observer_.status(Describe(views, fault, parts_.clock()));
    service_.SetLicenses(views);
    if (ready_) return;
    ready_ = true;
    observer_.ready();
  });
}

}  // namespace holdfast
