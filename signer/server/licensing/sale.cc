// Products and their sale.
#include "certs/path.h"
#include "protocol/base64.h"
#include "protocol/crypto/random.h"
#include "protocol/product_key.h"
#include "signer/server/licensing/licensing.h"

namespace holdfast {
namespace {

constexpr int64_t kMaxActivations = 1'000'000;
constexpr Seconds kShortestWindow{3600};  // in less no file goes out and another comes back

Status CheckSale(const Sale& sale, const ProductFile& product) {
  if (!product.plans.contains(sale.plan))
    return Fail(ErrorKind::kNotFound, "licensing.plan",
                "product \"" + sale.product + "\" has no plan \"" + sale.plan + "\"",
                "see `holdfast-vendor product show " + sale.product + "`");
  // The customer's name becomes the certificate's organization.
  if (sale.customer.empty() || !EncodeName({sale.customer, "license"}))
    return Malformed("licensing.customer",
                     "the customer's name must have 1 to 64 characters, no control characters",
                     "shorten the name");
  if (sale.activation_limit < 1 || sale.activation_limit > kMaxActivations)
    return Malformed("licensing.activations", "activations must be 1 to " + std::to_string(kMaxActivations));
  return {};
}

Status CheckWindows(const ProductFile& product) {
  for (const auto& [name, plan] : product.plans) {
    if (plan.offline_window == Seconds(0) || plan.offline_window >= kShortestWindow) continue;
    return Malformed("licensing.offline_window",
                     "plan \"" + name + "\": offline_window " + FormatDuration(plan.offline_window) +
                         " is shorter than an hour: a report and its answer are carried by hand",
                     "use days, or \"0d\" where the host never reports");
  }
  return {};
}

// Checked as a stranger would before it is handed out.
Status VerifyProductKey(const std::string& jwt, const IssuerInfo& issuer, const TrustAnchors& roots) {
  HOLDFAST_TRY(const Jws jws, ParseJws(jwt, MessageType::kProductKey));
  HOLDFAST_TRY(const auto message,
               Certificate::Parse(issuer.message_certificate, CertificateProfile::kMessage));
  HOLDFAST_TRY(const auto issuing,
               Certificate::Parse(issuer.issuing_certificate, CertificateProfile::kIssuing));
  HOLDFAST_CHECK(VerifyMessageCertificate(message, issuing, roots));
  return VerifyJws(jws, message.public_key());
}

}  // namespace

Result<ProductRecord> Licensing::AddProduct(const std::string& actor, const std::string& id,
                                            const std::string& file) {
  if (!IsIdentifier(id))
    return Malformed("licensing.identifier", "\"" + id + "\" is not a product id",
                     "use small letters, digits, '.', '_' and '-', at most 64, a letter or digit first");
  HOLDFAST_TRY(const ProductFile parsed, ParseProductFile(file));
  HOLDFAST_CHECK(CheckWindows(parsed));
  return store_.PutProduct(ChangeBy(actor), id, file);
}

Result<SoldLicense> Licensing::Sell(const std::string& actor, const Sale& sale) {
  HOLDFAST_TRY(const ProductRecord record, store_.GetProduct(sale.product));
  HOLDFAST_TRY(const ProductFile product, ParseProductFile(record.file));
  HOLDFAST_CHECK(CheckSale(sale, product));
  HOLDFAST_TRY(const SignerStatus status, AskSigner());
  HOLDFAST_TRY(const IssuerInfo issuer, CurrentIssuer(status, product.line));

  const Change change = ChangeBy(actor);
  ProductKeyClaims claims{.id = Base64UrlEncode(RandomBytes(16)),
                          .vendor = settings_.vendor,
                          .product = sale.product,
                          .plan = sale.plan,
                          .issued = change.at,
                          .seed = RandomSecret(32)};
  HOLDFAST_TRY(const Bytes possession_key, PossessionPublicKey(claims.seed));
  const std::string payload = ProductKeyPayload(claims);
  HOLDFAST_TRY(const std::string jwt,
               signer_.SignMessage({product.line, MessageType::kProductKey, ToBytes(payload)}));
  HOLDFAST_CHECK(VerifyProductKey(jwt, issuer, settings_.roots));

  const NewLicense license{NewRecordId(), sale.product,          sale.plan, sale.customer,
                           NewRecordId(), sale.activation_limit, claims.id, possession_key};
  HOLDFAST_TRY(LicenseRecord sold, store_.AddLicense(change, license));
  return SoldLicense{std::move(sold), FormatProductKey(settings_.key_prefix, jwt)};
}

Result<LicenseRecord> Licensing::SetStatus(const std::string& actor, const std::string& license,
                                           LicenseStatus status) {
  return store_.SetLicenseStatus(ChangeBy(actor), license, status);
}

}  // namespace holdfast
