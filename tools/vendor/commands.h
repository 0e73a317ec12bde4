// The commands of holdfast-vendor, one file for each subject.
#pragma once

#include "tools/cli/program.h"

namespace holdfast::vendor {

void AddInitCommands(cli::Program& program);           // init, approve
void AddProductCommands(cli::Program& program);        // product add, list, show
void AddLicenseCommands(cli::Program& program);        // license new, list, show, suspend, reactivate, revoke
void AddLicenseListings(cli::Program& program);        // license list, show
void AddReleaseCommand(cli::Program& program);         // license release
void AddLicenseChangeCommands(cli::Program& program);  // license renew, change
void AddAnswerCommand(cli::Program& program);
void AddReturnCommands(cli::Program& program);  // accept, return-nonce
void AddTimeCommand(cli::Program& program);     // time answer
void AddHeartbeatCommand(cli::Program& program);
void AddUsageCommand(cli::Program& program);
void AddCrlCommand(cli::Program& program);
void AddExportCommand(cli::Program& program);
void AddKeyCommands(cli::Program& program);     // key add, list, export
void AddIssuerCommands(cli::Program& program);  // issuer list, rotate, add
void AddEkCommands(cli::Program& program);      // ek-roots add, list, remove, pin
void AddEkRemoveCommand(cli::Program& program);
void AddAuditCommand(cli::Program& program);  // audit verify, accept

}  // namespace holdfast::vendor
