#include "protocol/product_key.h"
#include "protocol/tpm/structures.h"
#include "protocol/tpm/templates.h"
#include "tools/inspect/parts.h"

namespace holdfast::inspect {
namespace {

// Signed by the license key inside: says that the file is whole, not who made it.
std::string SignatureWords(const ActivationRequest& request) {
  auto area = tpm::ParsePublic(request.content.license_key_public);
  auto key = area ? tpm::KeyOf(*area) : tl::unexpected(area.error());
  if (!key) return "cannot be verified: " + key.error().message;
  auto status = VerifyJws(request.jws, *key);
  return status ? "valid, by the license key in the request" : "NOT valid: " + status.error().message;
}

}  // namespace

Result<Json> InspectRequest(std::string_view text) {
  HOLDFAST_TRY(const ActivationRequest request, ReadRequestFile(text));
  const RequestContent& content = request.content;
  Json host = Json::object();
  for (const auto& [name, value] : content.host) host[name] = value;
  return Json{
      {"kind", "request"},
      {"summary",
       "An activation request: this machine asks " + content.vendor + " for a license of " + content.product},
      {"product", content.product},
      {"vendor", content.vendor},
      {"product_key_id", content.product_key_id},
      {"created", FormatTime(content.created)},
      {"agent_version", content.agent_version},
      {"host", std::move(host)},
      {"request_hash", HexEncode(request.request_hash)},
      {"content_hash", HexEncode(request.content_hash)},
      {"signature", SignatureWords(request)},
      {"product_key_proof", "64 octets; the product key itself is not in the file"},
      {"tpm", DescribeEvidence(request)},
  };
}

}  // namespace holdfast::inspect
