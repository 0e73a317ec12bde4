#include "protocol/product_key.h"
#include "signer/server/verifier/checks.h"

namespace holdfast::verifier {

Status RequestProduct(Case& c) {
  const RequestContent& content = c.request.content;
  if (content.vendor == c.policy.vendor && content.product == c.policy.product) return {};
  return c.Refuse("the request is for another product than its product key",
                  "Make a new request with the product key as it was sold");
}

Status RequestSignature(Case& c) {
  if (VerifyJws(c.request.jws, *c.key)) return {};
  return c.Refuse("the request is not signed by the license key that it names",
                  "The file was changed after it was made; transfer it again or make a new one");
}

Status RequestPossession(Case& c) {
  if (VerifyPossession(c.policy.possession_key, c.request.content_hash, c.request.possession)) return {};
  return c.Refuse("whoever made the request did not have the product key that it names",
                  "Make a new request with the whole product key");
}

Status RequestQualifyingData(Case& c) {
  for (Slot slot : kSlots)
    if (!Equal(c.at(slot).attest.extra_data, c.request.content_hash))
      return c.Refuse(std::string(SlotName(slot)) + " was made for another request");
  return {};
}

}  // namespace holdfast::verifier
