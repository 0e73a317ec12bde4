#include "protocol/local/answer.h"

#include "protocol/error_json.h"

namespace holdfast::local {

Result<Json> ParseAnswer(std::string_view json, size_t max_size) {
  HOLDFAST_TRY(Json answer, ParseJson(json, max_size));
  const auto ok = answer.is_object() ? answer.find("ok") : answer.end();
  if (ok == answer.end() || !ok->is_boolean())
    return Malformed("api.answer", "the agent's answer is not understood", "is it of the same version?");
  if (*ok == true) return answer;
  const auto inside = answer.find("error");
  if (inside == answer.end()) return Malformed("api.answer", "the agent's error is not understood");
  HOLDFAST_TRY(Error error, ErrorFromJson(*inside));
  return tl::unexpected(std::move(error));
}

}  // namespace holdfast::local
