#include "protocol/jose/header.h"

namespace holdfast {

std::vector<std::string_view> SplitCompact(std::string_view compact, size_t count) {
  std::vector<std::string_view> parts;
  for (;;) {
    size_t dot = compact.find('.');
    parts.push_back(compact.substr(0, dot));
    if (dot == std::string_view::npos || parts.size() > count) break;
    compact.remove_prefix(dot + 1);
  }
  if (parts.size() != count) parts.clear();
  return parts;
}

}  // namespace holdfast
