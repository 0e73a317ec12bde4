#include "agent/time/repaired_time.h"

#include <algorithm>

namespace holdfast {

Result<TimeRecord> Repaired(TimeRecord record, const ToldTime& told) {
  if (told.lists && *told.lists > told.wall + kSetBackTolerance)
    return Fail(
        ErrorKind::kConflict, "time_answer.list",
        "a revocation list that is installed here is of " + FormatTime(*told.lists) +
            ", and this machine's clock shows " + FormatTime(told.wall),
        "set this machine's clock if it is wrong; if the vendor's was when the list was made, install a "
        "new list first; then install this file again");
  record.floor = told.told + std::max(told.since_asked - kOnTheWay, Seconds(0));
  if (told.lists) record.floor = std::max(record.floor, *told.lists);
  record.signed_until = record.floor;
  record.headroom = kFullHeadroom;
  return record;
}

}  // namespace holdfast
