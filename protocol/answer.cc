#include "protocol/answer.h"

#include "protocol/armor.h"
#include "protocol/file_kind.h"
#include "protocol/json_text.h"
#include "protocol/schema_version.h"
#include "protocol/strict_json.h"

namespace holdfast {

constexpr std::string_view kGetAgain = "get the answer again from the vendor";

Bytes FormatAnswerContent(const AnswerContent& content) {
  Json json = {{"schema", "1.0"}, {"license", content.license}};
  if (!content.content_keys.empty()) json["content_keys"] = FormatSealedKeys(content.content_keys);
  return ToBytes(std::string_view(FormatJson(json)));
}

static Result<AnswerContent> ParseContent(ByteView json) {
  HOLDFAST_TRY(Json value, ParseJson(AsText(json), kMaxJweSize));
  JsonObject o(value, "answer");
  const std::string schema = o.String("schema", 16);
  if (!o.Has("schema")) HOLDFAST_CHECK(o.Finish());
  HOLDFAST_CHECK(ParseSchemaVersion(schema, kAnswerSchemaMajor, "answer"));
  AnswerContent content{o.String("license", kMaxJweSize)};
  if (content.license.empty()) o.Fault("license", "empty");
  HOLDFAST_TRY(content.content_keys, ReadSealedKeys(o, "answer"));
  HOLDFAST_CHECK(o.Finish());
  return content;
}

Result<AnswerContent> ParseAnswerContent(ByteView json) {
  return WithAdvice(ParseContent(json), kGetAgain);
}

std::string ArmorAnswer(std::string_view compact_jwe, std::string_view preamble) {
  return Armor(kLabelAnswer, AsBytes(compact_jwe), preamble);
}

Result<Jwe> ReadAnswerFile(std::string_view file_text) {
  HOLDFAST_TRY(std::string compact, ReadSingleBlock(file_text, kLabelAnswer, "answer"));
  return WithAdvice(ParseJwe(compact), kGetAgain);
}

}  // namespace holdfast
