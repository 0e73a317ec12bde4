#include "protocol/answer.h"
#include "protocol/product_key.h"
#include "tools/inspect/parts.h"

namespace holdfast::inspect {
namespace {

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  return begin == std::string_view::npos ? "" : text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

Json HeaderWords(const AnswerHeader& header) {
  return Json{{"kind", "answer"},
              {"summary", "A sealed answer: only the TPM that made the request can open it"},
              {"request_hash", HexEncode(header.request_hash)},
              {"endorsement_key_name", HexEncode(header.ek_name)},
              {"license_key_name", HexEncode(header.license_key_name)},
              {"encryption", "A256GCM; the content key opens by TPM2_ActivateCredential"}};
}

Json HeaderWords(const HostAnswerHeader& header) {
  return Json{
      {"kind", "answer"},
      {"summary", "A sealed answer to a host without a TPM: the key that opens it is in that host's state"},
      {"request_hash", HexEncode(header.request_hash)},
      {"license_key_sha256", HexEncode(header.license_key_hash)},
      {"encryption", "A256GCM; the content key is agreed on by ECDH-ES, P-256"}};
}

}  // namespace

Result<Json> InspectAnswer(std::string_view text) {
  HOLDFAST_TRY(const Jwe answer, ReadAnswerFile(text));
  Json json = std::visit([](const auto& header) { return HeaderWords(header); }, answer.header);
  json["sealed_octets"] = answer.content.ciphertext.size();
  return json;
}

Result<Json> InspectProductKey(std::string_view text) {
  HOLDFAST_TRY(const ProductKey key, ParseProductKey(Trimmed(text)));
  return Json{{"kind", "product_key"},
              {"summary", "A product key of " + key.claims.vendor +
                              ": whoever has it can use it. Its signature is not verified"},
              {"product_key_id", key.claims.id},
              {"vendor", key.claims.vendor},
              {"product", key.claims.product},
              {"plan", key.claims.plan},
              {"issued", FormatTime(key.claims.issued)},
              {"checksum", "right"}};
}

}  // namespace holdfast::inspect
