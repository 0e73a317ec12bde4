#include "tools/signer/options.h"

#include "signer/hsm/ceremony_plan.h"

namespace holdfast::signer {

const cli::Option kConfigOption{.name = "config,c",
                                .value = "FILE",
                                .help = "signer.conf",
                                .otherwise = "/etc/holdfast/signer/signer.conf"};
const cli::Option kPlanOption{.name = "plan", .value = "FILE", .help = "plan file"};
const cli::Option kApprovalOption{
    .name = "approval", .value = "FILE", .help = "an operator's approval", .repeated = true};
const cli::Option kDryRunOption{.name = "dry-run", .help = "say what would be made"};
const cli::Option kPrintPlanOption{.name = "print-plan", .help = "print the plan for review and approval"};

Path ConfigFile(const cli::Arguments& arguments) {
  return arguments.File("config");
}

hsm::SignerPaths PathsOf(const cli::Arguments& arguments) {
  return {std::filesystem::absolute(ConfigFile(arguments)).lexically_normal().parent_path()};
}

Result<std::string> ReadPlan(const Path& file) {
  HOLDFAST_TRY(const Bytes text, ReadFile(file, hsm::kMaxPlanSize));
  return std::string(AsText(text));
}

Result<std::vector<hsm::Approval>> ReadApprovals(const cli::Arguments& arguments) {
  std::vector<hsm::Approval> approvals;
  for (const std::string& file : arguments.List("approval")) {
    HOLDFAST_TRY(hsm::Approval approval, hsm::ReadApproval(file));
    approvals.push_back(std::move(approval));
  }
  return approvals;
}

tl::unexpected<Error> Usage(std::string message) {
  return Fail(ErrorKind::kUsage, "usage", std::move(message), "See holdfast-signer --help");
}

}  // namespace holdfast::signer
