#include "certs/openssl_path.h"

#include "certs/openssl_x509.h"

namespace holdfast {
namespace {

constexpr int kIntermediates = 1;
constexpr int kSecurityLevel = 3;  // 128 bit: P-256, RSA-3072, SHA-256

struct Objects {
  X509Ptr leaf, issuing, root;
  X509StackPtr untrusted;
  X509StorePtr store;
  X509StoreContextPtr context;
};

auto OutOfMemory() {
  return Fail(ErrorKind::kInternal, "path.internal", "libcrypto is out of memory");
}

// A revocation is an outcome, so verification goes on after it; it is noted where the callback finds it.
int OnError(int ok, X509_STORE_CTX* context) {
  if (ok == 1 || X509_STORE_CTX_get_error(context) != X509_V_ERR_CERT_REVOKED) return ok;
  auto* found = static_cast<OpensslRevocations*>(X509_STORE_CTX_get_app_data(context));
  (X509_STORE_CTX_get_error_depth(context) == 0 ? found->leaf : found->issuing) = true;
  return 1;
}

bool AddCrl(X509_STORE* store, const Crl* crl) {
  if (!crl) return true;
  const X509CrlPtr decoded = DecodeX509Crl(crl->der());
  return decoded && X509_STORE_add_crl(store, decoded.get()) == 1;
}

// The anchor of the last verification in this thread, octet for octet the same one: it hardly ever changes, and
// reading it again would cost a fifth of a verification. Kept per thread, as an X509 remembers what it learned.
X509Ptr DecodeAnchor(const Certificate& root) {
  thread_local Bytes der;
  thread_local X509Ptr anchor;
  if (!anchor || der != root.der()) {
    anchor = DecodeX509(root.der());
    der = root.der();
  }
  return anchor && X509_up_ref(anchor.get()) == 1 ? X509Ptr(anchor.get()) : nullptr;
}

Result<Objects> Decode(const OpensslPath& path) {
  Objects o{DecodeX509(path.leaf.der()),    DecodeX509(path.issuing.der()),
            DecodeAnchor(path.root),        X509StackPtr(sk_X509_new_null()),
            X509StorePtr(X509_STORE_new()), X509StoreContextPtr(X509_STORE_CTX_new())};
  if (!o.untrusted || !o.store || !o.context) return OutOfMemory();
  if (!o.leaf || !o.issuing || !o.root || X509_STORE_add_cert(o.store.get(), o.root.get()) != 1 ||
      !AddCrl(o.store.get(), path.crl) || !AddCrl(o.store.get(), path.root_crl))
    return Refused("path.openssl", "OpenSSL cannot read what our parser has read");
  if (X509_up_ref(o.issuing.get()) != 1 || sk_X509_push(o.untrusted.get(), o.issuing.get()) < 1)
    return OutOfMemory();
  return o;
}

void SetRules(X509_STORE_CTX* context, const OpensslPath& path) {
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context);
  unsigned long flags = X509_V_FLAG_X509_STRICT | X509_V_FLAG_NO_CHECK_TIME;
  if (path.crl) flags |= X509_V_FLAG_CRL_CHECK;
  if (path.root_crl) flags |= X509_V_FLAG_CRL_CHECK_ALL;
  X509_VERIFY_PARAM_set_flags(rules, flags);
  X509_VERIFY_PARAM_set_depth(rules, kIntermediates);
  X509_VERIFY_PARAM_set_auth_level(rules, kSecurityLevel);
}

// The path that OpenSSL took is the one that we meant.
bool IsChain(X509_STORE_CTX* context, const Objects& o) {
  const STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(context);
  return sk_X509_num(chain) == 3 && X509_cmp(sk_X509_value(chain, 0), o.leaf.get()) == 0 &&
         X509_cmp(sk_X509_value(chain, 1), o.issuing.get()) == 0 &&
         X509_cmp(sk_X509_value(chain, 2), o.root.get()) == 0;
}

tl::unexpected<Error> Objection(X509_STORE_CTX* context) {
  const int error = X509_STORE_CTX_get_error(context);
  const bool signature =
      error == X509_V_ERR_CERT_SIGNATURE_FAILURE || error == X509_V_ERR_CRL_SIGNATURE_FAILURE;
  return Refused(signature ? "path.signature" : "path.openssl",
                 std::string("OpenSSL refuses the path: ") + X509_verify_cert_error_string(error) +
                     " (depth " + std::to_string(X509_STORE_CTX_get_error_depth(context)) + ")",
                 "get the file again from the vendor; this one was altered or is not theirs");
}

}  // namespace

Result<OpensslRevocations> VerifyWithOpenssl(const OpensslPath& path) {
  HOLDFAST_TRY(const Objects o, Decode(path));
  X509_STORE_CTX* context = o.context.get();
  if (X509_STORE_CTX_init(context, o.store.get(), o.leaf.get(), o.untrusted.get()) != 1) return OutOfMemory();
  OpensslRevocations revoked;
  SetRules(context, path);
  X509_STORE_CTX_set_verify_cb(context, OnError);
  X509_STORE_CTX_set_app_data(context, &revoked);
  if (X509_verify_cert(context) != 1) return Objection(context);
  if (!IsChain(context, o)) return Refused("path.openssl", "OpenSSL took another path than the one given");
  return revoked;
}

}  // namespace holdfast
