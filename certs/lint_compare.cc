#include "certs/lint_compare.h"

#include "certs/der_writer.h"

namespace holdfast {
namespace {

ByteView Octets(const ASN1_STRING* text) {
  return {ASN1_STRING_get0_data(text), static_cast<size_t>(ASN1_STRING_length(text))};
}

}  // namespace

tl::unexpected<Error> Disagree(std::string_view check, std::string what) {
  return Fail(ErrorKind::kInternal, check, "the finished object was not accepted: " + std::move(what),
              "keep the order and report this as a defect; nothing was released");
}

std::string TimeText(Time time) {
  DerWriter w;
  w.ValidityTime(time);
  const Bytes der = w.Take();
  return std::string(AsText(ByteView(der).subspan(2)));
}

bool SameTime(const ASN1_TIME* openssl, Time time) {
  return AsText(Octets(openssl)) == TimeText(time);
}

bool SameSerial(const ASN1_INTEGER* openssl, const Bytes& serial) {
  // An ASN1_INTEGER holds the magnitude; the sign is in its type.
  return ASN1_STRING_type(openssl) == V_ASN1_INTEGER && Equal(Octets(openssl), serial);
}

bool SameName(const X509_NAME* openssl, const DistinguishedName& name) {
  const unsigned char* der = nullptr;
  size_t size = 0;
  const auto expected = EncodeName(name);
  return expected && X509_NAME_get0_der(openssl, &der, &size) == 1 && Equal({der, size}, *expected);
}

}  // namespace holdfast
