#include "protocol/heartbeat_answer.h"

#include <algorithm>

#include "protocol/display_text.h"
#include "protocol/file_kind.h"
#include "protocol/json_text.h"
#include "protocol/return_members.h"
#include "protocol/terms.h"

namespace holdfast {
namespace {

constexpr size_t kMaxCheckpointSize = 128;
constexpr size_t kOwnBlocks = 3;  // the answer, two certificates; the license file has at least one more

std::vector<std::string> ReadNotices(JsonObject& o) {
  std::vector<std::string> notices;
  const Json* array = o.OptionalArray("notices", kMaxNotices);
  if (!array) return notices;
  for (const Json& item : *array) {
    if (!item.is_string() || !IsDisplayText(item.get_ref<const std::string&>(), kMaxNoticeSize)) {
      o.Fault("notices", "a notice that is not text of at most 512 octets");
      return notices;
    }
    notices.push_back(item.get<std::string>());
  }
  return notices;
}

std::string ReadCheckpoint(JsonObject& o) {
  std::string checkpoint = o.String("checkpoint", kMaxCheckpointSize, "");
  if (!IsDisplayText(checkpoint, kMaxCheckpointSize)) o.Fault("checkpoint", "holds control characters");
  return checkpoint;
}

std::string Preamble(const HeartbeatAnswer& answer) {
  std::string text = "Holdfast heartbeat answer, made " + FormatTime(answer.time) +
                     ".\nProduct: " + answer.product + ", from " + answer.vendor +
                     "\nLicense: " + answer.license + "\nTo report number " +
                     std::to_string(answer.sequence) + "\n";
  for (const std::string& notice : answer.notices) text += "Notice: " + notice + "\n";
  return text + "On the host that reported:  holdfast apply FILE\n";
}

bool HasItsBlocks(const std::vector<ArmorBlock>& blocks) {
  if (blocks.size() <= kOwnBlocks || blocks[0].label != kLabelHeartbeatAnswer) return false;
  return std::all_of(blocks.begin() + 1, blocks.end(),
                     [](const ArmorBlock& block) {
                       return block.label == kLabelCertificate || block.label == kLabelCrl;
                     }) &&
         blocks[1].label == kLabelCertificate && blocks[2].label == kLabelCertificate;
}

tl::unexpected<Error> WrongKind(std::string message) {
  return Malformed("heartbeat_answer.kind", std::move(message),
                   "give the file that holdfast-vendor heartbeat wrote");
}

Result<std::vector<ArmorBlock>> ReadBlocks(std::string_view text) {
  auto blocks = ParseArmor(text);
  const FileKind found = RecogniseFile(text);
  if (found != FileKind::kHeartbeatAnswer && (blocks || blocks.error().check == "armor.empty"))
    return WrongKind("this is " + std::string(DescribeFileKind(found)) + ", not the answer to a heartbeat");
  if (blocks && !HasItsBlocks(*blocks))
    return WrongKind("the file does not hold an answer, two certificates and a license file");
  return blocks;
}

}  // namespace

Bytes FormatHeartbeatAnswer(const HeartbeatAnswer& answer) {
  Json json = {{"schema", answer.schema},
               {"vendor", answer.vendor},
               {"product", answer.product},
               {"license", answer.license},
               {"report", HexEncode(answer.report)},
               {"sequence", answer.sequence},
               {"time", FormatTime(answer.time)},
               {"license_file", HexEncode(answer.license_file)}};
  if (!answer.notices.empty()) json["notices"] = answer.notices;
  if (!answer.checkpoint.empty()) json["checkpoint"] = answer.checkpoint;
  return ToBytes(std::string_view(FormatJson(json)));
}

Result<HeartbeatAnswer> ParseHeartbeatAnswer(ByteView json) {
  HOLDFAST_TRY(const Json value, ParseJson(AsText(json), kMaxJwsSize));
  JsonObject o(value, "heartbeat_answer");
  HeartbeatAnswer answer;
  HOLDFAST_CHECK(ReadHead(o, "heartbeat_answer", answer.schema));
  answer.vendor = ReadName(o, "vendor");
  answer.product = o.String("product", 64);
  if (!IsIdentifier(answer.product)) o.Fault("product", "not an identifier");
  answer.license = ReadName(o, "license");
  answer.report = ReadDigest(o, "report");
  answer.sequence = o.Integer("sequence", 1, INT64_MAX);
  answer.time = o.Time("time");
  answer.license_file = ReadDigest(o, "license_file");
  answer.notices = ReadNotices(o);
  answer.checkpoint = ReadCheckpoint(o);
  HOLDFAST_CHECK(o.Finish());
  return answer;
}

std::string ArmorHeartbeatAnswer(std::string_view compact_jws, const HeartbeatAnswer& answer,
                                 ByteView message_certificate, ByteView issuing_certificate,
                                 std::string_view license_file) {
  return Armor(kLabelHeartbeatAnswer, AsBytes(compact_jws), Preamble(answer)) +
         Armor(kLabelCertificate, message_certificate) + Armor(kLabelCertificate, issuing_certificate) +
         std::string(license_file);
}

Result<SignedHeartbeatAnswer> ReadHeartbeatAnswerFile(std::string_view file_text) {
  HOLDFAST_TRY(auto blocks, ReadBlocks(file_text));
  SignedHeartbeatAnswer file;
  HOLDFAST_TRY(file.jws, ParseJws(AsText(blocks[0].content), MessageType::kHeartbeatAnswer));
  auto content =
      WithAdvice(ParseHeartbeatAnswer(file.jws.payload), "get the file again from where it was made");
  HOLDFAST_TRY(file.content, std::move(content));
  file.message_certificate = std::move(blocks[1].content);
  file.issuing_certificate = std::move(blocks[2].content);
  for (size_t i = kOwnBlocks; i < blocks.size(); i++)
    file.license_file += Armor(blocks[i].label, blocks[i].content);
  if (Sha256(AsBytes(file.license_file)) == file.content.license_file) return file;
  return Malformed("heartbeat_answer.license_file",
                   "the license file in it is not the one that the answer names",
                   "get the file again from where it was made");
}

}  // namespace holdfast
