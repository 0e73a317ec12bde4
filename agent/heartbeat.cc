#include "agent/heartbeat.h"

#include <algorithm>

#include "agent/hard_meter.h"
#include "agent/license_key_signature.h"
#include "agent/licenses.h"
#include "agent/supersede.h"
#include "agent/vendor_message.h"
#include "protocol/crypto/random.h"
#include "protocol/heartbeat_answer.h"

namespace holdfast {
namespace {

// The license that a heartbeat is about.
struct Subject {
  LicenseId id;
  InstalledLicense installed;
  LicenseFile file;
  VerifiedLicense license;
  bool use_tpm = false;  // any license here does
};

Result<std::string> Choose(const std::vector<LoadedLicense>& licenses, const std::string& named) {
  std::vector<std::string> products;
  std::string names, returned;
  for (const LoadedLicense& license : licenses) {
    if (license.returned && (named.empty() || license.view.product == named)) returned = license.view.product;
    if (license.returned || !license.view.verified) continue;
    if (license.view.product == named) return named;
    products.push_back(license.view.product);
    names += (names.empty() ? "" : ", ") + license.view.product;
  }
  if (named.empty() && products.size() == 1) return products.front();
  if (named.empty() && products.size() > 1)
    return Fail(ErrorKind::kUsage, "heartbeat.product", "there are licenses for several products: " + names,
                "name one with --product");
  if (!returned.empty() && products.empty())
    return Fail(ErrorKind::kNotFound, "heartbeat.nothing",
                "the license for " + returned + " was returned: there is nothing to report any more",
                "holdfast return writes its proof again");
  return Fail(
      ErrorKind::kNotFound, "heartbeat.nothing",
      "no license " + (named.empty() ? "" : "for " + named + " ") + "is installed here to report about",
      "see holdfast status");
}

Result<Subject> Look(const std::string& product, const std::vector<LoadedLicense>& licenses,
                     const StateDirectory& state, const TrustAnchors& anchors) {
  HOLDFAST_TRY(InstalledLicense installed, state.ReadLicense(product));
  HOLDFAST_TRY(LicenseFile file, ParseLicenseFile(installed.license));
  HOLDFAST_TRY(VerifiedLicense license, VerifyLicense(file, anchors));
  LicenseId id = IdOf(license);
  return Subject{std::move(id), std::move(installed), std::move(file), std::move(license),
                 AnyInTpm(licenses)};
}

HeartbeatReport ReportOf(const Subject& subject, const ReportBasis& basis, const ReportOptions& options,
                         const TimeReading& time) {
  const LicenseTerms& terms = subject.license.terms;
  return {.vendor = terms.vendor,
          .product = terms.product,
          .license = terms.license,
          .serial = subject.license.serial,
          .certificate = Sha256(subject.file.license.der()),
          .nonce = RandomBytes(kReportNonceSize),
          .sequence = basis.conversation.sequence + 1,
          .answer = basis.conversation.answer,
          .unanswered = basis.conversation.unanswered,
          .created = time.now,
          .clock = time.wall,
          .agent_version = options.agent_version,
          .host = options.host_facts,
          .ledger = basis.ledger,
          .by_tpm = !IsHost(subject.installed.keys),
          .usage = basis.usage,
          .vouchers_used = basis.vouchers_used};
}

Result<SignedHeartbeatReport> SignReport(const HeartbeatReport& report, const LicenseKeys& keys, Tpm& tpm,
                                         const StateDirectory& state) {
  const std::string input = JwsSigningInput(MessageType::kHeartbeat, SignatureAlgorithm::kEcdsaSha256, {},
                                            FormatHeartbeatReport(report));
  HOLDFAST_TRY(const Bytes signature, SignByLicenseKey(Sha256(AsBytes(input)), keys, tpm, state));
  HOLDFAST_TRY(SignedHeartbeatReport made, ParseHeartbeatReport(FinishJws(input, signature)));
  HOLDFAST_TRY(const PublicKey key, LicenseKeyOf(keys));
  HOLDFAST_CHECK(VerifyJws(made.jws, key));
  return made;
}

// Nothing of a meter that is lost.
Result<std::optional<SignedAttest>> AttestHardMeter(const LicenseTerms& terms, const KeySet& keys,
                                                    const Sha256Digest& report, HardMeters& tpm) {
  const auto meter = HardMeterOf(terms);
  if (!meter) return std::nullopt;
  auto attest = tpm.AttestMeter(keys, meter->tpm.counter_index, HeartbeatQualifyingData(report));
  if (!attest && attest.error().kind == ErrorKind::kRefused) return std::nullopt;
  if (!attest) return tl::unexpected(std::move(attest.error()));
  return std::optional(std::move(*attest));
}

Result<Heartbeat> Make(const HeartbeatReport& report, const ReportBasis& basis, const Subject& subject,
                       Tpm& tpm, const StateDirectory& state) {
  const LicenseKeys& keys = subject.installed.keys;
  Heartbeat heartbeat;
  HOLDFAST_TRY(heartbeat.report, SignReport(report, keys, tpm, state));
  const auto* tpm_keys = std::get_if<KeySet>(&keys);
  if (tpm_keys == nullptr) return heartbeat;
  HOLDFAST_TRY(heartbeat.counter,
               tpm.AttestCounter(*tpm_keys, *basis.counter, HeartbeatQualifyingData(heartbeat.report.id)));
  HOLDFAST_TRY(heartbeat.meter, AttestHardMeter(subject.license.terms, *tpm_keys, heartbeat.report.id, tpm));
  return heartbeat;
}

// Of a meter that is lost nothing is known: the vendor sees that it is missing.
Status AddHardMeter(ReportBasis& basis, const Subject& subject, HardMeters& tpm) {
  const auto used = HardUsage(subject.license.terms, subject.installed.keys, tpm);
  if (!used && used.error().kind != ErrorKind::kRefused) return tl::unexpected(used.error());
  if (used && *used) AddHardUsage(basis.usage, subject.license.terms, **used);
  return {};
}

Result<HeartbeatOutcome> Report(const ReportOptions& options, const Hardware& hardware,
                                const StateDirectory& state, const TrustAnchors& anchors,
                                const TimeKeeper& keeper) {
  HOLDFAST_TRY(const auto licenses, LoadLicenses(state, anchors));
  SeeSignedTimes(licenses, keeper.time);
  HOLDFAST_TRY(const std::string product, Choose(licenses, options.product));
  HOLDFAST_TRY(const Subject subject, Look(product, licenses, state, anchors));
  HOLDFAST_TRY(ReportBasis basis, keeper.books.BeginReport(subject.use_tpm, subject.id, options.used));
  HOLDFAST_CHECK(AddHardMeter(basis, subject, hardware.tpm));
  const HeartbeatReport report = ReportOf(subject, basis, options, keeper.time.Read());
  HOLDFAST_TRY(const Heartbeat heartbeat, Make(report, basis, subject, hardware.tpm, state));
  HOLDFAST_CHECK(keeper.books.Sent(subject.id, heartbeat.report.id));
  return HeartbeatOutcome{report.product, report.license, report.sequence, ArmorHeartbeat(heartbeat)};
}

// An answer says what was newest when it was made. Lists that came since by another way stay.
Result<InstallOutcome> InstallFileOf(const SignedHeartbeatAnswer& answer, const Subject& subject,
                                     const Hardware& hardware, const StateDirectory& state,
                                     const TrustAnchors& anchors, OwnedTime& time) {
  HOLDFAST_TRY(const LicenseFile file, ParseLicenseFile(answer.license_file));
  HOLDFAST_TRY(const PublicKey key, LicenseKeyOf(subject.installed.keys));
  if (file.license.fields().subject_spki != key.spki())
    return Refused("heartbeat_answer.license",
                   "the answer is for an earlier activation of license " + answer.content.license +
                       ": it was activated anew since the report",
                   "make a new report with holdfast heartbeat");
  const LicenseFile newest = WithNewerLists(file, subject.file, anchors);
  return Install(FormatLicenseFile(newest), hardware, state, anchors, [&] { return time.Now(); });
}

Result<InstallOutcome> Apply(std::string_view file_text, const Hardware& hardware,
                             const StateDirectory& state, const TrustAnchors& anchors,
                             const TimeKeeper& keeper) {
  HOLDFAST_TRY(const SignedHeartbeatAnswer file, ReadHeartbeatAnswerFile(file_text));
  const HeartbeatAnswer& answer = file.content;
  const std::string_view context = "heartbeat_answer", what = DescribeFileKind(FileKind::kHeartbeatAnswer);
  HOLDFAST_TRY(const Sha256Digest root, VerifyVendorSignature({file.jws, file.message_certificate,
                                                               file.issuing_certificate, answer.vendor},
                                                              context, what, anchors));
  HOLDFAST_TRY(const auto licenses, LoadLicenses(state, anchors));
  SeeSignedTimes(licenses, keeper.time);
  const auto subject = Look(answer.product, licenses, state, anchors);
  if (!subject || subject->license.terms.vendor != answer.vendor || subject->id.license != answer.license)
    return Refused("heartbeat_answer.license",
                   "the answer is for license " + answer.license + " of " + answer.product +
                       ", which is not installed here",
                   "apply it on the host that reported");
  HOLDFAST_CHECK(CheckRoot(root, subject->license.root, context, what));
  InstallOutcome outcome{InstalledKind::kHeartbeatAnswer, {answer.product}, false, answer.notices};
  const Sha256Digest id = HeartbeatId(file.jws);
  HOLDFAST_TRY(const bool known, keeper.books.IsAnswered(subject->use_tpm, subject->id, id));
  if (known) return outcome;
  HOLDFAST_CHECK(keeper.books.CheckWaitsFor(subject->id, answer.report));
  HOLDFAST_CHECK(InstallFileOf(file, *subject, hardware, state, anchors, keeper.time));
  HOLDFAST_TRY(const auto installed, LoadLicenses(state, anchors));
  keeper.books.See(ViewsOf(installed));
  keeper.time.SeeSigned(answer.time);
  HOLDFAST_CHECK(keeper.books.Answered(subject->use_tpm, subject->id, {answer.report, id, answer.time}));
  outcome.changed = true;
  return outcome;
}

}  // namespace

Result<HeartbeatOutcome> MakeHeartbeat(const ReportOptions& options, const Hardware& hardware,
                                       const StateDirectory& state, const TrustAnchors& anchors,
                                       const TimeKeeper& keeper) {
  auto outcome = Report(options, hardware, state, anchors, keeper);
  hardware.tpm.Release();
  return outcome;
}

Result<InstallOutcome> ApplyHeartbeatAnswer(std::string_view file_text, const Hardware& hardware,
                                            const StateDirectory& state, const TrustAnchors& anchors,
                                            const TimeKeeper& keeper) {
  auto outcome = Apply(file_text, hardware, state, anchors, keeper);
  hardware.tpm.Release();
  return outcome;
}

}  // namespace holdfast
