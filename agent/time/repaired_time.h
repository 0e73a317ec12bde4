// What a vendor's time answer makes of what is known of time. It is the one thing that sets time back, so it is bound:
//
//   - Not before the time that the vendor signed.
//   - Not before that by more than `kOnTheWay` counted on from the question: a file that is kept back, to be installed when it is of more use, gains no
//     more than that. What is less is the time that files travel; it cannot be known when between question and now the answer was made.
//   - Not before the date of a revocation list that is in force: it was signed, too, and may be newer than the answer.
//
// Pure. docs/time.md, docs/decisions/0094.
#pragma once

#include "agent/time/owned_time.h"

namespace holdfast {

inline constexpr Seconds kOnTheWay = std::chrono::hours(14 * 24);

struct ToldTime {
  Time told;                                 // what the vendor signed
  Seconds since_asked{0};                    // at least
  std::optional<Time> lists = std::nullopt;  // thisUpdate of the newest revocation list that is in force
  Time wall;                                 // what this machine's clock shows
};

// Check: time_answer.list (kConflict: a list in force is of a time that this machine's clock has not reached, so nothing could be put right: either of
// the two is wrong).
Result<TimeRecord> Repaired(TimeRecord record, const ToldTime& told);

}  // namespace holdfast
