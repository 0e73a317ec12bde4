#include "tests/bench/served_license.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "protocol/armor.h"
#include "tests/bench/activated_host.h"

namespace holdfast::bench {
namespace {

std::string BootId() {
  std::string id;
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::getline(file, id);
  return id;
}

}  // namespace

std::string ServedLicense::FeatureName(int i) {
  return "feature-" + std::to_string(i);
}

ServedLicense::ServedLicense()
    : socket((home.path() / "agent.sock").string()),
      roots(Armor(kLabelCertificate, pki.root.der())),
      time_([] { return testing::kPkiNow; }, SystemUptime()),
      service_(time_, "bench") {
  LicenseTerms terms = testing::TestPki::Terms();
  for (int i = 0; i < kFeatures; i++) terms.grants.features[FeatureName(i)] = true;
  const LicenseFile file = pki.MakeLicenseFile(terms);
  text = FormatLicenseFile(file);
  LicenseView view;
  view.product = terms.product;
  view.verified = Must(VerifyLicense(file, pki.Anchors()));
  view.hardware = HardwareProof::kProven;
  auto draft = Must(DraftSession(*view.verified, Sha256(file.license.der()), {BootId(), testing::kPkiNow}));
  const Bytes signature = Must(pki.license_key->SignDigest(draft.digest));
  session = std::make_shared<const LicenseSession>(FinishSession(std::move(draft), signature));
  std::vector<LicenseView> licenses;
  licenses.push_back(std::move(view));
  service_.SetLicenses(std::move(licenses));
  service_.SetProofs({{terms.product, {text, session, ""}}});
  api::ServerOptions options;
  options.socket.path = socket;
  server_ = Must(api::Server::Start(options, service_, [](api::ApiRequest, api::Server::Done) {}));
  serving_ = std::thread([this] { server_->Run([] {}); });
}

ServedLicense::~ServedLicense() {
  server_->Stop();
  serving_.join();
}

holdfast_options ServedLicense::options() const {
  return {sizeof(holdfast_options), "editor", roots.c_str(), socket.c_str(), 60'000, 0};
}

holdfast_handle* ServedLicense::Open() const {
  const holdfast_options whom = options();
  holdfast_handle* handle = nullptr;
  if (holdfast_open(&whom, &handle) == HOLDFAST_OK) return handle;
  holdfast_error error{};
  error.size = sizeof error;
  holdfast_last_error(&error);
  std::fprintf(stderr, "client_bench: %s (%s)\n", error.message, error.check);
  std::abort();
}

}  // namespace holdfast::bench
