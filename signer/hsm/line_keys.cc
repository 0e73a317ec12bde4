#include "signer/hsm/line_keys.h"

#include "certs/serial.h"
#include "protocol/armor.h"
#include "protocol/crypto/random.h"

namespace holdfast::hsm {
namespace {

// Without zero octets: a URI with %00 is refused.
Bytes NewKeyId() {
  Bytes id = RandomBytes(8);
  for (uint8_t& octet : id) octet |= 1;
  return id;
}

std::string IdUri(const Bytes& id) {
  std::string uri = "pkcs11:id=";
  for (const uint8_t octet : id) uri += "%" + HexEncode({&octet, 1});
  return uri;
}

CertificateFields LineFields(const LinePlan& plan, const RootAuthority& root, const PublicKey& key,
                             Time now) {
  CertificateFields fields;
  fields.serial = NewSerial();
  fields.issuer = root.certificate.fields().subject;
  fields.subject = {fields.issuer.organization, plan.line};
  fields.not_before = std::max(now - kCertificateBackdating, root.certificate.fields().not_before);
  fields.not_after = std::min(now + plan.validity, root.certificate.fields().not_after);
  fields.subject_spki = key.spki();
  fields.authority_key_id = root.certificate.subject_key_id();
  return fields;
}

Status WriteCertificate(const Path& file, const Certificate& certificate, const std::string& what,
                        const Path& directory, Transcript& transcript) {
  HOLDFAST_CHECK(MakeDirectory(file.parent_path(), 0755));
  const std::string text = CertificateFile(certificate, what);
  HOLDFAST_CHECK(WriteFileAtomically(file, AsBytes(text), 0644));
  transcript.AddFile(file.lexically_relative(directory).string(), what, AsBytes(text));
  return {};
}

}  // namespace

std::string CertificateFile(const Certificate& certificate, std::string_view what) {
  const auto& f = certificate.fields();
  return Armor(
      kLabelCertificate, certificate.der(),
      std::string(what) + " of " + f.subject.organization + ", until " + FormatTime(f.not_after) + "\n");
}

Result<MadeKey> MakeKey(TokenSet& tokens, const KeyPlan& plan, const std::string& purpose) {
  HOLDFAST_TRY(const auto token, tokens.Open(plan.token));
  if (plan.generate.empty()) {
    HOLDFAST_TRY(const PublicKey existing, token->ReadPublicKey(plan.uri));
    HOLDFAST_TRY(auto key, token->OpenKey(existing, plan.uri));
    return MadeKey{{plan.token, plan.uri}, std::move(key), false};
  }
  HOLDFAST_TRY(KeySpec spec, ParseKeySpec(plan.generate));
  // Unique also when an interrupted attempt left a key behind.
  spec.id = NewKeyId();
  spec.label = purpose + "-" + HexEncode(ByteView(spec.id).first(4));
  HOLDFAST_TRY(const PublicKey fresh, token->GenerateKey(spec));
  const std::string uri = IdUri(spec.id);
  HOLDFAST_TRY(auto key, token->OpenKey(fresh, uri));
  return MadeKey{{plan.token, uri}, std::move(key), true};
}

Result<MadeLine> MakeLine(TokenSet& tokens, const LinePlan& plan, int generation, const RootAuthority& root,
                          Time now, const SignerPaths& paths, Transcript& transcript) {
  const std::string name = plan.line + "-" + std::to_string(generation);
  HOLDFAST_TRY(const MadeKey issuing, MakeKey(tokens, plan.issuing, name + "-issuing"));
  HOLDFAST_TRY(const MadeKey message, MakeKey(tokens, plan.message, name + "-message"));
  if (issuing.key->public_key().spki() == message.key->public_key().spki())
    return Refused("plan.message", "line " + plan.line + " would sign licenses and messages with one key",
                   "Give the message key its own key: what it signs must never be taken for a license");
  CertificateFields fields = LineFields(plan, root, issuing.key->public_key(), now);
  fields.profile = CertificateProfile::kIssuing;
  HOLDFAST_TRY(Certificate issuing_certificate, SignCertificate(fields, *root.key));
  fields = LineFields(plan, root, message.key->public_key(), now);
  // The message certificate stands under the issuing key (certs/path.h).
  fields.profile = CertificateProfile::kMessage;
  fields.issuer = issuing_certificate.fields().subject;
  fields.authority_key_id = issuing_certificate.subject_key_id();
  HOLDFAST_TRY(Certificate message_certificate, SignCertificate(fields, *issuing.key));
  const std::string which = "line " + plan.line + ", generation " + std::to_string(generation);
  transcript.AddKey(name + " issuing", plan.issuing.token, issuing.key->public_key(), issuing.generated);
  transcript.AddKey(name + " message", plan.message.token, message.key->public_key(), message.generated);
  HOLDFAST_CHECK(WriteCertificate(paths.Issuing(plan.line, generation), issuing_certificate,
                                  "Issuing certificate, " + which, paths.directory, transcript));
  HOLDFAST_CHECK(WriteCertificate(paths.Message(plan.line, generation), message_certificate,
                                  "Message certificate, " + which, paths.directory, transcript));
  return MadeLine{{plan.line, generation, issuing.reference, message.reference},
                  std::move(issuing_certificate),
                  std::move(message_certificate)};
}

}  // namespace holdfast::hsm
