#include "certs/openssl_outline.h"

#include <openssl/asn1t.h>

#include "certs/lint_compare.h"

namespace holdfast {
namespace {

// SubjectPublicKeyInfo, TBSCertificate and Certificate of RFC 5280 4.1, member for member.
struct OutlineKey {
  X509_ALGOR* algorithm;
  ASN1_BIT_STRING* bits;
};
struct OutlineTbs {
  ASN1_INTEGER* version;
  ASN1_INTEGER* serial;
  X509_ALGOR* signature;
  X509_NAME* issuer;
  X509_VAL* validity;
  X509_NAME* subject;
  OutlineKey* key;
  ASN1_BIT_STRING* issuer_id;
  ASN1_BIT_STRING* subject_id;
  STACK_OF(X509_EXTENSION) * extensions;
};
struct Outline {
  OutlineTbs* tbs;
  X509_ALGOR* algorithm;
  ASN1_BIT_STRING* signature;
};

// clang-format off
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wold-style-cast"
ASN1_SEQUENCE(OutlineKey) = {
    ASN1_SIMPLE(OutlineKey, algorithm, X509_ALGOR),
    ASN1_SIMPLE(OutlineKey, bits, ASN1_BIT_STRING),
} static_ASN1_SEQUENCE_END(OutlineKey)

ASN1_SEQUENCE(OutlineTbs) = {
    ASN1_EXP_OPT(OutlineTbs, version, ASN1_INTEGER, 0),
    ASN1_SIMPLE(OutlineTbs, serial, ASN1_INTEGER),
    ASN1_SIMPLE(OutlineTbs, signature, X509_ALGOR),
    ASN1_SIMPLE(OutlineTbs, issuer, X509_NAME),
    ASN1_SIMPLE(OutlineTbs, validity, X509_VAL),
    ASN1_SIMPLE(OutlineTbs, subject, X509_NAME),
    ASN1_SIMPLE(OutlineTbs, key, OutlineKey),
    ASN1_IMP_OPT(OutlineTbs, issuer_id, ASN1_BIT_STRING, 1),
    ASN1_IMP_OPT(OutlineTbs, subject_id, ASN1_BIT_STRING, 2),
    ASN1_EXP_SEQUENCE_OF_OPT(OutlineTbs, extensions, X509_EXTENSION, 3),
} static_ASN1_SEQUENCE_END(OutlineTbs)

ASN1_SEQUENCE(Outline) = {
    ASN1_SIMPLE(Outline, tbs, OutlineTbs),
    ASN1_SIMPLE(Outline, algorithm, X509_ALGOR),
    ASN1_SIMPLE(Outline, signature, ASN1_BIT_STRING),
} static_ASN1_SEQUENCE_END(Outline)
#pragma GCC diagnostic pop
    // clang-format on

    struct FreeOutline {
  void operator()(Outline* outline) const {
    ASN1_item_free(reinterpret_cast<ASN1_VALUE*>(outline), ASN1_ITEM_rptr(Outline));
  }
};
using OutlinePtr = std::unique_ptr<Outline, FreeOutline>;

// The whole of `der`, or nullptr.
OutlinePtr Decode(ByteView der) {
  const unsigned char* p = der.data();
  OutlinePtr outline(reinterpret_cast<Outline*>(
      ASN1_item_d2i(nullptr, &p, static_cast<long>(der.size()), ASN1_ITEM_rptr(Outline))));
  return outline && p == der.data() + der.size() ? std::move(outline) : nullptr;
}

bool EncodesTo(const void* value, const ASN1_ITEM* item, ByteView expected) {
  unsigned char* der = nullptr;
  const int size = ASN1_item_i2d(static_cast<const ASN1_VALUE*>(value), &der, item);
  const bool same = size > 0 && Equal({der, static_cast<size_t>(size)}, expected);
  OPENSSL_free(der);
  return same;
}

bool SaysWhatWasOrdered(const OutlineTbs& tbs, const CertificateFields& ordered) {
  return ASN1_INTEGER_get(tbs.version) == X509_VERSION_3 && SameSerial(tbs.serial, ordered.serial) &&
         SameName(tbs.subject, ordered.subject) && SameName(tbs.issuer, ordered.issuer) &&
         SameTime(tbs.validity->notBefore, ordered.not_before) &&
         SameTime(tbs.validity->notAfter, ordered.not_after) &&
         EncodesTo(tbs.key, ASN1_ITEM_rptr(OutlineKey), ordered.subject_spki);
}

}  // namespace

Status LintWithOpensslOutline(ByteView der, const CertificateFields& ordered) {
  const OutlinePtr outline = Decode(der);
  if (!outline) return Disagree("lint.openssl", "OpenSSL cannot read it");
  if (!EncodesTo(outline.get(), ASN1_ITEM_rptr(Outline), der))
    return Disagree("lint.openssl", "OpenSSL encodes it differently");
  if (!SaysWhatWasOrdered(*outline->tbs, ordered))
    return Disagree("lint.openssl", "OpenSSL reads other values in it than were ordered");
  return {};
}

}  // namespace holdfast
