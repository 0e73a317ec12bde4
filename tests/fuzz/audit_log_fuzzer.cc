// Audit records and checkpoints. A record that is accepted has the hash of its own octets.
#include <cstdlib>

#include "signer/hsm/audit_record.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace holdfast;
  const std::string_view text = AsText({data, size});
  hsm::AuditHead head;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    if (auto record = hsm::ParseAuditRecord(text.substr(start, end - start)))
      if (hsm::CheckFollows(head, *record)) head = record->head;
    start = end + 1;
  }
  if (auto checkpoint = hsm::ParseAuditHead(text); checkpoint && hsm::FormatAuditHead(*checkpoint) != text)
    std::abort();
  return 0;
}
