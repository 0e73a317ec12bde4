// Options that several commands of holdfast-signer take, and what they stand for.
#pragma once

#include "signer/hsm/approval.h"
#include "signer/hsm/signer_config.h"
#include "tools/cli/program.h"

namespace holdfast::signer {

extern const cli::Option kConfigOption, kPlanOption, kApprovalOption, kDryRunOption, kPrintPlanOption;

Path ConfigFile(const cli::Arguments& arguments);
hsm::SignerPaths PathsOf(const cli::Arguments& arguments);
Result<std::string> ReadPlan(const Path& file);
Result<std::vector<hsm::Approval>> ReadApprovals(const cli::Arguments& arguments);

tl::unexpected<Error> Usage(std::string message);  // check: usage

}  // namespace holdfast::signer
