#include "protocol/return_nonce.h"

#include "protocol/armor.h"
#include "protocol/base64.h"
#include "protocol/file_kind.h"
#include "protocol/json_text.h"
#include "protocol/return_members.h"
#include "protocol/return_proof.h"
#include "protocol/terms.h"

namespace holdfast {
namespace {

tl::unexpected<Error> WrongKind(std::string message) {
  return Malformed("return_nonce.kind", std::move(message),
                   "give the file that holdfast-vendor return-nonce wrote");
}

Status CheckBlocks(const std::vector<ArmorBlock>& blocks) {
  if (blocks.size() == 3 && blocks[0].label == kLabelReturnNonce && blocks[1].label == kLabelCertificate &&
      blocks[2].label == kLabelCertificate)
    return {};
  return WrongKind("the file does not hold one return nonce and two certificates");
}

}  // namespace

Bytes FormatReturnNonce(const ReturnNonce& nonce) {
  const Json json = {{"schema", nonce.schema},
                     {"vendor", nonce.vendor},
                     {"product", nonce.product},
                     {"license", nonce.license},
                     {"serial", HexEncode(nonce.serial)},
                     {"nonce", Base64UrlEncode(nonce.nonce)},
                     {"issued", FormatTime(nonce.issued)}};
  return ToBytes(std::string_view(FormatJson(json)));
}

Result<ReturnNonce> ParseReturnNonce(ByteView payload) {
  HOLDFAST_TRY(const Json value, ParseJson(AsText(payload), kMaxJwsSize));
  JsonObject o(value, "return");
  ReturnNonce nonce;
  HOLDFAST_CHECK(ReadReturnHead(o, nonce.schema));
  nonce.vendor = ReadName(o, "vendor");
  nonce.product = o.String("product", 64);
  if (!IsIdentifier(nonce.product)) o.Fault("product", "not an identifier");
  nonce.license = ReadName(o, "license");
  nonce.serial = ReadSerial(o);
  nonce.nonce = o.Base64Url("nonce", kReturnNonceSize);
  if (nonce.nonce.size() != kReturnNonceSize) o.Fault("nonce", "not 32 octets");
  nonce.issued = o.Time("issued");
  HOLDFAST_CHECK(o.Finish());
  return nonce;
}

std::string ArmorReturnNonce(std::string_view compact_jws, const ReturnNonce& nonce,
                             ByteView message_certificate, ByteView issuing_certificate) {
  return Armor(kLabelReturnNonce, AsBytes(compact_jws),
               "Holdfast return nonce: the vendor asks for a fresh proof that a license was returned.\n"
               "Product: " +
                   nonce.product + ", from " + nonce.vendor + "\nLicense: " + nonce.license +
                   "\nOn the host that has the license:  holdfast return --nonce FILE -o PROOF\n"
                   "A license that has not been returned yet is returned by that, for good.\n") +
         Armor(kLabelCertificate, message_certificate) + Armor(kLabelCertificate, issuing_certificate);
}

Result<SignedReturnNonce> ReadReturnNonceFile(std::string_view file_text) {
  auto blocks = ParseArmor(file_text);
  const FileKind kind = RecogniseFile(file_text);
  if (kind != FileKind::kReturnNonce && (blocks || blocks.error().check == "armor.empty"))
    return WrongKind("this is " + std::string(DescribeFileKind(kind)) + ", not a return nonce");
  if (!blocks) return tl::unexpected(std::move(blocks.error()));
  HOLDFAST_CHECK(CheckBlocks(*blocks));
  HOLDFAST_TRY(Jws jws, ParseJws(AsText(blocks->front().content), MessageType::kReturnNonce));
  HOLDFAST_TRY(ReturnNonce nonce,
               WithAdvice(ParseReturnNonce(jws.payload), "get the file from the vendor again"));
  return SignedReturnNonce{std::move(nonce), std::move(jws), std::move((*blocks)[1].content),
                           std::move((*blocks)[2].content)};
}

}  // namespace holdfast
