#include "tools/vendor/length_words.h"

namespace holdfast::vendor {

std::string LengthWords(Seconds length) {
  const int64_t hours = length.count() / 3600, days = hours / 24;
  if (days > 1) return std::to_string(days) + " days";
  if (hours > 0) return std::to_string(hours) + (hours == 1 ? " hour" : " hours");
  return "less than an hour";
}

}  // namespace holdfast::vendor
