#include "agent/licenses.h"

#include <algorithm>
#include <set>

#include "agent/hardware_proof.h"
#include "agent/return_license.h"
#include "certs/path.h"
#include "protocol/armor.h"

namespace holdfast {
namespace {

std::string FaultFrom(const Error& error) {
  const std::string text = error.message + " (" + error.check + ")";
  return error.advice.empty() ? text : text + "; " + error.advice;
}

// A license is at home only beside the key set that has its key.
Status CheckKeys(const VerifiedLicense& verified, const InstalledLicense& installed) {
  HOLDFAST_TRY(const PublicKey key, LicenseKeyOf(installed.keys));
  if (key.spki() != verified.license_key.spki()) {
    return Refused("state.license_key", "the license is for another license key than the one beside it");
  }
  if (verified.terms.product == installed.product) return {};
  return Refused("state.product", "the license is for the product " + verified.terms.product);
}

Result<LoadedLicense> Load(const std::string& product, const StateDirectory& state,
                           const TrustAnchors& anchors) {
  HOLDFAST_TRY(InstalledLicense installed, state.ReadLicense(product));
  HOLDFAST_TRY(const LicenseFile file, ParseLicenseFile(installed.license));
  HOLDFAST_TRY(VerifiedLicense verified, VerifyLicense(file, anchors));
  HOLDFAST_CHECK(CheckKeys(verified, installed));
  LoadedLicense loaded;
  loaded.view.product = product;
  loaded.view.verified = std::move(verified);
  loaded.returned = IsReturned(installed, state);
  loaded.keys = std::move(installed.keys);
  loaded.certificate = Sha256(file.license.der());
  loaded.proof.file = FormatLicenseFile(file);
  return loaded;
}

void KeepAsItWas(const std::vector<LoadedLicense>& before, LoadedLicense& license) {
  const auto old = std::find_if(before.begin(), before.end(), [&](const LoadedLicense& candidate) {
    return candidate.view.product == license.view.product;
  });
  if (old == before.end()) return;
  std::string fault = std::move(license.view.fault);
  const bool returned = license.returned;
  license = *old;
  license.unreadable = true;
  license.view.fault = std::move(fault);
  if (!returned) return;
  license.returned = true;
  license.view.hardware = HardwareProof::kUnavailable;
  license.proof.session.reset();
}

bool WantsSession(const LoadedLicense& license, const Occasion& occasion) {
  return occasion && !occasion->boot_id.empty() &&
         (!license.proof.session || IsDue(*license.proof.session, occasion->now));
}

HardwareVerdict ProveNow(LoadedLicense& license, const Hardware& hardware, const StateDirectory& state,
                         const Occasion& occasion) {
  const VerifiedLicense& verified = *license.view.verified;
  if (!WantsSession(license, occasion)) return ProveHardware(license.keys, verified, hardware, state);
  ProvenSession proven =
      ProveWithSession(license.keys, verified, license.certificate, *occasion, hardware, state);
  if (proven.session) {
    license.proof.session = std::make_shared<const LicenseSession>(std::move(*proven.session));
    license.proof.fault.clear();
  }
  return proven.verdict;
}

// False when asking again makes sense.
bool Prove(LoadedLicense& license, const Hardware& hardware, const StateDirectory& state,
           const Occasion& occasion) {
  HardwareVerdict verdict = ProveNow(license, hardware, state, occasion);
  // Of a host without a TPM nothing but this record remembers it; a TPM is asked. One that was cleared since has forgotten it, and a license that was given back
  // is none whose hardware was lost.
  const bool forgotten = IsHost(license.keys) || verdict.proof == HardwareProof::kWrongHardware;
  if (license.returned && forgotten)
    verdict = {
        HardwareProof::kRetired, {ErrorKind::kRefused, "return.done", "the license was returned", ""}, {}};
  license.view.hardware = verdict.proof;
  license.view.differ = std::move(verdict.differ);
  const bool proven = verdict.proof == HardwareProof::kProven;
  if (!proven) license.proof.session.reset();
  if (!proven)
    license.view.fault = FaultFrom(verdict.error);
  else if (!license.unreadable)
    license.view.fault.clear();
  const bool final = verdict.proof == HardwareProof::kRetired ||
                     (verdict.proof == HardwareProof::kWrongHardware && !IsHost(license.keys));
  return proven || final;
}

}  // namespace

Result<TrustAnchors> ReadTrustAnchors(const Path& file) {
  auto pem = ReadFile(file, kMaxFileSize);
  if (!pem && pem.error().kind == ErrorKind::kNotFound) {
    pem.error().advice = "put the vendor's root certificates there, or name the file with --roots";
  }
  if (!pem) return tl::unexpected(std::move(pem.error()));
  auto anchors = ParseTrustAnchors(AsText(*pem));
  if (!anchors) anchors.error().message = file.string() + ": " + anchors.error().message;
  return anchors;
}

std::vector<std::string> VendorsOf(const TrustAnchors& anchors) {
  std::set<std::string> vendors;
  for (const Certificate& root : anchors.roots) vendors.insert(root.fields().subject.organization);
  return {vendors.begin(), vendors.end()};
}

Result<std::vector<LoadedLicense>> LoadLicenses(const StateDirectory& state, const TrustAnchors& anchors) {
  std::vector<LoadedLicense> licenses;
  HOLDFAST_TRY(const auto products, state.InstalledProducts());
  for (const std::string& product : products) {
    auto loaded = Load(product, state, anchors);
    if (!loaded) {
      const Error error = loaded.error();
      loaded = LoadedLicense{};
      loaded->view.product = product;
      loaded->view.fault = FaultFrom(error);
      loaded->unreadable = error.kind == ErrorKind::kUnavailable;
      loaded->returned = state.ReadReturned(product).has_value();
    }
    licenses.push_back(std::move(*loaded));
  }
  return licenses;
}

bool ProveHosts(std::vector<LoadedLicense>& licenses, const Hardware& hardware, const StateDirectory& state,
                const Occasion& occasion) {
  bool all = true;
  for (LoadedLicense& license : licenses)
    if (license.view.verified && IsHost(license.keys)) all = Prove(license, hardware, state, occasion) && all;
  return all;
}

bool ProveByTpm(std::vector<LoadedLicense>& licenses, const Hardware& hardware, const StateDirectory& state,
                const Occasion& occasion) {
  bool all = true;
  for (LoadedLicense& license : licenses) {
    const bool due =
        license.view.verified && !IsHost(license.keys) && license.view.hardware != HardwareProof::kProven;
    if (due) all = Prove(license, hardware, state, occasion) && all;
  }
  return all;
}

bool ProveLicenses(std::vector<LoadedLicense>& licenses, const Hardware& hardware,
                   const StateDirectory& state, const Occasion& occasion) {
  const bool hosts = ProveHosts(licenses, hardware, state, occasion);
  return ProveByTpm(licenses, hardware, state, occasion) && hosts;
}

bool RenewSessions(std::vector<LoadedLicense>& licenses, const Hardware& hardware,
                   const StateDirectory& state, const SessionOccasion& occasion) {
  bool news = false;
  for (LoadedLicense& license : licenses) {
    if (!license.view.verified || license.view.hardware != HardwareProof::kProven) continue;
    if (!WantsSession(license, occasion)) continue;
    const HardwareVerdict verdict = ProveNow(license, hardware, state, occasion);
    const bool renewed = verdict.proof == HardwareProof::kProven;
    const std::string fault = renewed ? "" : FaultFrom(verdict.error);
    news = news || renewed || fault != license.proof.fault;
    license.proof.fault = fault;
  }
  return news;
}

bool AnyOfClassHost(const std::vector<LoadedLicense>& licenses) {
  return std::any_of(licenses.begin(), licenses.end(), [](const LoadedLicense& license) {
    return license.view.verified && IsHost(license.keys);
  });
}

bool AnyInTpm(const std::vector<LoadedLicense>& licenses) {
  return std::any_of(licenses.begin(), licenses.end(), [](const LoadedLicense& license) {
    return license.view.verified && !IsHost(license.keys);
  });
}

void SeeSignedTimes(const std::vector<LoadedLicense>& licenses, OwnedTime& time) {
  for (const LoadedLicense& license : licenses)
    if (license.view.verified) time.SeeSigned(license.view.verified->crl_this_update);
}

void KeepProofs(const std::vector<LoadedLicense>& before, std::vector<LoadedLicense>& licenses) {
  for (LoadedLicense& license : licenses) {
    if (license.unreadable) KeepAsItWas(before, license);
    if (!license.view.verified || license.returned) continue;
    const auto same = std::find_if(before.begin(), before.end(), [&](const LoadedLicense& old) {
      return old.view.verified &&
             old.view.verified->license_key.spki() == license.view.verified->license_key.spki();
    });
    if (same == before.end()) continue;
    license.view.hardware = same->view.hardware;
    license.view.differ = same->view.differ;
    if (license.certificate != same->certificate) continue;
    license.proof.session = same->proof.session;
    license.proof.fault = same->proof.fault;
  }
}

std::map<std::string, LicenseProof> ProofsOf(const std::vector<LoadedLicense>& licenses) {
  std::map<std::string, LicenseProof> proofs;
  for (const LoadedLicense& license : licenses)
    if (license.view.verified && license.view.hardware == HardwareProof::kProven)
      proofs.emplace(license.view.product, license.proof);
  return proofs;
}

std::vector<LicenseView> ViewsOf(const std::vector<LoadedLicense>& licenses) {
  std::vector<LicenseView> views;
  views.reserve(licenses.size());
  for (const LoadedLicense& license : licenses) {
    views.push_back(license.view);
    LicenseView& view = views.back();
    if (view.fault.empty()) view.fault = view.hard_count.fault;
  }
  return views;
}

}  // namespace holdfast
