#include "certs/ek_certificate.h"

#include <algorithm>

#include "certs/certificate.h"
#include "certs/der_reader.h"
#include "certs/ek_path.h"

namespace holdfast {
namespace {

constexpr char kOidEkCertificate[] = "2.23.133.8.1";  // tcg-kp-EKCertificate
constexpr char kOidManufacturer[] = "2.23.133.2.1";
constexpr char kOidModel[] = "2.23.133.2.2";
constexpr char kOidVersion[] = "2.23.133.2.3";
constexpr size_t kMaxAttribute = 256;

using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES_free>>;
using UsagesPtr = std::unique_ptr<EXTENDED_KEY_USAGE, OpensslFree<EXTENDED_KEY_USAGE_free>>;
using ObjectPtr = std::unique_ptr<ASN1_OBJECT, OpensslFree<ASN1_OBJECT_free>>;

Status CheckProfile(X509* x) {
  if (X509_get_version(x) != X509_VERSION_3)
    return Refused("ek.version", "an EK certificate that is not of version 3");
  if ((X509_get_extension_flags(x) & EXFLAG_CA) != 0)
    return Refused("ek.ca", "an EK certificate that is a CA's");
  const uint32_t usage = X509_get_key_usage(x);  // all bits when there is no such extension
  constexpr uint32_t kFits = KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT;
  if (usage == UINT32_MAX || (usage & kFits) == 0 || (usage & (KU_KEY_CERT_SIGN | KU_CRL_SIGN)) != 0)
    return Refused("ek.key_usage", "key usage is neither key encipherment nor key agreement");
  return {};
}

Status CheckExtendedKeyUsage(X509* x) {
  int found = 0;
  const UsagesPtr usages(
      static_cast<EXTENDED_KEY_USAGE*>(X509_get_ext_d2i(x, NID_ext_key_usage, &found, nullptr)));
  if (found == -1) return {};  // absent: older profiles
  const ObjectPtr wanted(OBJ_txt2obj(kOidEkCertificate, 1));
  for (int i = 0; usages && i < sk_ASN1_OBJECT_num(usages.get()); i++)
    if (OBJ_cmp(sk_ASN1_OBJECT_value(usages.get(), i), wanted.get()) == 0) return {};
  return Refused("ek.extended_key_usage", "extended key usage without that of an EK certificate");
}

bool IsTextType(int type) {
  return type == V_ASN1_UTF8STRING || type == V_ASN1_PRINTABLESTRING || type == V_ASN1_IA5STRING;
}

// The value of one attribute as text; empty when it is missing, no text or not for eyes.
std::string Attribute(const X509_NAME* name, const char* oid) {
  const ObjectPtr object(OBJ_txt2obj(oid, 1));
  const int at = X509_NAME_get_index_by_OBJ(name, object.get(), -1);
  if (at < 0) return {};
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
  if (!IsTextType(ASN1_STRING_type(value))) return {};
  const std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                         static_cast<size_t>(ASN1_STRING_length(value)));
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  return printable && text.size() <= kMaxAttribute ? text : std::string();
}

// TCG EK Credential Profile 3.2.9: the TPM's manufacturer, model and version as a directoryName.
struct TpmNames {
  std::string manufacturer, model, version;
  bool complete() const { return !manufacturer.empty() && !model.empty() && !version.empty(); }
};
TpmNames ReadTpmNames(X509* x) {
  TpmNames found;
  const GeneralNamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()) && !found.complete(); i++) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DIRNAME) continue;
    found = {Attribute(name->d.directoryName, kOidManufacturer), Attribute(name->d.directoryName, kOidModel),
             Attribute(name->d.directoryName, kOidVersion)};
  }
  return found;
}

// SubjectPublicKeyInfo in its canonical form: SEQUENCE { algorithm, BIT STRING { SEQUENCE { modulus, ... } } }.
ByteView RsaModulus(const PublicKey& key) {
  DerReader spki(key.spki());
  DerReader info = spki.Sequence();
  info.Sequence();
  DerReader bits(info.BitString());
  return bits.Sequence().UnsignedInteger();
}

Result<PublicKey> ReadKey(X509* x) {
  auto key = PublicKey::FromSpki(EncodeOpenssl<i2d_X509_PUBKEY>(X509_get_X509_PUBKEY(x)));
  if (!key) return Refused("ek.key", key.error().message);
  if (key->type() == KeyType::kEd25519) return Refused("ek.key", "a key type that no EK has");
  if (key->type() == KeyType::kRsa && HasRocaFingerprint(RsaModulus(*key)))
    return Refused("ek.roca",
                   "the RSA key has the fingerprint of CVE-2017-15361: its private half can be computed",
                   "update the TPM's firmware and use its new EK, or its ECC EK");
  return key;
}

bool Expired(X509* x, Time now) {
  time_t t = now.time_since_epoch().count();
  return X509_cmp_time(X509_get0_notAfter(x), &t) < 0;
}

}  // namespace

Result<ByteView> TrimEkCertificate(ByteView nv) {
  const auto bad = [](std::string what) { return Malformed("ek.der", std::move(what)); };
  // TCG PC Client: stored certificate, full, length.
  if (nv.size() > 5 && nv[0] == 0x10 && nv[1] == 0x01 && nv[2] == 0x00) nv = nv.subspan(5);
  if (nv.size() < 4 || nv[0] != 0x30 || nv[1] != 0x82)
    return bad("the NV index does not begin with a certificate");
  const size_t size = 4 + (static_cast<size_t>(nv[2]) << 8 | nv[3]);
  if (size > nv.size()) return bad("the certificate in the NV index is cut off");
  const ByteView padding = nv.subspan(size);
  const bool only =
      std::all_of(padding.begin(), padding.end(), [&](uint8_t octet) { return octet == padding[0]; });
  if (!padding.empty() && (!only || (padding[0] != 0x00 && padding[0] != 0xff)))
    return bad("something other than padding follows the certificate in the NV index");
  return nv.first(size);
}

std::string ReadTpmManufacturer(ByteView certificate) {
  const X509Ptr x = DecodeX509(certificate);
  return x ? ReadTpmNames(x.get()).manufacturer : std::string();
}

Result<EkIdentity> VerifyEkCertificate(const std::vector<Bytes>& chain, const EkRootBundle& bundle,
                                       Time now) {
  if (chain.empty() || chain.size() > kMaxEkChain)
    return Malformed("ek.der", "no EK certificate, or a chain of more than 8");
  std::vector<X509Ptr> certificates;
  for (const Bytes& der : chain) {
    X509Ptr certificate = der.size() <= kMaxCertificateSize ? DecodeX509(der) : nullptr;
    if (!certificate) return Malformed("ek.der", "a certificate of the EK chain is not one");
    certificates.push_back(std::move(certificate));
  }
  X509* ek = certificates[0].get();
  HOLDFAST_CHECK(CheckProfile(ek));
  HOLDFAST_CHECK(CheckExtendedKeyUsage(ek));
  HOLDFAST_TRY(PublicKey key, ReadKey(ek));
  TpmNames names = ReadTpmNames(ek);
  if (!names.complete())
    return Refused("ek.san", "the subject alternative name lacks manufacturer, model or version of the TPM");
  HOLDFAST_TRY(const EkRoot* anchor, VerifyEkPath(certificates, bundle));
  return EkIdentity{.key = std::move(key),
                    .root_class = anchor->root_class,
                    .manufacturer = std::move(names.manufacturer),
                    .model = std::move(names.model),
                    .version = std::move(names.version),
                    .expired = Expired(ek, now)};
}

}  // namespace holdfast
