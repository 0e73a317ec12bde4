#include <iostream>

#include "certs/pem_signing_key.h"
#include "protocol/jose/jws.h"
#include "tools/cli/output.h"
#include "tools/cli/output_file.h"
#include "tools/signer/commands.h"
#include "tools/signer/options.h"

namespace holdfast::signer {
namespace {

constexpr size_t kMaxKeyFile = 16 * 1024;

Result<int> Approve(const cli::Arguments& arguments) {
  HOLDFAST_TRY(const std::string plan, ReadPlan(arguments.File("plan")));
  HOLDFAST_TRY(const Secret pem, ReadSecretFile(arguments.File("key"), kMaxKeyFile));
  HOLDFAST_TRY(const auto key, ParsePemSigningKey(pem));
  const std::string input =
      JwsSigningInput(MessageType::kApproval, AlgorithmFor(key->public_key().type()), {},
                      hsm::ApprovalPayload(AsBytes(plan), arguments.Text("operator")));
  HOLDFAST_TRY(const Bytes signature, key->SignDigest(Sha256(AsBytes(input))));
  const std::string jws = FinishJws(input, signature) + "\n";
  HOLDFAST_TRY(cli::OutputFile output, cli::OutputFile::Open(arguments.File("output")));
  HOLDFAST_CHECK(output.Write(jws));
  (output.is_stdout() ? std::cerr : std::cout)
      << "Approved the plan with SHA-256 " << HexEncode(Sha256(AsBytes(plan))) << "\n";
  return cli::kExitDone;
}

}  // namespace

cli::Command ApproveCommand() {
  cli::Option plan = kPlanOption;
  plan.required = true;
  return {.name = "approve",
          .summary = "approve a plan with an operator's key",
          .options = {plan,
                      {.name = "key",
                       .value = "FILE",
                       .help = "the operator's private key, PEM, P-256, mode 0600",
                       .required = true},
                      {.name = "operator",
                       .value = "NAME",
                       .help = "the operator's name in the plan",
                       .required = true},
                      {.name = "output,o",
                       .value = "FILE",
                       .help = "approval to write; - is standard output",
                       .required = true}},
          .run = Approve};
}

}  // namespace holdfast::signer
