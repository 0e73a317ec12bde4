#include "signer/server/licensing/time_answers.h"

#include "protocol/json_text.h"
#include "signer/server/licensing/vendor_message.h"

namespace holdfast {
namespace {

Result<ActivationRecord> FindAsker(Store& store, const LicenseMessage& request) {
  auto license = store.GetLicense(request.license);
  if (!license && license.error().kind != ErrorKind::kNotFound) return tl::unexpected(license.error());
  auto found = store.FindActivationBySerial(request.serial);
  if (!found && found.error().kind != ErrorKind::kNotFound) return found;
  const bool fits = license && found && license->product == request.product &&
                    found->license == request.license && !found->certificate.empty();
  if (fits) return found;
  return Fail(ErrorKind::kNotFound, "time_request.license",
              "no activation of license " + request.license + " for " + request.product +
                  " with serial number " + HexEncode(request.serial) + " was issued here",
              "check the directory, and that the store was not restored from before the activation");
}

Status Record(Store& store, const Change& change, const AnsweredTime& answered) {
  const Json detail{{"license", answered.request.license},
                    {"serial", HexEncode(answered.request.serial)},
                    {"nonce", HexEncode(answered.request.nonce)},
                    {"believed", FormatTime(answered.request.time)},
                    {"time", FormatTime(answered.answer.time)}};
  return store.RecordEvent(change, "activation.time_answer", answered.activation.id, FormatJson(detail));
}

}  // namespace

Result<AnsweredTime> AnswerTime(Store& store, SigningService& signer, const SignerStatus& status,
                                const std::string& vendor, const Change& change,
                                std::string_view request_file) {
  AnsweredTime answered;
  HOLDFAST_TRY(answered.request, ReadMessageFile(kTimeRequest, request_file));
  if (answered.request.vendor != vendor)
    return Refused("time_request.vendor",
                   "the time request is for another vendor, " + answered.request.vendor,
                   "send it to that vendor");
  HOLDFAST_TRY(answered.activation, FindAsker(store, answered.request));
  HOLDFAST_TRY(const IssuerInfo issuer, CurrentIssuer(status, answered.activation.line));
  answered.answer = answered.request;
  answered.answer.schema = LicenseMessage().schema;
  answered.answer.time = change.at;
  HOLDFAST_TRY(answered.file, SignForHost(kTimeAnswer, signer, issuer, answered.answer));
  HOLDFAST_CHECK(Record(store, change, answered));
  return answered;
}

}  // namespace holdfast
