#include <iostream>

#include "protocol/armor.h"
#include "signer/server/licensing/returns.h"
#include "tools/cli/output.h"
#include "tools/cli/output_file.h"
#include "tools/vendor/commands.h"
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

void PrintForPeople(const AcceptedReturn& accepted, bool dry_run) {
  std::cout << cli::Line("license", accepted.license.id)
            << cli::Line("customer", cli::Printable(accepted.license.customer))
            << cli::Line("activation", accepted.activation.id);
  if (!accepted.activation.host.empty())
    std::cout << cli::Line("host", cli::Printable(accepted.activation.host));
  std::cout << cli::Line("assurance", AssuranceName(accepted.assurance))
            << cli::Line("proven", WhatIsProven(accepted));
  if (accepted.proven && accepted.assurance == AssuranceClass::kVtpm)
    std::cout << cli::Line("note", "a virtual TPM can be set back by whoever runs it");
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
            {"activations_used", accepted.license.activations},
            {"activation_limit", accepted.license.activation_limit},
            {"repeated", accepted.repeated},
            {"dry_run", options.dry_run}};
  if (accepted.newer_than) json["newer_than"] = FormatTime(*accepted.newer_than);
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
  program.Add({.name = "accept",
               .summary = "verify a return proof and credit the activation",
               .arguments = {{.name = "PROOF", .help = "'-': standard input", .required = true}},
               .options = {{.name = "unproven", .help = "credit a host without a TPM on the customer's word"},
                           {.name = "dry-run", .help = "say what would change, and change nothing"},
                           cli::kJsonOption},
               .details =
                   "Needs no signer. The same proof again is accepted and counts once. Says what was proven: "
                   "without a nonce, that the license key died since the activation, not when.",
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
