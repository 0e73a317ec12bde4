#include "tools/holdfast/answer_shape.h"

#include <algorithm>

namespace holdfast::cli {
namespace {

using Test = bool (*)(const Json&);

bool IsText(const Json& value) {
  return value.is_string();
}
bool IsSwitch(const Json& value) {
  return value.is_boolean();
}
bool IsNumber(const Json& value) {
  return value.is_number_integer();
}
bool IsObject(const Json& value) {
  return value.is_object();
}
bool AreTexts(const Json& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(), IsText);
}

bool Has(const Json& object, std::initializer_list<const char*> names, Test test) {
  return std::all_of(names.begin(), names.end(), [&](const char* name) {
    const auto member = object.find(name);
    return member != object.end() && test(*member);
  });
}

bool MayHave(const Json& object, std::initializer_list<const char*> names, Test test) {
  return std::all_of(names.begin(), names.end(), [&](const char* name) {
    const auto member = object.find(name);
    return member == object.end() || test(*member);
  });
}

bool IsLimit(const Json& limit) {
  return limit.is_object() && Has(limit, {"max"}, IsNumber) &&
         MayHave(limit, {"used", "used_before"}, IsNumber) &&
         MayHave(limit, {"counted", "period_ends"}, IsText);
}

bool AreLimits(const Json& limits) {
  return limits.is_object() && std::all_of(limits.begin(), limits.end(), IsLimit);
}

bool AreVouchers(const Json& vouchers) {
  return vouchers.is_object() && Has(vouchers, {"count", "used"}, IsNumber);
}

bool IsCrl(const Json& crl) {
  return crl.is_object() && Has(crl, {"number"}, IsNumber) && Has(crl, {"this_update"}, IsText);
}

bool IsLicense(const Json& license) {
  return license.is_object() && Has(license, {"product", "state"}, IsText) &&
         Has(license, {"reasons"}, AreTexts) && Has(license, {"features"}, IsObject) &&
         Has(license, {"limits"}, AreLimits) &&
         MayHave(license,
                 {"advice", "fault", "license", "customer", "vendor", "edition", "expires", "last_contact",
                  "heard_by", "emergency_until"},
                 IsText) &&
         MayHave(license, {"keys"}, AreTexts) && MayHave(license, {"vouchers"}, AreVouchers) &&
         MayHave(license, {"advisory"}, IsSwitch) && MayHave(license, {"days_left"}, IsNumber) &&
         MayHave(license, {"crl"}, IsCrl);
}

bool AreLicenses(const Json& licenses) {
  return licenses.is_array() && std::all_of(licenses.begin(), licenses.end(), IsLicense);
}

bool IsOpenRequest(const Json& request) {
  return request.is_object() && Has(request, {"product", "created"}, IsText);
}

bool AreOpenRequests(const Json& requests) {
  return requests.is_array() && std::all_of(requests.begin(), requests.end(), IsOpenRequest);
}

bool IsDecision(const Json& decision) {
  return Has(decision, {"allowed"}, IsSwitch) && Has(decision, {"reasons"}, AreTexts) &&
         MayHave(decision, {"product", "state", "advice", "edition", "expires", "counted", "period_ends"},
                 IsText) &&
         MayHave(decision, {"max", "used", "held", "days_left"}, IsNumber);
}

// A content key, where it is handed out: 32 octets in hexadecimal.
bool HasKey(const Json& decision) {
  constexpr size_t kDigits = 64;
  return Has(decision, {"key"}, IsText) && decision["key"].get_ref<const std::string&>().size() == kDigits &&
         HexDecode(decision["key"].get_ref<const std::string&>());
}

bool IsCredit(const Json& credit) {
  return credit.is_object() && MayHave(credit, {"units", "time"}, IsSwitch);
}

bool AreUsages(const Json& usages) {
  return usages.is_array() && std::all_of(usages.begin(), usages.end(), [](const Json& usage) {
           return usage.is_object() && Has(usage, {"limit", "period", "since"}, IsText) &&
                  Has(usage, {"units"}, IsNumber);
         });
}

bool IsAnswer(std::string_view op, const Json& answer) {
  if (op == "status") {
    return Has(answer, {"licenses"}, AreLicenses) && MayHave(answer, {"clock", "ledger"}, IsObject) &&
           MayHave(answer, {"requests"}, AreOpenRequests) && MayHave(answer, {"state_directory"}, IsText);
  }
  if (op == "request")
    return Has(answer, {"product", "file"}, IsText) && Has(answer, {"repeated"}, IsSwitch) &&
           MayHave(answer, {"emergency_until"}, IsText) &&
           MayHave(answer, {"request_dropped", "counter_replaced", "roots_missing"}, IsSwitch);
  if (op == "install") {
    return Has(answer, {"kind"}, IsText) && Has(answer, {"products"}, AreTexts) &&
           Has(answer, {"changed"}, IsSwitch) && MayHave(answer, {"notices"}, AreTexts);
  }
  if (op == "key") return IsDecision(answer) && (answer["allowed"] == false || HasKey(answer));
  if (op == "break_glass")
    return Has(answer, {"product", "license", "until"}, IsText) && Has(answer, {"left"}, IsNumber) &&
           Has(answer, {"dry_run"}, IsSwitch);
  if (op == "heartbeat")
    return Has(answer, {"product", "license", "file"}, IsText) && Has(answer, {"sequence"}, IsNumber);
  if (op == "time_request") return Has(answer, {"product", "license", "time", "file"}, IsText);
  if (op == "return") {
    if (answer.contains("forgotten")) return Has(answer, {"product", "license"}, IsText);
    return Has(answer, {"product", "license", "proof", "file"}, IsText) &&
           Has(answer, {"repeated", "request_dropped", "dry_run"}, IsSwitch) &&
           MayHave(answer, {"credit"}, IsCredit) && MayHave(answer, {"usage"}, AreUsages);
  }
  return IsDecision(answer);
}

}  // namespace

Status CheckAnswer(std::string_view op, const Json& answer) {
  if (IsAnswer(op, answer)) return {};
  return Malformed("api.answer", "what answers on the socket is no agent, or of another version",
                   "see what listens on --socket");
}

}  // namespace holdfast::cli
