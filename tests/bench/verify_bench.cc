// Offline verification of a license file against what a bare X509_verify_cert of the same chain and CRL costs, parse included on
// both sides.
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "certs/path.h"
#include "protocol/armor.h"
#include "tests/bench/sections.h"
#include "tests/testing/pki.h"

namespace holdfast::bench {
namespace {

constexpr int kPerRound = 200;

// What an application would do with OpenSSL alone: decode, put the anchor in a store, verify strictly with the CRLs.
bool BareVerify(const std::vector<ArmorBlock>& blocks, X509_STORE* store) {
  std::vector<X509*> certificates;
  STACK_OF(X509_CRL)* crls = sk_X509_CRL_new_null();
  for (const ArmorBlock& block : blocks) {
    const uint8_t* p = block.content.data();
    const long size = static_cast<long>(block.content.size());
    if (block.label == kLabelCertificate) certificates.push_back(d2i_X509(nullptr, &p, size));
    if (block.label == kLabelCrl) sk_X509_CRL_push(crls, d2i_X509_CRL(nullptr, &p, size));
  }
  STACK_OF(X509)* untrusted = sk_X509_new_null();
  sk_X509_push(untrusted, certificates[1]);
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, certificates[0], untrusted);
  X509_STORE_CTX_set0_crls(context, crls);
  X509_STORE_CTX_set_flags(context, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CRL_CHECK |
                                        X509_V_FLAG_CRL_CHECK_ALL | X509_V_FLAG_NO_CHECK_TIME);
  const bool ok = X509_verify_cert(context) == 1;
  X509_STORE_CTX_free(context);
  sk_X509_free(untrusted);
  sk_X509_CRL_pop_free(crls, X509_CRL_free);
  for (X509* c : certificates) X509_free(c);
  return ok;
}

}  // namespace

void VerifySection(std::vector<Row>& rows) {
  const testing::TestPki pki;
  const TrustAnchors anchors = pki.Anchors();
  const std::string text = FormatLicenseFile(pki.MakeLicenseFile(true));
  const auto blocks = *ParseArmor(text);
  X509_STORE* store = X509_STORE_new();
  const uint8_t* p = pki.root.der().data();
  X509* root = d2i_X509(nullptr, &p, static_cast<long>(pki.root.der().size()));
  X509_STORE_add_cert(store, root);

  bool good = true;
  auto ours = [&] {
    return WallSeconds([&] {
      for (int i = 0; i < kPerRound; i++) {
        auto file = ParseLicenseFile(text);
        good = good && file && VerifyLicense(*file, anchors).has_value();
      }
    });
  };
  auto bare = [&] {
    return WallSeconds([&] {
      for (int i = 0; i < kPerRound; i++) good = good && BareVerify(blocks, store);
    });
  };
  const Paired paired = Compare(15, ours, bare);
  X509_free(root);
  X509_STORE_free(store);
  if (!good) std::abort();  // a figure for something that does not verify would be worth nothing
  char detail[160];
  std::snprintf(detail, sizeof detail, "%.0f us a license file (chain of 3, CRLs), bare %.0f us",
                paired.a / kPerRound * 1e6, paired.b / kPerRound * 1e6);
  rows.push_back({"offline verification / X509_verify_cert", paired.ratio, 1.3, false, detail});
}

}  // namespace holdfast::bench
