#include "certs/ek_path.h"

#include <algorithm>

namespace holdfast {
namespace {

constexpr int kMaxIntermediates = 5;
constexpr int kSecurityLevel = 2;  // 112 bit: RSA-2048, SHA-256

auto OutOfMemory() {
  return Fail(ErrorKind::kInternal, "ek.internal", "libcrypto is out of memory");
}

// Is every critical extension that OpenSSL does not know one that the EK profile has?
bool OnlyKnownCriticals(const X509* x) {
  for (int i = 0; i < X509_get_ext_count(x); i++) {
    X509_EXTENSION* e = X509_get_ext(x, i);
    if (X509_EXTENSION_get_critical(e) == 1 && X509_supported_extension(e) != 1 &&
        OBJ_obj2nid(X509_EXTENSION_get_object(e)) != NID_subject_directory_attributes)
      return false;
  }
  return true;
}

// One of OpenSSL's objections to the EK certificate itself does not count: to an extension of the TCG profile
// that it does not know.
int OnError(int ok, X509_STORE_CTX* context) {
  if (ok == 1 || X509_STORE_CTX_get_error_depth(context) != 0) return ok;
  const X509* ek = X509_STORE_CTX_get_current_cert(context);
  const bool tolerated =
      X509_STORE_CTX_get_error(context) == X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION && OnlyKnownCriticals(ek);
  return tolerated ? 1 : 0;
}

X509StorePtr Store(const EkRootBundle& bundle) {
  X509StorePtr store(X509_STORE_new());
  for (const EkRoot& root : bundle.roots) {
    const X509Ptr x = DecodeX509(root.certificate);
    if (!store || !x || X509_STORE_add_cert(store.get(), x.get()) != 1) return nullptr;
  }
  return store;
}

X509StackPtr Untrusted(const std::vector<X509Ptr>& chain) {
  X509StackPtr stack(sk_X509_new_null());
  for (size_t i = 1; stack && i < chain.size(); i++)
    if (X509_up_ref(chain[i].get()) != 1 || sk_X509_push(stack.get(), chain[i].get()) < 1) return nullptr;
  return stack;
}

Status CheckRevocation(const STACK_OF(X509) * path, const EkRootBundle& bundle) {
  for (int i = 0; i < sk_X509_num(path); i++) {
    const auto tbs = TbsSha256(sk_X509_value(path, i));
    if (!tbs) return Malformed("ek.der", "a certificate of the EK's path is not DER");
    if (std::find(bundle.revoked.begin(), bundle.revoked.end(), *tbs) != bundle.revoked.end())
      return Refused("ek.revoked",
                     i == 0 ? "the EK certificate is on the bundle's list of revoked ones"
                            : "an issuer of the EK certificate is on the list of revoked ones",
                     "use another TPM; whether this one can be trusted again is for the vendor to say");
  }
  return {};
}

Result<const EkRoot*> Anchor(const STACK_OF(X509) * path, const EkRootBundle& bundle) {
  const Bytes der = EncodeOpenssl<i2d_X509>(sk_X509_value(path, sk_X509_num(path) - 1));
  for (const EkRoot& root : bundle.roots)
    if (root.certificate == der) return &root;
  return Refused("ek.path", "the path does not end in the bundle");
}

}  // namespace

Result<const EkRoot*> VerifyEkPath(const std::vector<X509Ptr>& chain, const EkRootBundle& bundle) {
  const X509StorePtr store = Store(bundle);
  const X509StackPtr untrusted = Untrusted(chain);
  const X509StoreContextPtr owner(X509_STORE_CTX_new());
  X509_STORE_CTX* context = owner.get();
  if (!store || !untrusted || !context ||
      X509_STORE_CTX_init(context, store.get(), chain[0].get(), untrusted.get()) != 1)
    return OutOfMemory();
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
  X509_VERIFY_PARAM_set_depth(rules, kMaxIntermediates);
  X509_VERIFY_PARAM_set_auth_level(rules, kSecurityLevel);
  X509_STORE_CTX_set_verify_cb(context, OnError);
  if (X509_verify_cert(context) != 1) {
    const int error = X509_STORE_CTX_get_error(context);
    return Refused("ek.path",
                   std::string("the EK certificate leads to no anchor of the bundle: ") +
                       X509_verify_cert_error_string(error),
                   "send the intermediate certificates with it, or add the manufacturer's root");
  }
  const STACK_OF(X509)* path = X509_STORE_CTX_get0_chain(context);
  HOLDFAST_CHECK(CheckRevocation(path, bundle));
  return Anchor(path, bundle);
}

}  // namespace holdfast
