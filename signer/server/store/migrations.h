// The schema, as numbered steps that are only ever added to. Table schema_version holds one row per step.
#pragma once

#include <span>

namespace holdfast {

inline constexpr int kStoreApplicationId = 0x484f4c44;  // "HOLD": PRAGMA application_id of our files

struct Migration {
  int version;
  std::span<const char* const> statements;
};
std::span<const Migration> Migrations();  // ascending, from 1

}  // namespace holdfast
