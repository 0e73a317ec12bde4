#include "agent/time_exchange.h"

#include <algorithm>

#include "agent/licenses.h"
#include "agent/vendor_message.h"
#include "protocol/time_answer.h"

namespace holdfast {
namespace {

// What is installed, as far as it has to do with time.
struct Installed {
  std::vector<VerifiedLicense> licenses;  // whose vendors can be asked
  std::optional<Time> lists;              // the newest that is in force
  bool use_tpm = false;
};

// When no agent runs nobody has shown the lists to `time` yet.
Result<Installed> Look(const StateDirectory& state, const TrustAnchors& anchors, OwnedTime& time) {
  HOLDFAST_TRY(const auto loaded, LoadLicenses(state, anchors));
  SeeSignedTimes(loaded, time);
  Installed installed;
  installed.use_tpm = AnyInTpm(loaded);
  for (const LoadedLicense& license : loaded) {
    if (!license.view.verified) continue;
    const Time list = license.view.verified->crl_this_update;
    installed.lists = std::max(installed.lists.value_or(list), list);
    if (!license.returned) installed.licenses.push_back(*license.view.verified);
  }
  return installed;
}

Result<VerifiedLicense> Choose(const std::vector<VerifiedLicense>& licenses, const std::string& product) {
  std::string names;
  for (const VerifiedLicense& license : licenses) {
    if (license.terms.product == product) return license;
    names += (names.empty() ? "" : ", ") + license.terms.product;
  }
  if (product.empty() && licenses.size() == 1) return licenses.front();
  if (product.empty() && licenses.size() > 1)
    return Fail(
        ErrorKind::kUsage, "time_request.product", "there are licenses for several products: " + names,
        "name one with --product, to ask its vendor; the time is the host's, so it is for all of them");
  return Fail(ErrorKind::kNotFound, "time_request.nothing",
              "no license " + (product.empty() ? "" : "for " + product + " ") +
                  "is installed here whose vendor could be asked",
              "see holdfast status");
}

bool IsAbout(const LicenseMessage& message, const VerifiedLicense& license) {
  return message.vendor == license.terms.vendor && message.product == license.terms.product &&
         message.license == license.terms.license && message.serial == license.serial;
}

Result<TimeRequestOutcome> Ask(const std::string& product, const StateDirectory& state,
                               const TrustAnchors& anchors, const TimeKeeper& keeper) {
  HOLDFAST_TRY(const Installed installed, Look(state, anchors, keeper.time));
  HOLDFAST_TRY(const VerifiedLicense license, Choose(installed.licenses, product));
  // One that no agent has seen yet is not in the books.
  for (const VerifiedLicense& other : installed.licenses)
    if (other.root != license.root)
      return Refused("time_request.vendors",
                     "the license for " + other.terms.product + " is of another vendor, whose time " +
                         license.terms.vendor + " cannot set back",
                     "remove what is of no use any more, or ask both vendors for new activations (holdfast "
                     "request --new) "
                     "after moving ledger.json away");
  HOLDFAST_TRY(Bytes nonce, keeper.books.AskTime(installed.use_tpm, license.root));
  const LicenseMessage request{.vendor = license.terms.vendor,
                               .product = license.terms.product,
                               .license = license.terms.license,
                               .serial = license.serial,
                               .nonce = std::move(nonce),
                               .time = keeper.time.Now()};
  return TimeRequestOutcome{request.product, request.license, request.time,
                            ArmorMessage(kTimeRequest, request)};
}

Result<InstallOutcome> InstallAnswer(std::string_view file_text, const StateDirectory& state,
                                     const TrustAnchors& anchors, const TimeKeeper& keeper) {
  HOLDFAST_TRY(const SignedMessage file, ReadSignedMessageFile(kTimeAnswer, file_text));
  HOLDFAST_TRY(const Sha256Digest root, VerifyMessage(kTimeAnswer, file, anchors));
  const LicenseMessage& answer = file.content;
  HOLDFAST_TRY(const Installed installed, Look(state, anchors, keeper.time));
  const auto ours = std::find_if(installed.licenses.begin(), installed.licenses.end(),
                                 [&](const VerifiedLicense& license) { return IsAbout(answer, license); });
  if (ours == installed.licenses.end())
    return Refused("time_answer.license",
                   "the time answer is for the host that has license " + answer.license + " of " +
                       answer.product + " with serial number " + HexEncode(answer.serial) +
                       ", which is not installed here",
                   "install it on the host that asked, or ask here with holdfast time request");
  HOLDFAST_CHECK(CheckRoot(root, ours->root, kTimeAnswer.context, DescribeFileKind(kTimeAnswer.file)));
  HOLDFAST_CHECK(keeper.books.SetTime(installed.use_tpm, root, answer.nonce, answer.time, installed.lists));
  return InstallOutcome{InstalledKind::kTimeAnswer, {answer.product}, true};
}

}  // namespace

Result<TimeRequestOutcome> AskForTime(const std::string& product, Tpm& tpm, const StateDirectory& state,
                                      const TrustAnchors& anchors, const TimeKeeper& keeper) {
  auto outcome = Ask(product, state, anchors, keeper);
  tpm.Release();
  return outcome;
}

Result<InstallOutcome> InstallTimeAnswer(std::string_view file_text, Tpm& tpm, const StateDirectory& state,
                                         const TrustAnchors& anchors, const TimeKeeper& keeper) {
  auto outcome = InstallAnswer(file_text, state, anchors, keeper);
  tpm.Release();
  return outcome;
}

}  // namespace holdfast
