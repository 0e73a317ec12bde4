#include "agent/return_statement.h"

#include "agent/license_key_signature.h"
#include "certs/path.h"

namespace holdfast {
namespace {

constexpr std::string_view kActivateAnew =
    "activate once more on this machine, which uses no further activation, and return that license";

// The other ways to lose a license key end in the same place as a return, but leave nothing to prove it with.
Error WhyItCannotSign(Error error) {
  if (error.check == "tpm.gate")
    return {ErrorKind::kRefused, "return.retired",
            "the license key was retired already, so it cannot sign that the license is returned",
            std::string(kActivateAnew)};
  if (error.check == "keys.private")
    return {ErrorKind::kRefused, "return.keys",
            "the license key cannot sign that the license is returned: " + error.message,
            std::string(kActivateAnew)};
  return error;
}

}  // namespace

Result<LicenseToReturn> StatementFor(const InstalledLicense& installed, const std::string& agent_version,
                                     const TrustAnchors& anchors, Time now) {
  HOLDFAST_TRY(const LicenseFile file, ParseLicenseFile(installed.license));
  HOLDFAST_TRY(const VerifiedLicense verified, VerifyLicense(file, anchors));
  const LicenseTerms& terms = verified.terms;
  if (IsHost(installed.keys) != (terms.assurance == AssuranceClass::kHost))
    return Refused("return.assurance", "the keys beside the license are not of its class");
  ReturnStatement statement{.vendor = terms.vendor,
                            .product = terms.product,
                            .license = terms.license,
                            .serial = verified.serial,
                            .certificate = Sha256(file.license.der()),
                            .created = now,
                            .agent_version = agent_version,
                            .gate = {},
                            .used = {}};
  if (const auto* keys = std::get_if<KeySet>(&installed.keys))
    statement.gate = ReturnedGate{keys->gate_index, keys->gate_base};
  return LicenseToReturn{std::move(statement), terms, IdOf(verified)};
}

// As taken: a running agent hands out what is left of its batches until the license is dead.
Result<std::optional<StatedUsage>> UsageToState(const LicenseToReturn& license, bool use_tpm, Books& books) {
  if (MetersOf(license.terms.grants, license.terms.fallback).empty()) return std::nullopt;
  HOLDFAST_TRY(ReportBasis basis, books.BeginReport(use_tpm, license.id, {}));
  return std::optional(StatedUsage{basis.ledger, std::move(basis.usage)});
}

Result<SignedReturnStatement> SignStatement(const ReturnStatement& statement, const LicenseKeys& keys,
                                            LicenseKeySigner& signer, const StateDirectory& state) {
  const std::string input = JwsSigningInput(MessageType::kReturn, SignatureAlgorithm::kEcdsaSha256, {},
                                            FormatReturnStatement(statement));
  auto signature = SignByLicenseKey(Sha256(AsBytes(input)), keys, signer, state);
  if (!signature) return tl::unexpected(WhyItCannotSign(std::move(signature.error())));
  HOLDFAST_TRY(SignedReturnStatement made, ParseReturnStatement(FinishJws(input, *signature)));
  HOLDFAST_TRY(const PublicKey key, LicenseKeyOf(keys));
  HOLDFAST_CHECK(VerifyJws(made.jws, key));
  return made;
}

}  // namespace holdfast
