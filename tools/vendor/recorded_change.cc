#include "tools/vendor/recorded_change.h"

#include "protocol/json_text.h"
#include "protocol/platform/clock.h"
#include "tools/vendor/office.h"

namespace holdfast::vendor {
namespace {

Status Record(Store& store, const std::string& action, const std::string& subject, const Json& detail) {
  return store.RecordEvent({SystemClock()(), Actor()}, action, subject, FormatJson(detail));
}

}  // namespace

Status RecordedChange(Store& store, const std::string& action, const std::string& subject, const Json& detail,
                      const std::function<Result<Json>()>& change) {
  HOLDFAST_CHECK(Record(store, action + ".begin", subject, detail));
  const auto outcome = change();
  if (!outcome) {
    // What matters more to the caller is why it failed; that it was begun is on record in any case.
    [[maybe_unused]] const Status noted =
        Record(store, action + ".failed", subject, {{"check", outcome.error().check}});
    return tl::unexpected(outcome.error());
  }
  Json all = detail;
  all.update(*outcome);
  const Status done = Record(store, action, subject, all);
  if (done) return {};
  return Fail(ErrorKind::kInternal, "vendor.unrecorded",
              "this is done, but the audit log has only its beginning (" + action +
                  ".begin): " + done.error().message,
              "do not repeat it; mend the store, and note by hand that it was completed");
}

}  // namespace holdfast::vendor
