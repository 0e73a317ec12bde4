#include "tools/holdfast/words.h"

#include <algorithm>

#include "protocol/json_text.h"
#include "tools/cli/output.h"

namespace holdfast::cli {
namespace {

// A text as it is, anything else as JSON; safe for a terminal.
std::string Text(const Json& value) {
  return Printable(value.is_string() ? value.get<std::string>() : FormatJson(value));
}

std::string Text(const Json& json, const char* member) {
  auto found = json.find(member);
  return found == json.end() ? "" : Text(*found);
}

std::string Reasons(const Json& json) {
  std::string names;
  for (const Json& reason : json["reasons"]) names += (names.empty() ? "" : ", ") + Text(reason);
  return names;
}

std::string Differences(const Json& license) {
  std::string names;
  for (const Json& name : license.value("differ", Json::array()))
    names += (names.empty() ? "" : ", ") + name.get<std::string>();
  return names;
}

std::string Optional(std::string_view name, const Json& json, const char* member) {
  const std::string text = Text(json, member);
  return text.empty() ? "" : "  " + Line(name, text);
}

// Whole days, rounded down.
std::string DaysWords(int64_t left) {
  if (left < 0) return "over";
  if (left == 0) return "less than a day left";
  return std::to_string(left) + (left == 1 ? " day left" : " days left");
}

// Advice that sends to `holdfast status` is read there as well.
std::string AdviceHere(const Json& license) {
  constexpr std::string_view kThere = "see its fault in holdfast status";
  std::string advice = license.value("advice", "");
  if (const size_t at = advice.find(kThere); at != std::string::npos)
    advice.replace(at, kThere.size(), "see the fault below");
  return advice.empty() ? "" : "  " + Line("what to do", advice);
}

std::string Expiry(const Json& json) {
  if (!json.contains("expires")) return json.contains("license") ? "never" : "";
  std::string text = Text(json, "expires");
  if (json.contains("days_left")) text += " (" + DaysWords(json["days_left"].get<int64_t>()) + ")";
  return text;
}

bool IsMeter(const Json& limit) {
  return limit.contains("counted");
}

// "3 of 5 in use"; of a meter "120 of 1000 used, until 2026-12-01T00:00:00Z".
std::string Use(const Json& limit) {
  const std::string used = limit.contains("used") ? Text(limit, "used") : "?";
  std::string text = used + " of " + Text(limit, "max") + (IsMeter(limit) ? " used" : " in use");
  if (limit.contains("used_before"))
    text += ", " + Text(limit, "used_before") + " of them before this activation";
  if (limit.contains("period_ends")) text += ", until " + Text(limit, "period_ends");
  if (limit.contains("only")) text += ", for certain users, groups or programs only";
  return text;
}

std::string CountedBy(const Json& meter) {
  if (meter["counted"] == "hard") return ", counted by the TPM";
  return meter["counted"] == "tpm" ? ", counted by the ledger" : ", counted in a file";
}

std::string DescribeLicense(const Json& license) {
  std::string text = Text(license, "product") + ": " + Text(license, "state") + "\n";
  if (Reasons(license) != Text(license, "state")) text += "  " + Line("reasons", Reasons(license));
  text += AdviceHere(license);
  text += Optional("fault", license, "fault");
  if (const std::string names = Differences(license); !names.empty())
    text += "  " + Line("not as licensed", names);
  text += Optional("license", license, "license");
  text += Optional("customer", license, "customer");
  text += Optional("vendor", license, "vendor");
  text += Optional("class", license, "assurance");
  text += Optional("edition", license, "edition");
  if (const std::string expiry = Expiry(license); !expiry.empty()) text += "  " + Line("expires", expiry);
  for (const auto& [name, value] : license["features"].items()) {
    text += "  " + Line("feature " + Printable(name), Text(value));
  }
  for (const auto& [name, limit] : license["limits"].items()) {
    const std::string how = IsMeter(limit) ? CountedBy(limit) : "";
    text += "  " + Line((IsMeter(limit) ? "meter " : "limit ") + Printable(name), Use(limit) + how);
  }
  for (const Json& name : license.value("keys", Json::array()))
    text += "  " + Line("content key", Text(name));
  if (license.value("advisory", false))
    text += "  " + Line("advisory", "nothing is denied, and what would be is recorded");
  if (license.contains("vouchers"))
    text += "  " + Line("vouchers", Text(license["vouchers"], "used") + " of " +
                                        Text(license["vouchers"], "count") + " used");
  text += Optional("granted until", license, "emergency_until");
  text += Optional("report by", license, "heard_by");
  text += Optional("last heard of", license, "last_contact");
  if (license.contains("crl")) {
    text += "  " + Line("revocation list", "number " + Text(license["crl"], "number") + " of " +
                                               Text(license["crl"], "this_update"));
  }
  return text;
}

// Only what is not as it should be.
std::string DescribeClock(const Json& clock) {
  if (!clock.contains("state") || clock["state"] == "good") return "";
  return Line("clock", Text(clock, "state") + ": it shows " + Text(clock, "wall"));
}

bool HasReason(const Json& license, std::string_view reason) {
  return std::find(license["reasons"].begin(), license["reasons"].end(), reason) != license["reasons"].end();
}

// What was found when the agent started is settled for licenses that were activated since.
std::string DescribeLedger(const Json& ledger, const Json& licenses) {
  const bool good = !ledger.contains("finding") || ledger["finding"] == "good" || ledger["finding"] == "new";
  if (good && !ledger.contains("detail")) return "";
  const bool settled = ledger.contains("open") && ledger["open"] == true && !licenses.empty() &&
                       std::all_of(licenses.begin(), licenses.end(),
                                   [](const Json& license) { return HasReason(license, "active"); });
  if (!good && settled) return "";
  std::string text = Text(ledger, "finding");
  if (ledger.contains("detail")) text += ": " + Text(ledger, "detail");
  return Line("ledger", text);
}

std::string DescribeRequests(const Json& requests) {
  std::string text;
  for (const Json& request : requests)
    text += Line("open request", Text(request, "product") + ", of " + Text(request, "created") +
                                     ": holdfast install takes its answer");
  return text;
}

}  // namespace

std::string DescribeDecision(std::string_view subject, const Json& decision) {
  const bool allowed = decision["allowed"] == true;
  std::string text = Printable(subject) + (allowed ? ": allowed" : ": denied");
  if (allowed && decision.contains("value") && decision["value"] != true)
    text += ", " + Text(decision, "value");
  if (decision.contains("max")) text += ", " + Use(decision);
  if (Reasons(decision) != "active") text += " (" + Reasons(decision) + ")";
  text += "\n";
  if (decision.contains("advice")) text += "  " + Text(decision, "advice") + "\n";
  return text;
}

std::string DescribeStatus(const Json& status) {
  const std::string open = DescribeRequests(status.value("requests", Json::array()));
  if (status["licenses"].empty()) {
    return "No license is installed." +
           (open.empty() ? " Make a request: holdfast request --key-file KEY -o FILE\n" : "\n" + open);
  }
  std::string text;
  for (const Json& license : status["licenses"]) text += DescribeLicense(license);
  return text + open + DescribeClock(status.value("clock", Json::object())) +
         DescribeLedger(status.value("ledger", Json::object()), status["licenses"]);
}

}  // namespace holdfast::cli
