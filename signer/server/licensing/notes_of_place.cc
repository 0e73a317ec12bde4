#include "signer/server/licensing/notes_of_place.h"

namespace holdfast {

std::optional<ActivationRecord> OfTheSameName(const ActivationRecord& activation,
                                              const std::vector<ActivationRecord>& all) {
  std::optional<ActivationRecord> found;
  if (activation.host.empty()) return found;
  for (const ActivationRecord& other : all) {
    if (other.id == activation.id) break;  // the rest is newer
    if (IsInUse(other) && other.host == activation.host && other.ek_name != activation.ek_name) found = other;
  }
  return found;
}

}  // namespace holdfast
