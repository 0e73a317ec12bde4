#include <iostream>

#include "signer/hsm/key_ceremony.h"
#include "tools/cli/output.h"
#include "tools/signer/commands.h"
#include "tools/signer/options.h"

namespace holdfast::signer {
namespace {

constexpr int64_t kMaxSessions = 1024;

Result<hsm::CeremonyPlan> PlanFromOptions(const cli::Arguments& arguments) {
  hsm::SimplePlan simple{.vendor = arguments.Text("vendor"),
                         .line = arguments.Text("line"),
                         .key_type = arguments.Text("key-type")};
  if (simple.vendor.empty()) return Usage("ceremony needs --plan or --vendor");
  if (arguments.Has("module") || arguments.Has("token")) {
    hsm::TokenConfig token;
    token.module = arguments.Text("module");
    token.module_env = arguments.List("module-env");
    token.uri = arguments.Text("token");
    if (arguments.Has("pin-file")) token.pin_file = std::filesystem::absolute(arguments.File("pin-file"));
    HOLDFAST_TRY(const int64_t sessions, arguments.Number("sessions", 0, kMaxSessions));
    token.sessions = static_cast<int>(sessions);
    simple.token = token;
  }
  return hsm::MakeSimplePlan(simple);
}

Result<hsm::Ceremony> CeremonyFrom(const cli::Arguments& arguments) {
  hsm::Ceremony ceremony{.directory = arguments.File("dir"), .clock = SystemClock()};
  Path base = std::filesystem::absolute(ceremony.directory);
  if (arguments.Has("plan")) {
    HOLDFAST_TRY(ceremony.plan_text, ReadPlan(arguments.File("plan")));
    base = std::filesystem::absolute(arguments.File("plan")).parent_path();
  } else {
    HOLDFAST_TRY(const hsm::CeremonyPlan plan, PlanFromOptions(arguments));
    ceremony.plan_text = hsm::FormatCeremonyPlan(plan, base);
  }
  // A plan made from options passes through the same parser.
  HOLDFAST_TRY(ceremony.plan, hsm::ParseCeremonyPlan(ceremony.plan_text, base));
  return ceremony;
}

Result<int> Hold(const cli::Arguments& arguments) {
  HOLDFAST_TRY(hsm::Ceremony ceremony, CeremonyFrom(arguments));
  if (arguments.Switch("print-plan")) {
    std::cout << ceremony.plan_text;
    return cli::kExitDone;
  }
  HOLDFAST_TRY(ceremony.approvals, ReadApprovals(arguments));
  if (arguments.Switch("dry-run")) {
    HOLDFAST_TRY(const std::string text, hsm::DescribeCeremony(ceremony));
    std::cout << text;
    return cli::kExitDone;
  }
  HOLDFAST_TRY(const auto finished, hsm::FinishCeremony(ceremony));
  if (finished) {
    std::cout << "This ceremony had been interrupted when all was made. It is finished now.\n\n" << *finished;
    return cli::kExitDone;
  }
  HOLDFAST_TRY(const hsm::Transcript transcript, hsm::HoldCeremony(ceremony));
  std::cout << hsm::FormatTranscriptText(transcript);
  return cli::kExitDone;
}

}  // namespace

// Values of `module` and `pin-file` go into plans, so they must be text, unlike those of FILE.
cli::Command CeremonyCommand() {
  return {.name = "ceremony",
          .summary = "make a signer: keys, certificates, configuration, transcript",
          .options = {{.name = "dir",
                       .value = "DIR",
                       .help = "the signer's directory, made by the ceremony",
                       .required = true},
                      {.name = "vendor", .value = "NAME", .help = "the vendor's name, when there is no plan"},
                      {.name = "line",
                       .value = "LINE",
                       .help = "product line, when there is no plan",
                       .otherwise = "default"},
                      {.name = "key-type",
                       .value = "TYPE",
                       .help = "ec-p256, ec-p384 or rsa-3072",
                       .otherwise = "ec-p256"},
                      {.name = "module",
                       .value = "MODULE",
                       .help = "path of a PKCS#11 module; without it an embedded SoftHSM token"},
                      {.name = "module-env",
                       .value = "NAME=VALUE",
                       .help = "environment for the module; repeatable",
                       .repeated = true},
                      {.name = "token", .value = "URI", .help = "the token's pkcs11: URI"},
                      {.name = "pin-file", .value = "PIN-FILE", .help = "file with the user PIN, mode 0600"},
                      {.name = "sessions",
                       .value = "N",
                       .help = "sessions of the token; 0: one per core",
                       .otherwise = "0"},
                      kPlanOption,
                      kApprovalOption,
                      kDryRunOption,
                      kPrintPlanOption},
          .run = Hold};
}

}  // namespace holdfast::signer
