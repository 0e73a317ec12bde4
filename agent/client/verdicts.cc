#include "agent/client/verdicts.h"

#include <bit>
#include <cstring>

namespace holdfast::client {
namespace {

constexpr uint64_t kFactor = 0x9E3779B97F4A7C15u;

template <class Word>
uint64_t Load(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

uint64_t Mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * kFactor;
  return hash ^ (hash >> 32);
}

// The names that it is computed of come from a license that was verified: nobody seeks collisions.
uint32_t Hash(std::string_view name) {
  const char* from = name.data();
  size_t left = name.size();
  uint64_t hash = left;
  for (; left >= 8; left -= 8, from += 8) hash = Mix(hash, Load<uint64_t>(from));
  if (left >= 4) {
    hash = Mix(hash, Load<uint32_t>(from) | Load<uint32_t>(from + left - 4) << 32);
  } else if (left > 0) {
    hash = Mix(hash, Load<uint8_t>(from) | Load<uint8_t>(from + left / 2) << 8 |
                         Load<uint8_t>(from + left - 1) << 16);
  }
  return static_cast<uint32_t>(hash ^ (hash >> 29));
}

}  // namespace

Verdicts::Verdicts(const std::map<std::string, Verdict>& decisions, Verdict otherwise)
    : slots_(std::bit_ceil(2 * decisions.size() + 2)), otherwise_(std::move(otherwise)) {
  entries_.reserve(decisions.size());
  for (const auto& [feature, verdict] : decisions) {
    entries_.push_back({feature, verdict});
    const uint32_t hash = Hash(feature);
    size_t at = hash & (slots_.size() - 1);
    while (slots_[at].entry != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = {hash, static_cast<uint32_t>(entries_.size())};
  }
}

const Verdict& Verdicts::Of(std::string_view feature) const {
  const uint32_t hash = Hash(feature);
  const size_t mask = slots_.size() - 1;
  for (size_t at = hash & mask; slots_[at].entry != 0; at = (at + 1) & mask) {
    if (slots_[at].hash != hash) continue;
    const Entry& entry = entries_[slots_[at].entry - 1];
    if (entry.feature == feature) return entry.verdict;
  }
  return otherwise_;
}

}  // namespace holdfast::client
