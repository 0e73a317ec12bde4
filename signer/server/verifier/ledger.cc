#include "signer/server/verifier/ledger.h"

#include <algorithm>

namespace holdfast {
namespace {

bool SameBoot(const EkSighting& a, const EkSighting& b) {
  return a.reset_count == b.reset_count && a.restart_count == b.restart_count;
}

// One note of a kind, however many sightings give rise to it.
void Note(std::vector<AppraisalNote>& notes, std::string_view name, std::string_view message) {
  bool known = std::any_of(notes.begin(), notes.end(), [&](const auto& note) { return note.name == name; });
  if (!known) notes.push_back({std::string(name), std::string(message)});
}

// A contradiction refuses only what one product key's holder says twice.
Status Contradiction(const EkSighting& before, std::string_view name, std::string message, std::string advice,
                     std::vector<AppraisalNote>& notes) {
  if (before.same_license) return Refused(name, std::move(message), std::move(advice));
  Note(notes, name, message);
  return {};
}

// Attesting takes a TPM many milliseconds, so two requests never share one.
Status CheckFork(const EkSighting& before, const EkSighting& now, std::vector<AppraisalNote>& notes) {
  if (!SameBoot(before, now) || before.clock_ms != now.clock_ms) return {};
  return Contradiction(
      before, "ledger.fork",
      "another request was made by this TPM at the very same instant of its clock, so its state was "
      "copied or set back",
      "Ask the customer whether the virtual machine was cloned or restored from a snapshot", notes);
}

Status CheckGate(const EkSighting& before, const EkSighting& now, std::vector<AppraisalNote>& notes) {
  if (before.gate_index != now.gate_index || before.gate_base <= now.gate_base) return {};
  return Contradiction(before, "ledger.gate",
                       "the gate counter stood at " + std::to_string(before.gate_base) +
                           " in an earlier request and at " + std::to_string(now.gate_base) +
                           " in this one, so its key is retired or the TPM's state was set back",
                       "Make a new request on the host", notes);
}

void NoteRegress(const EkSighting& before, const EkSighting& now, std::vector<AppraisalNote>& notes) {
  // Its gate was made anew above what the earlier request saw, so it is the later one of the two; and nothing but TPM2_Clear lowers the count.
  const bool cleared = now.hardware && now.reset_count < before.reset_count &&
                       now.gate_index == before.gate_index && now.gate_base > before.gate_base;
  if (cleared)
    Note(notes, "ledger.cleared",
         "the TPM was cleared since an earlier request: the keys of before are dead");
  else if (now.reset_count < before.reset_count)
    Note(notes, "ledger.reset_count",
         "the TPM counted more resets in an earlier request: it was cleared or set back, or this request is "
         "older");
  if (SameBoot(before, now) && now.clock_ms < before.clock_ms)
    Note(notes, "ledger.clock",
         "the TPM's clock was further in an earlier request of the same boot: it was set back, or this "
         "request "
         "is older");
}

}  // namespace

EkSighting SightingOf(const ActivationRequest& request, const AttestationResult& result) {
  return {request.content_hash,
          result.gate_index,
          result.gate_base,
          result.clock.clock_ms,
          result.clock.reset_count,
          result.clock.restart_count,
          true,
          result.assurance == AssuranceClass::kHwTpm};
}

Result<std::vector<AppraisalNote>> CheckLedger(std::span<const EkSighting> previous, const EkSighting& now) {
  std::vector<AppraisalNote> notes;
  bool seen = std::any_of(previous.begin(), previous.end(),
                          [&](const auto& before) { return before.content_hash == now.content_hash; });
  if (seen) return notes;
  for (const EkSighting& before : previous) {
    HOLDFAST_CHECK(CheckFork(before, now, notes));
    HOLDFAST_CHECK(CheckGate(before, now, notes));
    NoteRegress(before, now, notes);
  }
  return notes;
}

}  // namespace holdfast
