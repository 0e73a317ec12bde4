#include "tests/signer/server/licensing/software_signer.h"

#include <algorithm>

namespace holdfast::testing {
namespace {

Status NoSuchLine() {
  return Fail(ErrorKind::kNotFound, "policy.line", "no such line or key");
}

}  // namespace

SoftwareSigner::SoftwareSigner(const TestPki& pki) : pki_(pki) {
  generations_.push_back({pki.issuing_key, pki.message_key, pki.issuing, pki.message});
}

void SoftwareSigner::Rotate() {
  const std::lock_guard lock(mutex_);
  auto key = SoftwareKey::Generate(KeyType::kEcP256), message_key = SoftwareKey::Generate(KeyType::kEcP256);
  CertificateFields issuing = pki_.IssuingFields(), message = pki_.MessageFields();
  issuing.serial = {0x12};
  issuing.subject_spki = key->public_key().spki();
  message.serial = {0x13};
  message.subject_spki = message_key->public_key().spki();
  message.authority_key_id = KeyIdentifier(key->public_key());
  generations_.push_back(
      {key, message_key,
       Certificate::Parse(SignCertificate(issuing, *pki_.root_key), CertificateProfile::kIssuing).value(),
       Certificate::Parse(SignCertificate(message, *key), CertificateProfile::kMessage).value()});
}

void SoftwareSigner::RevokeIssuer(size_t generation) {
  const std::lock_guard lock(mutex_);
  revoked_.push_back(
      {generations_.at(generation).issuing.fields().serial, kPkiNow, RevocationReason::kKeyCompromise});
}

void SoftwareSigner::LoseKey(size_t generation) {
  const std::lock_guard lock(mutex_);
  generations_.at(generation).lost = true;
}

void SoftwareSigner::SetAudit(int64_t length, std::string name) {
  const std::lock_guard lock(mutex_);
  audit_ = length;
  audit_name_ = std::move(name);
}

void SoftwareSigner::RefuseLicenses(bool refuse) {
  const std::lock_guard lock(mutex_);
  refuse_ = refuse;
}

Result<Bytes> SoftwareSigner::IssueLicense(const LicenseOrder& order) {
  const std::lock_guard lock(mutex_);
  if (refuse_) return Refused("policy.test", "the policy does not allow this license");
  if (order.line != "default") return tl::unexpected(NoSuchLine().error());
  const Generation& issuer = generations_.back();
  CertificateFields fields;
  fields.profile = CertificateProfile::kLicense;
  fields.serial = order.serial;
  fields.issuer = issuer.issuing.fields().subject;
  fields.subject = {order.customer, order.license_id};
  fields.not_before = order.not_before;
  fields.not_after = order.not_after;
  fields.subject_spki = order.subject_spki;
  fields.authority_key_id = issuer.issuing.subject_key_id();
  fields.crl_uri = CrlUri(fields.authority_key_id, order.shard);
  fields.terms_json = order.terms_json;
  HOLDFAST_TRY(const Bytes tbs, BuildTbsCertificate(fields, SignatureAlgorithm::kEcdsaSha256));
  const auto [known, added] = signed_.emplace(order.serial, tbs);
  if (!added && known->second != tbs)
    return Fail(ErrorKind::kConflict, "policy.serial", "another license has that serial number");
  ++licenses_;
  ++audit_;
  return SignTbs(tbs, *issuer.issuing_key);
}

Result<Bytes> SoftwareSigner::IssueCrl(const CrlOrder& order) {
  const std::lock_guard lock(mutex_);
  const Generation* issuer = ByKeyId(order.issuer_key_id);
  if (!issuer) return tl::unexpected(NoSuchLine().error());
  if (issuer->lost)
    return Fail(ErrorKind::kUnavailable, "hsm.key", "the token does not have the key any more");
  CrlFields fields;
  fields.issuer = issuer->issuing.fields().subject;
  fields.this_update = order.this_update;
  fields.next_update = order.next_update;
  fields.authority_key_id = order.issuer_key_id;
  fields.number = order.number;
  fields.uri = CrlUri(order.issuer_key_id, order.shard);
  fields.entries = order.entries;
  if (const auto previous = published_.find(fields.uri); previous != published_.end()) {
    std::vector<Bytes> holds;
    for (const RevokedEntry& entry : previous->second.entries)
      if (entry.reason == RevocationReason::kCertificateHold) holds.push_back(entry.serial);
    HOLDFAST_CHECK(CheckSuccession(previous->second, fields, holds));
  }
  published_[fields.uri] = fields;
  ++lists_;
  ++audit_;
  return SignCrl(fields, *issuer->issuing_key);
}

Result<std::string> SoftwareSigner::SignMessage(const MessageOrder& order) {
  const std::lock_guard lock(mutex_);
  const Generation& issuer = generations_.back();
  ++audit_;
  const std::string input = JwsSigningInput(order.type, SignatureAlgorithm::kEcdsaSha256,
                                            HexEncode(issuer.message.subject_key_id()), order.payload);
  return FinishJws(input, issuer.message_key->Sign(AsBytes(input)));
}

Result<SignerStatus> SoftwareSigner::GetStatus() {
  const std::lock_guard lock(mutex_);
  SignerStatus status;
  status.state = "ok";
  for (const Generation& generation : generations_)
    status.issuers.push_back(
        {"default", generation.issuing.der(), generation.message.der(), &generation == &generations_.back()});
  status.audit_sequence = audit_;
  status.audit_head = HexEncode(Sha256(AsBytes(audit_name_ + std::to_string(audit_))));
  status.root_certificate = pki_.root.der();
  CrlFields list = pki_.RootCrlFields();
  list.entries = revoked_;
  status.root_crl = pki_.IssueRootCrl(list).der();
  return status;
}

const SoftwareSigner::Generation* SoftwareSigner::ByKeyId(const Bytes& key_id) const {
  for (const Generation& generation : generations_)
    if (generation.issuing.subject_key_id() == key_id) return &generation;
  return nullptr;
}

}  // namespace holdfast::testing
