// Changes that the store does not hold itself: trust anchors in files, issuing keys in tokens. Each stands between
// two records of the store's audit log, ACTION.begin and ACTION, so none takes effect without a record; a begin
// that nothing follows is a change that was interrupted. One that failed is followed by ACTION.failed.
#pragma once

#include <functional>

#include "protocol/strict_json.h"
#include "signer/server/store/store.h"

namespace holdfast::vendor {

// `detail`: what is about to be done. `change` does it and returns what only the outcome tells; both are in the
// record of ACTION. Checks: those of the store (nothing was changed), of `change`, and vendor.unrecorded: the
// change is done, and its second record could not be written.
Status RecordedChange(Store& store, const std::string& action, const std::string& subject, const Json& detail,
                      const std::function<Result<Json>()>& change);

}  // namespace holdfast::vendor
