#include <iostream>

#include "protocol/armor.h"
#include "signer/server/licensing/returns.h"
#include "tools/cli/output.h"
#include "tools/cli/output_file.h"
#include "tools/vendor/commands.h"
#include "tools/vendor/length_words.h"
#include "tools/vendor/office.h"

namespace holdfast::vendor {
namespace {

std::string WhatIsProven(const AcceptedReturn& accepted) {
  if (!accepted.proven) return "nothing: the host has no TPM, its keys are deleted by its own word";
  if (accepted.newer_than)
    return "the license key was dead at a moment after " + FormatTime(*accepted.newer_than) +
           ", and stays so";
  return "the license key died at some moment after the activation, and stays so";
}

std::string Proof(const AcceptedReturn& accepted) {
  return !accepted.proven ? "promise" : accepted.newer_than ? "fresh" : "since_activation";
}

std::string CountWords(const ReturnedMeter& meter) {
  std::string words = meter.meter.limit + ": " + std::to_string(meter.counted) + " of " +
                      std::to_string(meter.meter.max) + " count as used up";
  if (meter.meter.period != MeterPeriod::kNever) words += " since " + FormatTime(meter.since);
  if (meter.stated) words += "; stated " + std::to_string(*meter.stated);
  if (meter.reported > 0) words += "; reported before " + std::to_string(meter.reported);
  return words;
}

std::string WhyCounted(UnitCount count) {
  if (count == UnitCount::kUsedUp) return "all of them: the license does not credit units";
  if (count == UnitCount::kUnknown) return "all of them: the proof does not state what was used";
  return "the next activation goes on with what was used, by the host's word: the license key has signed it, "
         "and root there can have it sign less. Where reports said more, that counts";
}

std::string DoubtWords(const std::string& note) {
  if (note == "return.virtual_tpm") return "a virtual TPM can be set back by whoever runs it";
  if (note == "return.usage_shrank") return "the proof states less than the host has reported";
  if (note == "return.set_back")
    return "the ledger that the units are from is older than the host's last report";
  return "the ledger that the units are from was set back, or made anew, since the activation";
}

// Nothing of a license that never ends.
std::string TimeWords(const AcceptedReturn& accepted, bool dry_run) {
  if (accepted.time_left) {
    const std::string left = " with " + LengthWords(*accepted.time_left) + " left, until the next activation";
    return (accepted.repeated ? "stood still" : dry_run ? "would stand still" : "stands still") + left;
  }
  if (!accepted.expires) return {};
  if (!accepted.credits_time) return "goes on: the license does not credit time";
  // This one still counts before it is accepted.
  const int64_t here = dry_run && !accepted.ended.empty() ? 1 : 0;
  return accepted.license.activations > here ? "goes on: the license is in use elsewhere" : "goes on";
}

void PrintUnits(const ReturnedUnits& units) {
  if (units.count == UnitCount::kNone) return;
  for (const ReturnedMeter& meter : units.meters) std::cout << cli::Line("units", CountWords(meter));
  std::cout << cli::Line("", WhyCounted(units.count));
}

Json UnitsJson(const ReturnedUnits& units) {
  Json meters = Json::array();
  for (const ReturnedMeter& each : units.meters) {
    Json meter{{"limit", each.meter.limit},
               {"period", MeterPeriodName(each.meter.period)},
               {"since", FormatTime(each.since)},
               {"max", each.meter.max},
               {"used", each.counted},
               {"reported", each.reported},
               {"used_before", each.before}};
    if (each.stated) meter["stated"] = *each.stated;
    meters.push_back(std::move(meter));
  }
  return {{"count", UnitCountName(units.count)}, {"meters", std::move(meters)}};
}

void PrintForPeople(const AcceptedReturn& accepted, bool dry_run) {
  std::cout << cli::Line("license", accepted.license.id)
            << cli::Line("customer", cli::Printable(accepted.license.customer))
            << cli::Line("activation", accepted.activation.id);
  if (!accepted.activation.host.empty())
    std::cout << cli::Line("host", cli::Printable(accepted.activation.host));
  std::cout << cli::Line("assurance", AssuranceName(accepted.assurance))
            << cli::Line("proven", WhatIsProven(accepted));
  for (const std::string& note : accepted.notes) std::cout << cli::Line("note", DoubtWords(note));
  PrintUnits(accepted.units);
  if (const std::string time = TimeWords(accepted, dry_run); !time.empty())
    std::cout << cli::Line("time", time);
  for (const std::string& id : accepted.ended) std::cout << cli::Line(dry_run ? "would end" : "ended", id);
  if (accepted.repeated)
    std::cout << "accepted before, at " << FormatTime(accepted.accepted) << ": nothing changed\n";
  std::cout << cli::Line("activations", std::to_string(accepted.license.activations) + " of " +
                                            std::to_string(accepted.license.activation_limit));
  if (!dry_run && !accepted.repeated)
    std::cout << "its certificate is on the next list: holdfast-vendor crl -o FILE\n";
}

Result<int> Accept(const cli::Arguments& arguments) {
  const std::string proof = arguments.Text("PROOF");
  HOLDFAST_TRY(const std::string text, cli::About(proof, cli::ReadInput(proof, kMaxFileSize)));
  HOLDFAST_TRY(const Records records, OpenRecords(arguments));
  HOLDFAST_TRY(const LicensingSettings settings, LoadSettings(records.directory));
  const AcceptOptions options{.unproven = arguments.Switch("unproven"),
                              .dry_run = arguments.Switch("dry-run")};
  HOLDFAST_TRY(const AcceptedReturn accepted,
               cli::About(proof, AcceptReturn(*records.store, settings.vendor, {SystemClock()(), Actor()},
                                              text, options)));
  if (!arguments.json()) {
    PrintForPeople(accepted, options.dry_run);
    return cli::kExitDone;
  }
  Json json{{"license", accepted.license.id},
            {"activation", accepted.activation.id},
            {"host", accepted.activation.host},
            {"assurance", AssuranceName(accepted.assurance)},
            {"proof", Proof(accepted)},
            {"proof_sha256", HexEncode(accepted.proof_hash)},
            {"ended", accepted.ended},
            {"notes", accepted.notes},
            {"units", UnitsJson(accepted.units)},
            {"credits_time", accepted.credits_time},
            {"activations_used", accepted.license.activations},
            {"activation_limit", accepted.license.activation_limit},
            {"repeated", accepted.repeated},
            {"dry_run", options.dry_run}};
  if (accepted.newer_than) json["newer_than"] = FormatTime(*accepted.newer_than);
  if (accepted.time_left) json["time_left"] = accepted.time_left->count();
  cli::Print(json);
  return cli::kExitDone;
}

Result<ActivationRecord> FindActivation(Store& store, const std::string& license,
                                        const std::string& id_or_prefix) {
  HOLDFAST_TRY(const auto all, store.ListActivations(license));
  const ActivationRecord* found = nullptr;
  for (const ActivationRecord& activation : all) {
    if (activation.id == id_or_prefix) return activation;
    if (activation.id.rfind(id_or_prefix, 0) != 0) continue;
    if (found)
      return Fail(ErrorKind::kUsage, "vendor.ambiguous",
                  "several activations begin with \"" + id_or_prefix + "\"", "give more of the id");
    found = &activation;
  }
  if (found) return *found;
  return Fail(ErrorKind::kNotFound, "store.activation", "license " + license + " has no such activation",
              "see `holdfast-vendor license show`");
}

Result<int> Nonce(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const auto office, Office::Open(arguments));
  HOLDFAST_TRY(const LicenseRecord license, FindLicense(office->store(), arguments.Text("LICENSE")));
  HOLDFAST_TRY(const ActivationRecord activation,
               FindActivation(office->store(), license.id, arguments.Text("ACTIVATION")));
  HOLDFAST_TRY(const LicensingSettings settings, LoadSettings(office->directory()));
  HOLDFAST_TRY(const SignerStatus status, office->licensing().AskSigner());
  HOLDFAST_TRY(cli::OutputFile output, cli::OutputFile::Open(arguments.File("output")));
  HOLDFAST_TRY(const std::string file,
               MakeReturnNonce(office->store(), office->signer(), status, settings.vendor,
                               {SystemClock()(), Actor()}, activation));
  HOLDFAST_CHECK(output.Write(file));
  if (output.is_stdout()) return cli::kExitDone;
  if (arguments.json()) {
    cli::Print(Json{{"license", license.id}, {"activation", activation.id}, {"file", output.name()}});
  } else {
    std::cout << "on the host:  holdfast return --nonce FILE -o PROOF\n";
  }
  return cli::kExitDone;
}

}  // namespace

void AddReturnCommands(cli::Program& program) {
  program.Add(
      {.name = "accept",
       .summary = "verify a return proof and credit the activation",
       .arguments = {{.name = "PROOF", .help = "'-': standard input", .required = true}},
       .options = {{.name = "unproven", .help = "credit a host without a TPM on the customer's word"},
                   {.name = "dry-run", .help = "say what would change, and change nothing"},
                   cli::kJsonOption},
       .details =
           "Needs no signer. The same proof again is accepted and counts once. Says what was proven: "
           "without a nonce, that the license key died since the activation, not when. What the host "
           "states of its meters is its word. The next activation goes on with the units that count as "
           "used up here, and with the time that is left where the license credits time.",
       .run = Accept});
  program.Add(
      {.name = "return-nonce",
       .summary = "ask a host for a fresh proof of its return",
       .arguments = {{.name = "LICENSE", .required = true}, {.name = "ACTIVATION", .required = true}},
       .options = {{.name = "output,o",
                    .value = "FILE",
                    .help = "the nonce for the host; '-': standard output",
                    .required = true},
                   cli::kJsonOption},
       .details =
           "From then on the return of this activation is accepted with this nonce only. Until it is used, "
           "the same nonce is given out again. LICENSE and ACTIVATION may be the beginning of an id.",
       .run = Nonce});
}

}  // namespace holdfast::vendor
