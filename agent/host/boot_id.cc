#include "agent/host/boot_id.h"

#include "agent/host/fact_text.h"
#include "protocol/local/session_statement.h"

namespace holdfast::host {

std::string ReadBootId(const Path& root) {
  const auto text = ReadFile(root / "proc/sys/kernel/random/boot_id", kMaxFact);
  if (!text) return {};
  std::string id = OneLine(AsText(*text));
  return local::IsBootId(id) ? id : "";
}

}  // namespace holdfast::host
