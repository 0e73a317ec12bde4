// The agent: live licenses, the local API in front of them, and one worker behind it for TPM and disk. Built
// by main and by tests.
//
// A TPM that takes a command and never answers (patient_tpm.h) holds up what needs it, and nothing else for longer than
// `tpm_timeout`: checks go on, and so do lists and whatever is about licenses of class host. Whoever waits for the TPM is told
// tpm.silent when the time is up, and who comes after that tpm.busy at once, until it answers after all. As long as no license is
// proven there is nothing to lose: then the agent ends, so that the service manager starts one that asks the TPM anew.
#pragma once

#include "agent/accounts.h"
#include "agent/announcer.h"
#include "agent/api/server.h"
#include "agent/host/boot_id.h"
#include "agent/ledger/books.h"
#include "agent/licenses.h"
#include "agent/patient_tpm.h"
#include "agent/worker.h"

namespace holdfast {

inline constexpr std::string_view kVersion = HOLDFAST_VERSION;

struct AgentParts {
  StateDirectory state;
  FileLock lock;  // of `state`
  TrustAnchors anchors;
  std::unique_ptr<Tpm> tpm;
  Clock clock;
  std::chrono::seconds tpm_timeout{180};  // for one administrative request
  Path host_root = "/";
  // How often a host without a TPM is compared with its license: a dozen small files are read, on the worker.
  std::chrono::milliseconds host_interval = std::chrono::minutes(10);
  Uptime uptime = SystemUptime();
  // How often the time that has passed goes into the ledger, which costs the TPM's NV a write: what a crash loses of it the TPM's
  // clock makes good.
  std::chrono::milliseconds save_interval = std::chrono::hours(1);
  // Of this kernel (agent/host/boot_id.h). Empty: unknown, and no application is vouched for.
  std::string boot_id = host::ReadBootId();
  // How often it is looked whether a session is to be renewed.
  std::chrono::milliseconds session_interval = std::chrono::minutes(1);
};

// What the service manager wants to know. Called on the thread that runs.
struct AgentObserver {
  std::function<void()> ready = [] {};  // the first proof was tried: once
  std::function<void(const std::string& text)> status = [](const std::string&) {};  // for people
  std::function<void()> alive = [] {};                                              // once per tick
  std::function<void(const Announcement& announcement)> announce = [](const Announcement&) {};
  std::function<void(const Advisory& advisory)> advise = [](const Advisory&) {};
};

class Agent {
 public:
  // Reads the licenses and listens. Checks: those of LoadLicenses and of api::Server.
  static Result<std::unique_ptr<Agent>> Start(AgentParts parts, const api::ServerOptions& options,
                                              AgentObserver observer);
  ~Agent();
  // Until Stop, which is success. Check: tpm.silent, a tick after those who waited were told so.
  Status Run();
  void Stop();  // from any thread
  // From any thread: verifies the installed licenses anew, with these roots, says `done`, and proves those that are not proven. What is
  // held stays held.
  void Reload(TrustAnchors anchors, std::function<void()> done);

 private:
  Agent(AgentParts parts, AgentObserver observer);
  struct Waiting;
  void Administer(api::ApiRequest request, const api::Server::Done& done);
  void Consume(const api::ConsumeRequest& request, const std::shared_ptr<Waiting>& waiting);
  void ConsumeHard(const api::HardUse& use, const std::shared_ptr<Waiting>& waiting);
  void HandOut(const api::KeyRequest& request, const std::shared_ptr<Waiting>& waiting);
  void Tick();
  void Announce();
  // What the thread that serves knows of the licenses.
  struct Served {
    std::vector<LicenseView> views;
    std::map<std::string, LicenseProof> proofs;
    Accounts accounts;
  };
  void Serve(Served served);
  // On the worker:
  Hardware hardware() { return {tpm_, parts_.host_root}; }
  Result<HardMeters::Use> UseHardMeter(const api::HardUse& use);
  Json Do(const api::ApiRequest& request, const std::vector<MeterRecord>& used);
  void Reload();
  void Prove();
  void KeepBooks();
  void KeepSessions();
  void LookUp();
  SessionOccasion Occasion() { return {parts_.boot_id, time_.Now()}; }
  std::vector<LicenseView> Views() const;
  Served ToServe() const;
  void Publish();
  void SaveAtEnd();

  AgentParts parts_;
  const AgentObserver observer_;
  PatientTpm tpm_;  // the worker's
  OwnedTime time_;
  Books books_;  // the worker's
  api::Service service_;
  std::unique_ptr<api::Server> server_;
  bool ready_ = false;
  Announcer announcer_;
  std::string said_;  // last, to the observer: said again only when it changes
  int ticks_ = 0;
  bool silent_ = false;  // the TPM; as told to the observer
  bool any_proven_ = false, gave_up_ = false;
  std::vector<std::shared_ptr<Waiting>> waiting_;
  std::map<std::string, std::vector<std::shared_ptr<Waiting>>> asking_;  // for "<product>/<key>"
  std::vector<LoadedLicense> licenses_;                                  // the worker's
  Accounts accounts_;                                                    // the worker's
  std::chrono::seconds retry_after_{1};                                  // the worker's
  std::string fault_;  // the worker's: why the licenses could not be loaded anew
  Worker worker_;      // last: it ends before what it uses
};

}  // namespace holdfast
