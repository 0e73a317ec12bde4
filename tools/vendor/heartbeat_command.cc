#include <iostream>

#include "protocol/armor.h"
#include "signer/server/licensing/heartbeats.h"
#include "signer/server/licensing/records_json.h"
#include "signer/server/licensing/reporter.h"
#include "tools/cli/output.h"
#include "tools/cli/output_file.h"
#include "tools/vendor/commands.h"
#include "tools/vendor/office.h"

namespace holdfast::vendor {
namespace {

std::string UsageWords(const ReportedUsage& usage) {
  const std::string units = std::to_string(usage.units) + " of " + usage.limit;
  return usage.period == MeterPeriod::kNever ? units : units + " since " + FormatTime(usage.since);
}

// Of a hard meter, in the notes of the appraisal.
std::string MeterWords(const std::string& note) {
  if (note == "heartbeat.meter_unproven")
    return "the TPM's word on the hard meter is missing: it is lost, or was left out";
  if (note == "heartbeat.meter_understated")
    return "the report says fewer units of the hard meter than the TPM has counted";
  return {};
}

// What was found, a sentence for each; the fork is told apart.
std::vector<std::string> FindingWords(const AnsweredHeartbeat& answered) {
  const Lineage& lineage = answered.lineage;
  std::vector<std::string> words;
  for (const std::string& note : answered.notes) {
    if (answered.repeated)  // how it was judged then is not known any more
      words.push_back(note);
    else if (std::string meter = MeterWords(note); !meter.empty())
      words.push_back(std::move(meter));
  }
  if (!lineage.unseen.empty())
    words.push_back(std::to_string(lineage.unseen.size()) +
                    " earlier report(s) never arrived; this one makes them good");
  if (lineage.late) words.emplace_back("a newer report of this host arrived before it");
  if (lineage.reset) words.emplace_back("the host's ledger was made anew since its last report");
  if (lineage.restored)
    words.emplace_back("its state is older than what it reported before, and was activated anew since");
  if (lineage.disturbed) words.emplace_back("the host's ledger was disturbed since its last report");
  if (lineage.unknown_answer)
    words.emplace_back("the answer that it continues is not on record here: the store is older than it");
  for (const ReportedUsage& usage : lineage.shrunk)
    words.push_back("usage shrank: it was " + UsageWords(usage) + " before");
  for (const ReportedUsage& usage : lineage.forgotten)
    words.push_back("usage is missing that was not acknowledged: " + UsageWords(usage));
  return words;
}

std::string ForkWords(const AnsweredHeartbeat& answered) {
  if (!answered.other) return {};
  return DescribeFork(*answered.other, answered.report.report, answered.seen);
}

std::string Brings(const AnsweredHeartbeat& answered) {
  const std::string end =
      answered.terms.expires ? "until " + FormatTime(*answered.terms.expires) : "for ever";
  return (answered.renewed ? "a new certificate: plan " : "the certificate that it has: plan ") +
         answered.terms.plan + ", " + end;
}

// Two hosts with one TPM state are told loudly, unless the plan allows them.
void TellFork(const AnsweredHeartbeat& answered) {
  if (!answered.other || answered.policy == ClonePolicy::kAllow) return;
  std::cerr << "WARNING: two hosts have one TPM state: " << cli::Printable(ForkWords(answered)) << "\n";
  if (answered.suspended)
    std::cerr << "WARNING: license " << answered.license.id
              << (answered.file.empty() ? " would be" : " is now") << " suspended, as its plan says\n";
}

void PrintForPeople(std::ostream& out, const AnsweredHeartbeat& answered, const HeartbeatOptions& asked) {
  const bool dry_run = asked.dry_run;
  const HeartbeatReport& report = answered.report.report;
  out << cli::Line("license",
                   answered.license.id + " (" + std::string(LicenseStatusName(answered.license.status)) + ")")
      << cli::Line("customer", answered.license.customer) << cli::Line("activation", answered.activation.id);
  if (const std::string host = HostNameOf(report); !host.empty()) out << cli::Line("host", host);
  out << cli::Line("report", "number " + std::to_string(report.sequence) + ", made " +
                                 FormatTime(report.created) + " by Holdfast " + report.agent_version);
  if (report.by_tpm)
    out << cli::Line("counter", std::to_string(report.ledger.stamp) + ", attested by the TPM");
  for (const ReportedUsage& usage : report.usage) out << cli::Line("used up", UsageWords(usage));
  if (report.vouchers_used > 0) out << cli::Line("vouchers", std::to_string(report.vouchers_used) + " used");
  for (const std::string& words : FindingWords(answered)) out << cli::Line("found", words);
  if (answered.other && answered.policy == ClonePolicy::kAllow)
    out << cli::Line("found", "two hosts have one TPM state, which the plan allows: " + ForkWords(answered));
  out << cli::Line(dry_run ? "would bring" : "brings", Brings(answered));
  if (answered.expired)
    out << cli::Line("", "it has expired: holdfast-vendor license renew " + answered.license.id +
                             " --for 365d, and the host's next report brings a new one");
  for (const std::string& notice : answered.answer.notices) out << cli::Line("notice", notice);
  if (answered.repeated && !asked.notices.empty())
    out << "the notices given now are not in it: the report was answered before\n";
  if (answered.repeated)
    out << "answered before, at " << FormatTime(answered.seen) << ": the same answer again\n";
  if (!dry_run) out << "on the host:  holdfast apply FILE\n";
}

Json ForkJson(const AnsweredHeartbeat& answered) {
  const HeartbeatRecord& other = *answered.other;
  const HeartbeatReport& report = answered.report.report;
  const auto host = [](const std::string& name, int64_t sequence, const std::string& counter, Time seen) {
    return Json{{"host", name}, {"sequence", sequence}, {"counter", counter}, {"seen", FormatTime(seen)}};
  };
  return {{"policy", ClonePolicyName(answered.policy)},
          {"other", host(other.host, other.report_sequence, std::to_string(other.counter), other.seen)},
          {"this", host(HostNameOf(report), report.sequence,
                        report.by_tpm ? std::to_string(report.ledger.stamp) : "0", answered.seen)}};
}

Json ToJson(const AnsweredHeartbeat& answered, bool dry_run) {
  const HeartbeatReport& report = answered.report.report;
  Json unseen = Json::array();
  for (const Sha256Digest& id : answered.lineage.unseen) unseen.push_back(HexEncode(id));
  Json json{{"license", answered.license.id},
            {"status", LicenseStatusName(answered.license.status)},
            {"activation", answered.activation.id},
            {"host", HostNameOf(report)},
            {"report_id", HexEncode(answered.report.id)},
            {"sequence", report.sequence},
            {"created", FormatTime(report.created)},
            {"counter", report.by_tpm ? std::to_string(report.ledger.stamp) : "0"},
            {"usage", FormatMeterUsages(report.usage)},
            {"vouchers_used", report.vouchers_used},
            {"notes", answered.notes},
            {"unseen", unseen},
            {"usage_shrank", FormatMeterUsages(answered.lineage.shrunk)},
            {"usage_forgotten", FormatMeterUsages(answered.lineage.forgotten)},
            {"renewed", answered.renewed},
            {"suspended", answered.suspended},
            {"plan", answered.terms.plan},
            {"serial", HexEncode(answered.activation.serial)},
            {"notices", answered.answer.notices},
            {"repeated", answered.repeated},
            {"dry_run", dry_run}};
  if (answered.terms.expires) json["expires"] = FormatTime(*answered.terms.expires);
  json["expired"] = answered.expired;
  if (answered.other) json["fork"] = ForkJson(answered);
  return json;
}

Status CheckWords(const cli::Arguments& arguments) {
  if (arguments.Has("output") || arguments.Switch("dry-run")) return {};
  return Fail(ErrorKind::kUsage, "usage.output", "say with -o where the answer is to be written",
              "give -o FILE, or --dry-run to see what it would be");
}

Result<int> Heartbeat(const cli::Arguments& arguments) {
  HOLDFAST_CHECK(CheckWords(arguments));
  const std::string report = arguments.Text("REPORT");
  const HeartbeatOptions options{.notices = arguments.List("notice"), .dry_run = arguments.Switch("dry-run")};
  HOLDFAST_TRY(const std::string text, cli::About(report, cli::ReadInput(report, kMaxFileSize)));
  HOLDFAST_TRY(const auto office, Office::Open(arguments));
  std::optional<cli::OutputFile> output;
  if (!options.dry_run) {
    HOLDFAST_TRY(output, cli::OutputFile::Open(arguments.File("output")));
  }
  HOLDFAST_TRY(const AnsweredHeartbeat answered,
               cli::About(report, office->licensing().AnswerHeartbeat(Actor(), text, options)));
  TellFork(answered);  // also where the answer cannot be written: a suspension stands
  if (output) HOLDFAST_CHECK(output->Write(answered.file));
  const bool to_stdout = output && output->is_stdout();
  if (arguments.json() && !to_stdout) {
    Json json = ToJson(answered, options.dry_run);
    if (output) json["file"] = output->name();
    cli::Print(json);
  } else {
    PrintForPeople(to_stdout ? std::cerr : std::cout, answered, options);
  }
  return cli::kExitDone;
}

}  // namespace

void AddHeartbeatCommand(cli::Program& program) {
  program.Add(
      {.name = "heartbeat",
       .summary = "acknowledge a host's report, and answer with what its license is now",
       .arguments = {{.name = "REPORT", .help = "'-': standard input", .required = true}},
       .options = {{.name = "output,o",
                    .value = "FILE",
                    .help = "the answer for the host; '-': standard output. Not with --dry-run"},
                   {.name = "notice",
                    .value = "TEXT",
                    .help = "for people at the host, one line; at most 7",
                    .repeated = true},
                   {.name = "dry-run", .help = "say what would come of it, and change nothing"},
                   cli::kJsonOption},
       .details =
           "Brings renewals, changes of plan, suspension and revocation, the newest lists and the time. The "
           "same report again gets the same answer. Says what the report shows: reports that never arrived, "
           "a ledger that was made anew, and two hosts with one TPM state, which are met as the plan says.",
       .run = Heartbeat});
}

}  // namespace holdfast::vendor
