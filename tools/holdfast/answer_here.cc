#include <algorithm>

#include "agent/agent.h"
#include "agent/agent_config.h"
#include "agent/api/administration_json.h"
#include "agent/api/decision_json.h"
#include "agent/content_keys.h"
#include "agent/hard_meter.h"
#include "agent/host_facts.h"
#include "agent/ledger/books.h"
#include "agent/repair.h"
#include "protocol/error_json.h"
#include "tools/holdfast/site.h"
#include "tools/holdfast/tpm_deadline.h"

namespace holdfast::cli {
namespace {

struct Here {
  StateDirectory state;
  std::string tcti;
  Path roots, host_root;
};

// The outside form of an answer: its error as an Error again.
Result<Json> Unwrap(Json answer) {
  if (answer["ok"] == true) return answer;
  HOLDFAST_TRY(Error error, ErrorFromJson(answer["error"]));
  return tl::unexpected(std::move(error));
}

struct Proven {
  std::vector<LicenseView> licenses;
  LedgerReport ledger;
  std::optional<std::vector<MeterRecord>> meters;
};

// A ledger that is kept with the TPM can be read with the TPM only.
bool NeedsTpm(const StateDirectory& state) {
  const auto octets = state.ReadLedger();
  const auto file = octets ? ParseLedgerFile(AsText(*octets)) : tl::unexpected(octets.error());
  return file && file->protection;
}

// Is there one whose offline window ends soon, or has ended, if the vendor was not heard of since it was made? The ledger knows that.
bool AnyToHearOf(const std::vector<LicenseView>& licenses, Time now) {
  return std::any_of(licenses.begin(), licenses.end(), [&](const LicenseView& license) {
    const auto heard_by = license.verified ? HeardBy(license) : std::nullopt;
    return heard_by && now + HeartbeatNotice(license.verified->terms) >= *heard_by;
  });
}

// Time and ledger as the agent has them, without writing anything. Who asks about licenses without TPM only does not wait for one, unless it matters.
void ReadBooks(const Here& here, Tpm& tpm, const std::vector<LoadedLicense>& licenses, OwnedTime& time,
               Proven& proven) {
  SeeSignedTimes(licenses, time);
  const bool uses_tpm = AnyInTpm(licenses);
  if (!uses_tpm && NeedsTpm(here.state) && !AnyToHearOf(proven.licenses, time.Now())) {
    for (LicenseView& license : proven.licenses) license.contact_known = false;
    return;
  }
  Books books(here.state, tpm, time);
  (void)books.Open(uses_tpm);  // the report says what came of it
  proven.ledger = books.report();
  if (const auto* meters = books.meters()) proven.meters = *meters;
  books.Judge(proven.licenses);
}

// What is installed, of `product` or, without a name, all of it, verified and proven as the agent does it at start. What is not asked
// about is not asked of the TPM, which may be silent.
Result<Proven> LoadAndProve(const Here& here, const std::string& product, OwnedTime& time) {
  HOLDFAST_TRY(const auto products, here.state.InstalledProducts());
  if (products.empty()) return Proven();  // then nothing else has to be in order
  HOLDFAST_TRY(const TrustAnchors anchors, ReadTrustAnchors(here.roots));
  HOLDFAST_TRY(auto licenses, LoadLicenses(here.state, anchors));
  if (!product.empty())
    std::erase_if(licenses, [&](const LoadedLicense& license) { return license.view.product != product; });
  HOLDFAST_TRY(const auto tpm, Tpm::Open(here.tcti));
  ProveLicenses(licenses, {*tpm, here.host_root}, here.state);
  ReadHardMeters(licenses, *tpm);
  Proven proven{ViewsOf(licenses), {}, {}};
  ReadBooks(here, *tpm, licenses, time, proven);
  return proven;
}

Result<Json> FromService(const Here& here, const api::ApiRequest& request) {
  const auto* check = std::get_if<api::CheckRequest>(&request);
  OwnedTime time(SystemClock(), SystemUptime());
  HOLDFAST_TRY(Proven proven, LoadAndProve(here, check != nullptr ? check->product : "", time));
  api::Service service(time, std::string(kVersion));
  service.SetLicenses(std::move(proven.licenses));
  service.SetLedger(std::move(proven.ledger));
  if (proven.meters) service.LoadMeters(*proven.meters);
  if (check != nullptr) return Unwrap(service.Check(*check));
  service.SetRequests(OpenRequests(here.state));
  HOLDFAST_TRY(Json answer, Unwrap(service.Status()));
  answer["state_directory"] = here.state.path().string();
  std::error_code ignored;
  if (!std::filesystem::exists(here.roots, ignored)) answer["roots_missing"] = true;
  return answer;
}

Result<std::optional<Time>> BeginEmergencyHere(const Here& here, const std::string& product,
                                               const Hardware& hardware, const TimeKeeper& keeper) {
  HOLDFAST_TRY(const TrustAnchors anchors, ReadTrustAnchors(here.roots));
  HOLDFAST_TRY(auto licenses, LoadLicenses(here.state, anchors));
  SeeSignedTimes(licenses, keeper.time);
  ProveLicenses(licenses, hardware, here.state);
  return BeginEmergency(product, ViewsOf(licenses), keeper);
}

Result<Json> KeyHere(const Here& here, const api::KeyRequest& request) {
  OwnedTime time(SystemClock(), SystemUptime());
  HOLDFAST_TRY(Proven proven, LoadAndProve(here, request.product, time));
  api::Service service(time, std::string(kVersion));
  service.SetLicenses(std::move(proven.licenses));
  const Json decision = service.Key(request);
  if (!api::IsAllowed(decision)) return Unwrap(decision);
  HOLDFAST_TRY(const auto tpm, Tpm::Open(here.tcti));
  const auto product = decision["product"].get<std::string>();
  return Unwrap(service.Key(request, OpenInstalledKey(product, request.name, here.state, *tpm)));
}

Result<Json> Request(const Here& here, const api::MakeRequestRequest& request) {
  HOLDFAST_TRY(const FileLock lock, here.state.Lock());
  HOLDFAST_TRY(const auto tpm, Tpm::Open(here.tcti));
  RequestOptions options;
  options.make_new = request.make_new;
  if (request.host_facts) options.host_facts = HostFacts();
  options.without_tpm = request.without_tpm;
  options.repair = request.repair;
  options.agent_version = kVersion;
  OwnedTime time(SystemClock(), SystemUptime());
  Books books(here.state, *tpm, time);
  const auto counter = [&] { return books.Counter(); };
  const auto anchors = ReadTrustAnchors(here.roots);
  if (anchors)
    options.vendors = VendorsOf(*anchors);
  else if (anchors.error().kind != ErrorKind::kNotFound)
    return tl::unexpected(anchors.error());
  const Hardware hardware{*tpm, here.host_root};
  auto made = MakeRequest(request.product_key, options, hardware, here.state, counter, SystemClock());
  if (made && made->repairs_installed) {
    HOLDFAST_TRY(made->emergency_until, BeginEmergencyHere(here, made->product, hardware, {time, books}));
  }
  if (made) made->counter_replaced = books.replaced_counter();
  HOLDFAST_TRY(Json answer, Unwrap(api::RequestAnswer(made)));
  if (!anchors) answer["roots_missing"] = true;
  return answer;
}

// What changes the state has the roots, the state directory's lock and the TPM for as long as it lasts.
struct Work {
  TrustAnchors anchors;
  FileLock lock;
  std::unique_ptr<Tpm> tpm;
};

Result<Work> Begin(const Here& here) {
  HOLDFAST_TRY(TrustAnchors anchors, ReadTrustAnchors(here.roots));
  HOLDFAST_TRY(FileLock lock, here.state.Lock());
  HOLDFAST_TRY(auto tpm, Tpm::Open(here.tcti));
  return Work{std::move(anchors), std::move(lock), std::move(tpm)};
}

Result<Json> InstallHere(const Here& here, const api::InstallRequest& request) {
  HOLDFAST_TRY(const Work work, Begin(here));
  OwnedTime time(SystemClock(), SystemUptime());
  Books books(here.state, *work.tpm, time);
  return Unwrap(api::InstallAnswer(
      api::DoInstall(request, {*work.tpm, here.host_root}, here.state, work.anchors, {time, books})));
}

Result<Json> AskForTimeHere(const Here& here, const api::TimeRequest& request) {
  HOLDFAST_TRY(const Work work, Begin(here));
  OwnedTime time(SystemClock(), SystemUptime());
  Books books(here.state, *work.tpm, time);
  return Unwrap(api::TimeRequestAnswer(
      AskForTime(request.product, *work.tpm, here.state, work.anchors, {time, books})));
}

Result<Json> HeartbeatHere(const Here& here, const api::HeartbeatRequest& request) {
  HOLDFAST_TRY(const Work work, Begin(here));
  OwnedTime time(SystemClock(), SystemUptime());
  Books books(here.state, *work.tpm, time);
  return Unwrap(
      api::HeartbeatAnswer(api::DoHeartbeat(request, std::string(kVersion), {}, {*work.tpm, here.host_root},
                                            here.state, work.anchors, {time, books})));
}

Result<Json> BreakGlassHere(const Here& here, const api::BreakGlassRequest& request) {
  HOLDFAST_TRY(const Work work, Begin(here));
  HOLDFAST_TRY(auto licenses, LoadLicenses(here.state, work.anchors));
  OwnedTime time(SystemClock(), SystemUptime());
  SeeSignedTimes(licenses, time);
  ProveLicenses(licenses, {*work.tpm, here.host_root}, here.state);
  Books books(here.state, *work.tpm, time);
  HOLDFAST_CHECK(books.Open(AnyInTpm(licenses)));
  std::vector<LicenseView> views = ViewsOf(licenses);
  books.Judge(views);
  return Unwrap(api::BreakGlassAnswer(
      request, BreakGlass({request.product, request.dry_run}, views, AnyInTpm(licenses), {time, books})));
}

Result<Json> ReturnHere(const Here& here, const api::ReturnRequest& request) {
  HOLDFAST_TRY(const Work work, Begin(here));
  OwnedTime time(SystemClock(), SystemUptime());
  Books books(here.state, *work.tpm, time);
  return Unwrap(
      api::ReturnAnswer(request, api::DoReturn(request, std::string(kVersion), {*work.tpm, here.host_root},
                                               here.state, work.anchors, SystemClock(), books)));
}

}  // namespace

Result<Json> AnswerHere(const Arguments& arguments, const api::ApiRequest& request) {
  HOLDFAST_TRY(const int64_t patience, arguments.Number("tpm-timeout", 1, kMaxTpmTimeout));
  const TpmDeadline deadline(std::chrono::seconds(patience), arguments.json());
  const Here here{StateDirectory(arguments.File("state")), arguments.Text("tcti"), arguments.File("roots"),
                  arguments.File("host-root")};
  if (const auto* make = std::get_if<api::MakeRequestRequest>(&request)) return Request(here, *make);
  if (const auto* install = std::get_if<api::InstallRequest>(&request)) return InstallHere(here, *install);
  if (const auto* back = std::get_if<api::ReturnRequest>(&request)) return ReturnHere(here, *back);
  if (const auto* ask = std::get_if<api::TimeRequest>(&request)) return AskForTimeHere(here, *ask);
  if (const auto* key = std::get_if<api::KeyRequest>(&request)) return KeyHere(here, *key);
  if (const auto* report = std::get_if<api::HeartbeatRequest>(&request)) return HeartbeatHere(here, *report);
  if (const auto* glass = std::get_if<api::BreakGlassRequest>(&request)) return BreakGlassHere(here, *glass);
  return FromService(here, request);
}

}  // namespace holdfast::cli
