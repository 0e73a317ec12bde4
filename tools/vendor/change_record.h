// What the store's audit log says of a rotation, a new line or a new list of the root: before it is done, by the
// options or the plan file; afterwards, by the plan that the signer followed.
#pragma once

#include "protocol/platform/files.h"
#include "protocol/strict_json.h"
#include "tools/cli/program.h"

namespace holdfast::vendor {

// Members as far as they are given: line, key-type, token, revoke; of a plan file its SHA-256.
Result<Json> IntentOf(const cli::Arguments& arguments);

// `printed`: the transcript, which ends with the plan. Members: plan_sha256; the plan's line, generation, number,
// revoke; transcript_sha256, of the JSON transcript, as in the signer's own audit record. Nobody's failure: what
// cannot be read is left out.
Json OutcomeOf(const std::string& printed, const std::string& operation, const Path& transcripts);

}  // namespace holdfast::vendor
