#include "signer/hsm/signer_loader.h"

#include "certs/path.h"
#include "protocol/armor.h"

namespace holdfast::hsm {
namespace {

tl::unexpected<Error> InFile(const Path& file, Error error) {
  error.message = file.string() + ": " + error.message;
  return tl::unexpected(std::move(error));
}

Result<IssuingLine> LoadLine(const LineGeneration& config, const SignerPaths& paths,
                             const TrustAnchors& anchors, const Crl& root_crl, TokenSet& tokens) {
  HOLDFAST_TRY(Certificate issuing,
               ReadCertificate(paths.Issuing(config.line, config.generation), CertificateProfile::kIssuing));
  const Path message_file = paths.Message(config.line, config.generation);
  HOLDFAST_TRY(Certificate message, ReadCertificate(message_file, CertificateProfile::kMessage));
  if (auto good = VerifyMessageCertificate(message, issuing, anchors); !good)
    return InFile(message_file, good.error());
  HOLDFAST_TRY(auto issuing_key, tokens.OpenKey(config.issuing_key, issuing.public_key()));
  HOLDFAST_TRY(auto message_key, tokens.OpenKey(config.message_key, message.public_key()));
  const bool revoked = root_crl.Find(issuing.fields().serial) != nullptr;
  return IssuingLine{config.line,
                     config.generation,
                     std::move(issuing),
                     std::move(message),
                     FromTokenKey(std::move(issuing_key)),
                     FromTokenKey(std::move(message_key)),
                     revoked};
}

}  // namespace

Result<Certificate> ReadCertificate(const Path& file, CertificateProfile profile) {
  HOLDFAST_TRY(const Bytes text, ReadFile(file, kMaxFileSize));
  auto blocks = ParseArmor(AsText(text));
  if (!blocks) return InFile(file, blocks.error());
  if (blocks->size() != 1 || blocks->front().label != kLabelCertificate)
    return Malformed("certificate.file", file.string() + ": does not hold exactly one certificate");
  auto certificate = Certificate::Parse(blocks->front().content, profile);
  if (!certificate) return InFile(file, certificate.error());
  return certificate;
}

Result<Certificate> ReadRoot(const SignerPaths& paths) {
  return ReadCertificate(paths.Roots(), CertificateProfile::kRoot);
}

Result<Crl> ReadRootCrl(const SignerPaths& paths, const Certificate& root) {
  const auto unusable = [&](const Error& why) {
    return Fail(ErrorKind::kUnavailable, "signer.root_crl", paths.RootCrl().string() + ": " + why.message,
                "Restore it from the newest backup: it says which issuing keys are revoked");
  };
  const auto der = ReadFile(paths.RootCrl(), kMaxCrlSize);
  if (!der) return unusable(der.error());
  auto crl = Crl::Parse(*der);
  if (!crl) return unusable(crl.error());
  if (!Equal(crl->fields().authority_key_id, root.subject_key_id()) || !crl->fields().uri.empty())
    return unusable({ErrorKind::kRefused, {}, "is another issuer's list", {}});
  if (auto good = crl->VerifySignature(root.public_key()); !good) return unusable(good.error());
  return crl;
}

Result<FileLock> LockSigner(const SignerPaths& paths) {
  auto lock = FileLock::Acquire(paths.Lock());
  if (!lock && lock.error().kind == ErrorKind::kConflict)
    return Fail(ErrorKind::kConflict, "signer.locked",
                "another holdfast-signer works in " + paths.directory.string(),
                "Use its socket, or stop it first");
  return lock;
}

Result<LoadedSigner> LoadSigner(const Path& config_file, Clock clock) {
  HOLDFAST_TRY(SignerConfig config, ReadSignerConfig(config_file));
  const SignerPaths paths{std::filesystem::absolute(config_file).lexically_normal().parent_path()};
  HOLDFAST_TRY(FileLock lock, LockSigner(paths));
  HOLDFAST_TRY(Certificate root, ReadRoot(paths));
  // Agents refuse a license whose terms name another vendor than its root does.
  if (root.fields().subject.organization != config.vendor)
    return Refused("config.vendor",
                   config_file.string() + ": the vendor is \"" + config.vendor +
                       "\", but the root certificate is of \"" + root.fields().subject.organization + "\"",
                   "Give `vendor` back the name that the ceremony was held for");
  IssuerParts parts{.vendor = config.vendor,
                    .policy = config.policy,
                    .paths = paths,
                    .root_certificate = root.der(),
                    .patience = config.hsm_deadline,
                    .clock = clock};
  HOLDFAST_TRY(const Crl root_crl, ReadRootCrl(paths, root));
  const TrustAnchors anchors{{std::move(root)}};
  // Before the tokens: what cannot start for want of its log shall not log in.
  HOLDFAST_TRY(auto audit, AuditLog::Open(paths.AuditLog(), clock));
  HOLDFAST_TRY(WorkingTokens working, WorkingTokens::Make(config, paths));
  TokenSet tokens(working.configs());
  for (const LineGeneration& line : config.lines) {
    HOLDFAST_TRY(IssuingLine loaded, LoadLine(line, paths, anchors, root_crl, tokens));
    parts.lines.push_back(std::move(loaded));
  }
  parts.workers = tokens.Sessions();
  HOLDFAST_TRY(SerialIndex serials, SerialIndex::Open(paths.AuditLog(), audit->head(), paths.Serials()));
  auto issuer = std::make_unique<Issuer>(std::move(parts), std::move(audit), std::move(serials));
  return LoadedSigner{std::move(config), paths, std::move(lock), std::move(working), std::move(tokens),
                      std::move(issuer)};
}

}  // namespace holdfast::hsm
