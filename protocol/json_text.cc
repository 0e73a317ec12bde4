#include "protocol/json_text.h"

namespace holdfast {

std::string FormatJson(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace holdfast
