// Install: the file that comes in.
#include "agent/activation.h"
#include "agent/content_keys.h"
#include "agent/hard_meter.h"
#include "agent/hardware_proof.h"
#include "agent/open_answer.h"
#include "agent/supersede.h"
#include "protocol/armor.h"
#include "protocol/file_kind.h"

namespace holdfast {
namespace {

struct Context {
  const Hardware& hardware;
  const StateDirectory& state;
  const TrustAnchors& anchors;
  Time now;
};

struct Checked {
  LicenseFile file;
  VerifiedLicense verified;
};

Result<Checked> VerifyText(std::string_view license, const TrustAnchors& anchors) {
  HOLDFAST_TRY(LicenseFile file, ParseLicenseFile(license));
  auto verified = VerifyLicense(file, anchors);
  if (!verified) {
    Error error = std::move(verified.error());
    if (error.check == "path.anchor") {
      error.advice =
          "the license is of another vendor, or the file of pinned roots (--roots) lacks this vendor's root; "
          "where an agent runs, it must be reloaded after a root was added: systemctl reload holdfast-agent";
    }
    return tl::unexpected(std::move(error));
  }
  return Checked{std::move(file), std::move(*verified)};
}

Status WriteIfChanged(const Context& context, InstalledLicense license, const LicenseFile& next,
                      bool& changed) {
  license.license = FormatLicenseFile(next);
  license.installed = context.now;
  HOLDFAST_CHECK(context.state.WriteLicense(license));
  changed = true;
  return {};
}

Status CheckAnswer(const Checked& license, const KnownRequest& request) {
  HOLDFAST_TRY(const PublicKey key, LicenseKeyOf(request.keys));
  if (license.verified.license_key.spki() != key.spki()) {
    return Refused("answer.key", "the license in the answer is for another license key than the request's",
                   "tell the vendor; this must not happen");
  }
  const LicenseTerms& terms = license.verified.terms;
  if (terms.product == request.product && (!request.open || terms.vendor == request.vendor)) return {};
  return Refused("answer.product",
                 "the license in the answer is for " + terms.vendor + " " + terms.product + ", not for " +
                     request.vendor + " " + request.product,
                 "tell the vendor; this must not happen");
}

// The installed license beside its file, when it verifies. What does not verify protects nothing: whatever is
// genuine may replace it.
std::optional<Checked> VerifiedInstalled(const InstalledLicense& installed, const Context& context) {
  auto checked = VerifyText(installed.license, context.anchors);
  if (!checked) return std::nullopt;
  return std::move(*checked);
}

Status CheckSameVendor(const InstalledLicense& installed, const Checked& next, const Context& context) {
  const auto current = VerifiedInstalled(installed, context);
  if (!current) return {};
  // Names are for everybody to choose; roots are not.
  const bool same = current->verified.terms.vendor == next.verified.terms.vendor &&
                    current->verified.root == next.verified.root;
  if (same) return {};
  return Fail(ErrorKind::kConflict, "install.vendor",
              "a license of another vendor, " + current->verified.terms.vendor + ", is installed for " +
                  installed.product,
              "move " + context.state.LicensePath(installed.product).string() + " away first");
}

// No list that this machine has seen is forgotten: an answer may be older than the lists beside what is installed,
// for its own product or another.
Result<LicenseFile> WithListsSeen(const LicenseFile& verified, const Context& context) {
  LicenseFile file = verified;
  HOLDFAST_TRY(const auto products, context.state.InstalledProducts());
  for (const std::string& product : products) {
    const auto installed = context.state.ReadLicense(product);
    const auto seen = installed ? ParseLicenseFile(installed->license) : tl::unexpected(installed.error());
    if (seen) file = WithNewerLists(file, *seen, context.anchors);
  }
  if (!SameContent(file, verified)) HOLDFAST_CHECK(VerifyLicense(file, context.anchors));
  return file;
}

// A license for the key set of `installed`: the newer parts are taken over. `new_keys`: `installed` has content keys that its file
// lacks.
Status Renew(const InstalledLicense& installed, const Checked& next, bool new_keys, const Context& context,
             bool& changed) {
  LicenseFile file = next.file;
  if (const auto current = VerifiedInstalled(installed, context)) {
    HOLDFAST_CHECK(CheckSameVendor(installed, next, context));
    HOLDFAST_TRY(file, Supersede(current->file, next.file));
    const bool same = SameContent(file, current->file);
    if (same && !new_keys) return {};
    if (!same) HOLDFAST_CHECK(VerifyLicense(file, context.anchors));
  } else {
    HOLDFAST_TRY(file, WithListsSeen(next.file, context));
  }
  return WriteIfChanged(context, installed, file, changed);
}

Status Prove(const KnownRequest& request, const Checked& license, const Context& context) {
  const HardwareVerdict verdict =
      ProveHardware(request.keys, license.verified, context.hardware, context.state);
  if (verdict.proof == HardwareProof::kProven) return {};
  if (verdict.proof == HardwareProof::kUnavailable) return tl::unexpected(verdict.error);
  const std::string who = IsHost(request.keys) ? "the license is not for this host: "
                                               : "this TPM does not sign with the new license key: ";
  return Refused("install.hardware", who + verdict.error.message, "make a new request with --new");
}

Status InstallFirst(const KnownRequest& request, const Checked& license, SealedContentKeys content_keys,
                    const Context& context, bool& changed) {
  const auto before = context.state.ReadLicense(request.product);
  if (before) HOLDFAST_CHECK(CheckSameVendor(*before, license, context));
  InstalledLicense fresh;
  fresh.product = request.product;
  fresh.product_key_id = request.product_key_id;
  fresh.request_hash = request.request_hash;
  fresh.keys = request.keys;
  fresh.content_keys = std::move(content_keys);
  HOLDFAST_TRY(const LicenseFile file, WithListsSeen(license.file, context));
  HOLDFAST_CHECK(WriteIfChanged(context, std::move(fresh), file, changed));
  // The license is installed, whatever comes of this. A request that stays open is ended when its answer is installed again.
  static_cast<void>(context.state.RemovePending(request.product));
  if (before) static_cast<void>(context.state.DropHostKeys(before->keys, request.product));
  return {};
}

Result<InstallOutcome> InstallAnswer(std::string_view text, const Context& context) {
  HOLDFAST_TRY(const Jwe answer, ReadAnswerFile(text));
  HOLDFAST_TRY(const KnownRequest request, FindKnownRequest(answer, context.state));
  HOLDFAST_TRY(AnswerContent content, OpenAnswer(answer, request.keys, context.hardware.tpm, context.state));
  HOLDFAST_TRY(const Checked license, VerifyText(content.license, context.anchors));
  HOLDFAST_CHECK(CheckAnswer(license, request));
  HOLDFAST_CHECK(Prove(request, license, context));
  HOLDFAST_CHECK(
      CheckContentKeys(content.content_keys, license.verified.terms, request.keys, context.hardware.tpm));
  // What is charged and then not installed, because the machine stops, is charged all the same when it is installed again.
  if (!IsHost(request.keys))
    HOLDFAST_CHECK(PrepareInstalled(license.verified.terms, request.product_key_id, context.hardware.tpm));
  InstallOutcome outcome{InstalledKind::kAnswer, {request.product}};
  if (request.open) {
    HOLDFAST_CHECK(InstallFirst(request, license, std::move(content.content_keys), context, outcome.changed));
  } else {
    HOLDFAST_TRY(InstalledLicense installed, context.state.ReadLicense(request.product));
    // What the TPM has just opened goes before what is there.
    SealedContentKeys keys = std::move(content.content_keys);
    keys.insert(installed.content_keys.begin(), installed.content_keys.end());
    const bool new_keys = keys != installed.content_keys;
    installed.content_keys = std::move(keys);
    HOLDFAST_CHECK(Renew(installed, license, new_keys, context, outcome.changed));
  }
  return outcome;
}

Result<InstallOutcome> InstallLicenseFile(std::string_view text, const Context& context) {
  HOLDFAST_TRY(const Checked license, VerifyText(text, context.anchors));
  const std::string& product = license.verified.terms.product;
  auto installed = context.state.ReadLicense(product);
  if (!installed && installed.error().kind != ErrorKind::kNotFound) return tl::unexpected(installed.error());
  auto key = installed ? LicenseKeyOf(installed->keys) : tl::unexpected(installed.error());
  if (!key || key->spki() != license.verified.license_key.spki()) {
    return Refused("install.key", "the license is for a license key that this machine does not hold",
                   "a license file belongs to one machine; make a request here with holdfast request");
  }
  InstallOutcome outcome{InstalledKind::kLicenseFile, {product}};
  HOLDFAST_CHECK(Renew(*installed, license, false, context, outcome.changed));
  return outcome;
}

// `file` with those of `lists` that are for it; nothing when none is.
Result<std::optional<LicenseFile>> WithLists(const LicenseFile& file, const std::vector<Crl>& lists,
                                             const TrustAnchors& anchors) {
  std::optional<LicenseFile> result;
  for (const Crl& list : lists) {
    HOLDFAST_TRY(auto updated, WithList(result ? *result : file, list, anchors));
    if (updated) result = std::move(updated);
  }
  return result;
}

// A vendor publishes one list for each issuing key and shard, often all in one file: what is for others is passed over.
// All updates are computed and verified before the first is written.
Result<InstallOutcome> InstallLists(const std::vector<Crl>& lists, const Context& context) {
  std::vector<std::pair<InstalledLicense, LicenseFile>> updates;
  InstallOutcome outcome{InstalledKind::kRevocationList, {}};
  HOLDFAST_TRY(const auto products, context.state.InstalledProducts());
  for (const std::string& product : products) {
    auto installed = context.state.ReadLicense(product);
    const auto current = installed ? VerifiedInstalled(*installed, context) : std::nullopt;
    if (!current) continue;
    HOLDFAST_TRY(auto updated, WithLists(current->file, lists, context.anchors));
    if (!updated) continue;
    outcome.products.push_back(product);
    if (SameContent(*updated, current->file)) continue;
    HOLDFAST_CHECK(VerifyLicense(*updated, context.anchors));
    updates.emplace_back(std::move(*installed), std::move(*updated));
  }
  if (outcome.products.empty()) {
    return Refused("install.issuer",
                   "the file holds no revocation list of an issuer of any license that is installed here",
                   "check that it is this vendor's, and see holdfast status");
  }
  for (auto& [installed, file] : updates) {
    HOLDFAST_CHECK(WriteIfChanged(context, std::move(installed), file, outcome.changed));
  }
  return outcome;
}

Result<std::vector<Crl>> ParseLists(std::string_view text) {
  HOLDFAST_TRY(const std::vector<ArmorBlock> blocks, ParseArmor(text));
  std::vector<Crl> lists;
  for (const ArmorBlock& block : blocks) {
    if (block.label != kLabelCrl)
      return Malformed("install.kind", "a file of revocation lists with something else in it",
                       "give lists only");
    HOLDFAST_TRY(Crl list, Crl::Parse(block.content));
    lists.push_back(std::move(list));
  }
  return lists;
}

Result<InstallOutcome> Recognise(std::string_view text, const Context& context) {
  const FileKind kind = RecogniseFile(text);
  switch (kind) {
    case FileKind::kAnswer:
      return InstallAnswer(text, context);
    case FileKind::kCertificates:
      return InstallLicenseFile(text, context);
    case FileKind::kCrl: {
      HOLDFAST_TRY(const std::vector<Crl> lists, ParseLists(text));
      return InstallLists(lists, context);
    }
    default:
      return Malformed("install.kind",
                       "this is " + std::string(DescribeFileKind(kind)) + ", which is not installed",
                       "give the answer that the vendor sent, a license file, a revocation list, a time "
                       "answer, or the answer to a heartbeat");
  }
}

}  // namespace

Result<InstallOutcome> Install(std::string_view file_text, const Hardware& hardware,
                               const StateDirectory& state, const TrustAnchors& anchors, const Clock& clock) {
  if (file_text.size() > kMaxFileSize) {
    return Malformed("file.size", "the file is larger than " + std::to_string(kMaxFileSize) + " octets",
                     "this is not a file of the kind that is wanted here");
  }
  auto outcome = Recognise(file_text, {hardware, state, anchors, clock()});
  hardware.tpm.Release();
  return outcome;
}

}  // namespace holdfast
