// The sections of the benchmark, each of which adds its rows.
#pragma once

#include "tests/bench/report.h"

namespace holdfast::bench {

void VerifySection(std::vector<Row>& rows);
void CheckSection(std::vector<Row>& rows);   // a feature check over the agent's socket
void ClientSection(std::vector<Row>& rows);  // libholdfast in an application's process
void IssueSection(
    std::vector<Row>& rows);  // the signing path; makes SoftHSM2 tokens below a temporary directory
void ActivationSection(std::vector<Row>& rows);  // the customer's side; starts a software TPM
void AgentSection(std::vector<Row>& rows);       // the service: commit, start, memory; starts software TPMs

}  // namespace holdfast::bench
