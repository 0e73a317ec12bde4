#include "signer/server/verifier/host_appraisal.h"

#include <algorithm>
#include <optional>

#include "protocol/product_key.h"

namespace holdfast {
namespace {

struct HostCase {
  const HostRequest& request;
  const AppraisalPolicy& policy;
  std::string_view check = {};  // the name of the check that runs
  // Each set by its check.
  std::optional<PublicKey> key = {}, agreement_key = {};

  tl::unexpected<Error> Refuse(std::string message, std::string advice) const {
    return Refused(check, std::move(message), std::move(advice));
  }
};

constexpr const char* kMakeAnew = "Make a new request on the host";

Result<PublicKey> P256Key(const HostCase& c, const Bytes& spki, const std::string& whose) {
  auto key = PublicKey::FromSpki(spki);
  if (!key) return c.Refuse(whose + " is not a valid public key: " + key.error().message, kMakeAnew);
  if (key->type() != KeyType::kEcP256) return c.Refuse(whose + " is not on P-256", kMakeAnew);
  return key;
}

Status Product(HostCase& c) {
  const HostRequestContent& content = c.request.content;
  if (content.vendor == c.policy.vendor && content.product == c.policy.product) return {};
  return c.Refuse("the request is for another product than its product key",
                  "Make a new request with the product key as it was sold");
}

Status LicenseKey(HostCase& c) {
  HOLDFAST_TRY(c.key, P256Key(c, c.request.content.license_key, "the license key"));
  return {};
}

Status Signature(HostCase& c) {
  if (VerifyJws(c.request.jws, *c.key)) return {};
  return c.Refuse("the request is not signed by the license key that it names",
                  "The file was changed after it was made; transfer it again or make a new one");
}

Status Possession(HostCase& c) {
  if (VerifyPossession(c.policy.possession_key, c.request.content_hash, c.request.possession)) return {};
  return c.Refuse("whoever made the request did not have the product key that it names",
                  "Make a new request with the whole product key");
}

Status Assurance(HostCase& c) {
  const auto& allowed = c.policy.assurance;
  if (std::find(allowed.begin(), allowed.end(), AssuranceClass::kHost) != allowed.end()) return {};
  return c.Refuse(
      "the request was made without a TPM, class host, which the plan does not allow",
      "Make the request on a host with a TPM, without --without-tpm; or sell a plan whose `assurance` "
      "lists host");
}

// One key for two purposes would let the answers' sender use the host as a signer's oracle, or the reverse.
Status AgreementKey(HostCase& c) {
  HOLDFAST_TRY(c.agreement_key, P256Key(c, c.request.content.agreement_key, "the key-agreement key"));
  if (c.agreement_key->spki() != c.key->spki()) return {};
  return c.Refuse("the key-agreement key is the license key", kMakeAnew);
}

Status HostFingerprint(HostCase& c) {
  if (!IsOfOneHost(c.request.content.fingerprint))
    return c.Refuse("the fingerprint has values of several hosts", kMakeAnew);
  if (IsIdentifying(c.request.content.fingerprint)) return {};
  return c.Refuse("the fingerprint does not tell this host from others of its model",
                  "At least two components of the host must identify it; see docs/formats.md");
}

struct Check {
  std::string_view name;
  Status (*run)(HostCase& c);
};

constexpr Check kChecks[] = {
    {"request.product", Product},          {"key.public_key", LicenseKey},
    {"request.signature", Signature},      {"request.possession", Possession},
    {"host.assurance", Assurance},         {"agreement.public_key", AgreementKey},
    {"host.fingerprint", HostFingerprint},
};

}  // namespace

Result<HostAppraisal> AppraiseHost(const HostRequest& request, const AppraisalPolicy& policy) {
  HostCase c{request, policy};
  for (const Check& check : kChecks) {
    c.check = check.name;
    HOLDFAST_CHECK(check.run(c));
  }
  return HostAppraisal{std::move(*c.key), std::move(*c.agreement_key)};
}

std::vector<std::string_view> HostAppraisalCheckNames() {
  std::vector<std::string_view> names;
  for (const Check& check : kChecks) names.push_back(check.name);
  return names;
}

}  // namespace holdfast
