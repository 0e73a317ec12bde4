#include "protocol/display_text.h"

namespace holdfast {

bool IsDisplayText(std::string_view text, size_t max_size) {
  if (text.size() > max_size) return false;
  for (size_t i = 0; i < text.size(); i++) {
    const auto octet = static_cast<unsigned char>(text[i]);
    if (octet < 0x20 || octet == 0x7f) return false;
    // U+0080 to U+009F are C2 80 to C2 9F; C2 is never a continuation octet.
    if (octet == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) return false;
  }
  return true;
}

}  // namespace holdfast
