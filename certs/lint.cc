#include "certs/lint.h"

#include <botan/x509_crl.h>
#include <botan/x509cert.h>

#include <algorithm>
#include <exception>

#include "certs/der_reader.h"
#include "certs/extensions.h"
#include "certs/lint_compare.h"
#include "certs/lint_opinions.h"
#include "certs/openssl_outline.h"

namespace holdfast {
namespace {

using holdfast::SameTime;
bool SameTime(const Botan::X509_Time& botan, Time time) {
  return botan.to_string() == TimeText(time);
}

// Some versions of Botan hand out a SEQUENCE with its tag and length, some without.
bool SameSequence(const std::vector<uint8_t>& botan, ByteView expected) {
  return Equal(botan, expected) || Equal(botan, DerReader(expected).Content(der::kSequence));
}

// Botan 2.19 refuses years after 2200 and object identifiers whose numbers exceed 32 bits, ours among them. It
// gets a copy of the same length in which such an end is this one, and in which our arc is written as many
// small numbers. About these two values OpenSSL is the only second opinion (decision 0030).
constexpr Time kBotanEnd =
    std::chrono::sys_days(std::chrono::year(2199) / 12 / 31) + std::chrono::seconds(86399);

Bytes ForBotan(ByteView der, Time end) {
  Bytes copy = ToBytes(der);
  if (end > kBotanEnd) {
    const std::string text = TimeText(end), replacement = TimeText(kBotanEnd);
    const auto at = std::search(copy.begin(), copy.end(), text.begin(), text.end());
    if (at != copy.end()) std::copy(replacement.begin(), replacement.end(), at);
  }
  const ByteView terms_oid = RuleOf(ExtensionKind::kTerms).oid;
  const ByteView arc = terms_oid.first(terms_oid.size() - 1);
  for (auto at = copy.begin();; at += static_cast<ptrdiff_t>(arc.size())) {
    at = std::search(at, copy.end(), arc.begin(), arc.end());
    if (at == copy.end()) return copy;
    std::transform(arc.begin(), arc.end(), at, [](uint8_t octet) { return octet & 0x7f; });
  }
}

template <class Object, class Fields>
Status LintProfile(const Result<Object>& parsed, const Fields& ordered) {
  if (!parsed) return Disagree("lint.profile", parsed.error().check + ": " + parsed.error().message);
  if (parsed->fields() != ordered) return Disagree("lint.fields", "it does not say what was ordered");
  return {};
}

}  // namespace

Status LintWithOpenssl(ByteView der, const CertificateFields& ordered) {
  const X509Ptr x = DecodeX509(der);
  if (!x) return Disagree("lint.openssl", "OpenSSL cannot read it");
  const Bytes again = EncodeOpenssl<i2d_X509>(x.get());
  const Bytes key = EncodeOpenssl<i2d_X509_PUBKEY>(X509_get_X509_PUBKEY(x.get()));
  if (!Equal(again, der)) return Disagree("lint.openssl", "OpenSSL encodes it differently");
  if (!SameSerial(X509_get0_serialNumber(x.get()), ordered.serial) ||
      !SameName(X509_get_subject_name(x.get()), ordered.subject) ||
      !SameName(X509_get_issuer_name(x.get()), ordered.issuer) ||
      !SameTime(X509_get0_notBefore(x.get()), ordered.not_before) ||
      !SameTime(X509_get0_notAfter(x.get()), ordered.not_after) || key != ordered.subject_spki)
    return Disagree("lint.openssl", "OpenSSL reads other values in it than were ordered");
  return {};
}

Status LintWithBotan(ByteView der, const CertificateFields& ordered) {
  const auto subject = EncodeName(ordered.subject), issuer = EncodeName(ordered.issuer);
  const Time end = std::min(ordered.not_after, kBotanEnd);
  try {
    const Bytes readable = ForBotan(der, ordered.not_after);
    const Botan::X509_Certificate c(readable.data(), readable.size());
    if (!subject || !issuer || c.serial_number() != ordered.serial ||
        !SameSequence(c.raw_subject_dn(), *subject) || !SameSequence(c.raw_issuer_dn(), *issuer) ||
        !SameTime(c.not_before(), ordered.not_before) || !SameTime(c.not_after(), end) ||
        !SameSequence(c.subject_public_key_bits(), ordered.subject_spki))
      return Disagree("lint.botan", "Botan reads other values in it than were ordered");
  } catch (const std::exception& e) {
    return Disagree("lint.botan", std::string("Botan cannot read it: ") + e.what());
  }
  return {};
}

Status LintWithOpenssl(ByteView der, const CrlFields& ordered) {
  const X509CrlPtr crl = DecodeX509Crl(der);
  if (!crl) return Disagree("lint.openssl", "OpenSSL cannot read it");
  if (!Equal(EncodeOpenssl<i2d_X509_CRL>(crl.get()), der))
    return Disagree("lint.openssl", "OpenSSL encodes it differently");
  const STACK_OF(X509_REVOKED)* revoked = X509_CRL_get_REVOKED(crl.get());
  bool same = SameName(X509_CRL_get_issuer(crl.get()), ordered.issuer) &&
              SameTime(X509_CRL_get0_lastUpdate(crl.get()), ordered.this_update) &&
              SameTime(X509_CRL_get0_nextUpdate(crl.get()), ordered.next_update) &&
              std::max(sk_X509_REVOKED_num(revoked), 0) == static_cast<int>(ordered.entries.size());
  for (size_t i = 0; same && i < ordered.entries.size(); i++) {
    const X509_REVOKED* entry = sk_X509_REVOKED_value(revoked, static_cast<int>(i));
    same = SameSerial(X509_REVOKED_get0_serialNumber(entry), ordered.entries[i].serial) &&
           SameTime(X509_REVOKED_get0_revocationDate(entry), ordered.entries[i].date);
  }
  if (!same) return Disagree("lint.openssl", "OpenSSL reads other values in it than were ordered");
  return {};
}

Status LintWithBotan(ByteView der, const CrlFields& ordered) {
  try {
    const std::vector<uint8_t> octets = ToBytes(der);
    const Botan::X509_CRL crl(octets);
    const auto& revoked = crl.get_revoked();
    bool same = SameTime(crl.this_update(), ordered.this_update) &&
                SameTime(crl.next_update(), ordered.next_update) && revoked.size() == ordered.entries.size();
    for (size_t i = 0; same && i < revoked.size(); i++)
      same =
          revoked[i].serial_number() == ordered.entries[i].serial &&
          static_cast<uint32_t>(revoked[i].reason_code()) == static_cast<uint32_t>(ordered.entries[i].reason);
    if (!same) return Disagree("lint.botan", "Botan reads other values in it than were ordered");
  } catch (const std::exception& e) {
    return Disagree("lint.botan", std::string("Botan cannot read it: ") + e.what());
  }
  return {};
}

Status LintCertificate(ByteView der, const CertificateFields& ordered) {
  HOLDFAST_CHECK(LintProfile(Certificate::Parse(der, ordered.profile), ordered));
  HOLDFAST_CHECK(LintWithOpenssl(der, ordered));
  return LintWithBotan(der, ordered);
}

Status LintLicense(ByteView der, const CertificateFields& ordered, const PublicKey& key) {
  HOLDFAST_CHECK(LintProfile(Certificate::Parse(der, CertificateProfile::kLicense, &key), ordered));
  return LintWithOpensslOutline(der, ordered);
}

Status LintCrl(ByteView der, const CrlFields& ordered) {
  HOLDFAST_CHECK(LintProfile(Crl::Parse(der), ordered));
  HOLDFAST_CHECK(LintWithOpenssl(der, ordered));
  return LintWithBotan(der, ordered);
}

}  // namespace holdfast
