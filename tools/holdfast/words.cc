#include "tools/holdfast/words.h"

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

std::string Expiry(const Json& json) {
  if (!json.contains("expires")) return json.contains("license") ? "never" : "";
  std::string text = Text(json, "expires");
  if (json.contains("days_left")) text += " (" + Text(json, "days_left") + " days left)";
  return text;
}

bool IsMeter(const Json& limit) {
  return limit.contains("counted");
}

// "3 of 5 in use"; of a meter "120 of 1000 used, until 2026-12-01T00:00:00Z".
std::string Use(const Json& limit) {
  const std::string used = limit.contains("used") ? Text(limit, "used") : "?";
  std::string text = used + " of " + Text(limit, "max") + (IsMeter(limit) ? " used" : " in use");
  if (limit.contains("period_ends")) text += ", until " + Text(limit, "period_ends");
  if (limit.contains("only")) text += ", for certain users, groups or programs only";
  return text;
}

std::string DescribeLicense(const Json& license) {
  std::string text = Text(license, "product") + ": " + Text(license, "state") + "\n";
  if (Reasons(license) != Text(license, "state")) text += "  " + Line("reasons", Reasons(license));
  text += Optional("what to do", license, "advice");
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
    text += "  " + Line((IsMeter(limit) ? "meter " : "limit ") + Printable(name), Use(limit));
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

std::string DescribeLedger(const Json& ledger) {
  const bool good = !ledger.contains("finding") || ledger["finding"] == "good" || ledger["finding"] == "new";
  if (good && !ledger.contains("detail")) return "";
  std::string text = Text(ledger, "finding");
  if (ledger.contains("detail")) text += ": " + Text(ledger, "detail");
  return Line("ledger", text);
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
  if (status["licenses"].empty()) {
    return "No license is installed. Make a request: holdfast request --key-file KEY -o FILE\n";
  }
  std::string text;
  for (const Json& license : status["licenses"]) text += DescribeLicense(license);
  return text + DescribeClock(status.value("clock", Json::object())) +
         DescribeLedger(status.value("ledger", Json::object()));
}

}  // namespace holdfast::cli
