// Files of plain DER, as a vendor publishes his lists.
#include "tools/inspect/parts.h"

namespace holdfast::inspect {

Result<Json> InspectDer(std::string_view text) {
  if (const auto crl = Crl::Parse(AsBytes(text))) {
    Json json{{"kind", "revocation_list"}, {"summary", "A revocation list; its signature is not verified"}};
    json.update(DescribeCrl(*crl));
    return json;
  }
  return InspectCertificate(AsBytes(text));
}

}  // namespace holdfast::inspect
