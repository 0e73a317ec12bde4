#include "tests/testing/ek_authority.h"

#include <openssl/x509v3.h>

#include <stdexcept>

#include "protocol/crypto/openssl_handles.h"

namespace holdfast::testing {
namespace {

using X509Ptr = std::unique_ptr<X509, OpensslFree<X509_free>>;
using NamePtr = std::unique_ptr<X509_NAME, OpensslFree<X509_NAME_free>>;

NamePtr CommonName(const char* text) {
  NamePtr name(X509_NAME_new());
  X509_NAME_add_entry_by_txt(name.get(), "CN", MBSTRING_ASC, reinterpret_cast<const uint8_t*>(text), -1, -1,
                             0);
  return name;
}

void AddExtension(X509* cert, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, cert, cert, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (!extension) throw std::runtime_error("extension " + value);
  X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
}

// SubjectAltName, critical: one directoryName with manufacturer, model and version (EK Credential
// Profile, 3.2.9).
void AddTpmName(X509* cert, const EkCertificateSpec& spec) {
  X509_NAME* name = X509_NAME_new();
  auto add = [&](const char* oid, const std::string& value) {
    ASN1_OBJECT* object = OBJ_txt2obj(oid, 1);
    X509_NAME_add_entry_by_OBJ(name, object, MBSTRING_UTF8, reinterpret_cast<const uint8_t*>(value.data()),
                               int(value.size()), -1, 0);
    ASN1_OBJECT_free(object);
  };
  add("2.23.133.2.1", spec.manufacturer), add("2.23.133.2.2", spec.model), add("2.23.133.2.3", spec.version);
  GENERAL_NAME* general = GENERAL_NAME_new();
  GENERAL_NAME_set0_value(general, GEN_DIRNAME, name);
  GENERAL_NAMES* names = sk_GENERAL_NAME_new_null();
  sk_GENERAL_NAME_push(names, general);
  X509_add1_ext_i2d(cert, NID_subject_alt_name, names, /*crit=*/1, 0);
  GENERAL_NAMES_free(names);
}

X509Ptr NewCertificate(long serial, const EkCertificateSpec& spec) {
  X509Ptr cert(X509_new());
  X509_set_version(cert.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), serial);
  ASN1_TIME_set(X509_getm_notBefore(cert.get()), spec.not_before.time_since_epoch().count());
  ASN1_TIME_set(X509_getm_notAfter(cert.get()), spec.not_after.time_since_epoch().count());
  X509_set_issuer_name(cert.get(), CommonName("TPM manufacturer test root").get());
  const uint8_t* der = spec.key.spki().data();
  X509_set_pubkey(cert.get(), PkeyPtr(d2i_PUBKEY(nullptr, &der, long(spec.key.spki().size()))).get());
  return cert;
}

Bytes Signed(X509Ptr cert, const TpmKey& key) {
  if (X509_sign(cert.get(), key.handle(), EVP_sha256()) <= 0) throw std::runtime_error("X509_sign");
  unsigned char* der = nullptr;
  int size = i2d_X509(cert.get(), &der);
  Bytes out(der, der + size);
  OPENSSL_free(der);
  return out;
}

}  // namespace

EkAuthority::EkAuthority() : key_(TpmKey::Generate(KeyType::kEcP256)) {
  X509Ptr cert = NewCertificate(1, {key_.public_key()});
  X509_set_subject_name(cert.get(), CommonName("TPM manufacturer test root").get());
  AddExtension(cert.get(), NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(cert.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(cert.get(), NID_subject_key_identifier, "hash");
  root_ = Signed(std::move(cert), key_);
}

Bytes EkAuthority::Issue(const EkCertificateSpec& spec) const {
  X509Ptr cert = NewCertificate(2, spec);
  AddTpmName(cert.get(), spec);
  AddExtension(cert.get(), NID_basic_constraints, "critical,CA:FALSE");
  bool rsa = spec.key.type() == KeyType::kRsa;
  AddExtension(cert.get(), NID_key_usage, rsa ? "critical,keyEncipherment" : "critical,keyAgreement");
  AddExtension(cert.get(), NID_ext_key_usage, "2.23.133.8.1");
  return Signed(std::move(cert), key_);
}

EkRootBundle EkAuthority::Bundle(EkRootClass root_class) const {
  return {.version = 1, .roots = {{root_class, "test root", root_}}};
}

}  // namespace holdfast::testing
