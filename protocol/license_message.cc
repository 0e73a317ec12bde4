#include "protocol/license_message.h"

#include "protocol/base64.h"
#include "protocol/json_text.h"
#include "protocol/return_members.h"
#include "protocol/terms.h"

namespace holdfast {
namespace {

tl::unexpected<Error> WrongKind(const MessageKind& kind, std::string message) {
  return Malformed(std::string(kind.context) + ".kind", std::move(message),
                   "give the file that " + std::string(kind.made_by) + " wrote");
}

bool HasItsBlocks(const MessageKind& kind, const std::vector<ArmorBlock>& blocks) {
  const size_t certificates = kind.type ? 2 : 0;
  if (blocks.size() != 1 + certificates || blocks[0].label != kind.label) return false;
  for (size_t i = 1; i < blocks.size(); i++)
    if (blocks[i].label != kLabelCertificate) return false;
  return true;
}

Result<std::vector<ArmorBlock>> ReadBlocks(const MessageKind& kind, std::string_view text) {
  auto blocks = ParseArmor(text);
  const std::string wanted(DescribeFileKind(kind.file));
  const FileKind found = RecogniseFile(text);
  if (found != kind.file && (blocks || blocks.error().check == "armor.empty"))
    return WrongKind(kind, "this is " + std::string(DescribeFileKind(found)) + ", not " + wanted);
  if (blocks && !HasItsBlocks(kind, *blocks))
    return WrongKind(kind, "the file does not hold one block for " + wanted +
                               (kind.type ? " and two certificates" : " and nothing else"));
  return blocks;
}

Result<LicenseMessage> ParseFromFile(const MessageKind& kind, ByteView json) {
  return WithAdvice(ParseMessage(kind, json), "get the file again from where it was made");
}

}  // namespace

Bytes FormatMessage(const MessageKind& kind, const LicenseMessage& message) {
  const Json json = {{"schema", message.schema},
                     {"vendor", message.vendor},
                     {"product", message.product},
                     {"license", message.license},
                     {"serial", HexEncode(message.serial)},
                     {"nonce", Base64UrlEncode(message.nonce)},
                     {std::string(kind.time_member), FormatTime(message.time)}};
  return ToBytes(std::string_view(FormatJson(json)));
}

Result<LicenseMessage> ParseMessage(const MessageKind& kind, ByteView json) {
  HOLDFAST_TRY(const Json value, ParseJson(AsText(json), kMaxJwsSize));
  const std::string context(kind.context);
  JsonObject o(value, context);
  LicenseMessage message;
  HOLDFAST_CHECK(ReadHead(o, context, message.schema));
  message.vendor = ReadName(o, "vendor");
  message.product = o.String("product", 64);
  if (!IsIdentifier(message.product)) o.Fault("product", "not an identifier");
  message.license = ReadName(o, "license");
  message.serial = ReadSerial(o);
  message.nonce = o.Base64Url("nonce", kNonceSize);
  if (message.nonce.size() != kNonceSize) o.Fault("nonce", "not 32 octets");
  message.time = o.Time(kind.time_member);
  HOLDFAST_CHECK(o.Finish());
  return message;
}

std::string ArmorMessage(const MessageKind& kind, const LicenseMessage& message) {
  return Armor(kind.label, FormatMessage(kind, message), kind.preamble(message));
}

std::string ArmorMessage(const MessageKind& kind, std::string_view compact_jws, const LicenseMessage& message,
                         ByteView message_certificate, ByteView issuing_certificate) {
  return Armor(kind.label, AsBytes(compact_jws), kind.preamble(message)) +
         Armor(kLabelCertificate, message_certificate) + Armor(kLabelCertificate, issuing_certificate);
}

Result<LicenseMessage> ReadMessageFile(const MessageKind& kind, std::string_view file_text) {
  HOLDFAST_TRY(const auto blocks, ReadBlocks(kind, file_text));
  return ParseFromFile(kind, blocks.front().content);
}

Result<SignedMessage> ReadSignedMessageFile(const MessageKind& kind, std::string_view file_text) {
  HOLDFAST_TRY(auto blocks, ReadBlocks(kind, file_text));
  HOLDFAST_TRY(Jws jws, ParseJws(AsText(blocks.front().content), *kind.type));
  HOLDFAST_TRY(LicenseMessage content, ParseFromFile(kind, jws.payload));
  return SignedMessage{std::move(content), std::move(jws), std::move(blocks[1].content),
                       std::move(blocks[2].content)};
}

}  // namespace holdfast
