// Signing with one key, and the ladder of recovery around it.
#include "signer/hsm/pkcs11/token_key.h"

namespace holdfast::hsm {
namespace {

// Trying again cannot help, or would do harm.
bool IsFinal(const Error& error) {
  return error.check == "hsm.busy" || error.check == "hsm.digest" || error.check == "hsm.pin_refused" ||
         error.check == "hsm.token_changed" || error.kind == ErrorKind::kUsage;
}

}  // namespace

Status TokenKey::Impl::FindOnce(Connection::Lease& lease) {
  std::lock_guard lock(find_mutex_);
  if (handle_epoch_ == lease.mark().epoch) return {};
  HOLDFAST_TRY(CK_OBJECT_HANDLE found, FindPrivateKey(lease.at(), key_, narrow_));
  HOLDFAST_CHECK(ProveKey(lease.at(), found, key_));
  exportable_ = ReadBool(lease.at(), found, CKA_EXTRACTABLE);
  handle_ = found;
  handle_epoch_ = lease.mark().epoch;
  NoteGoodSignature();
  return {};
}

Result<Bytes> TokenKey::Impl::Try(ByteView digest, Connection::Mark* at) {
  auto lease = connection_->Borrow();
  *at = lease ? lease->mark() : connection_->failure_mark();
  if (!lease) return tl::unexpected(std::move(lease.error()));
  if (handle_epoch_ != lease->mark().epoch) HOLDFAST_CHECK(FindOnce(*lease));
  auto signature = SignWith(lease->at(), handle_, scheme_, digest);
  if (signature) lease->Keep();
  return signature;
}

Result<Bytes> TokenKey::Impl::TryAndRecover(ByteView digest) {
  Connection::Mark mark;
  auto signature = Try(digest, &mark);
  for (Rung rung : {Rung::kNewSession, Rung::kLogin, Rung::kReinitialize}) {
    if (signature || IsFinal(signature.error())) break;
    Forget(mark.epoch);
    if (auto climbed = connection_->Climb(rung, mark); climbed) {
      signature = Try(digest, &mark);
    } else {
      signature = tl::unexpected(std::move(climbed.error()));
    }
  }
  return signature;
}

Result<Bytes> TokenKey::Impl::Sign(ByteView digest, bool at_any_time) {
  HOLDFAST_CHECK(scheme_.CheckDigest(digest));
  const auto now = std::chrono::steady_clock::now();
  if (auto hangs = Hangs(); hangs && !at_any_time)
    return Fail(ErrorKind::kUnavailable, "hsm.down", *hangs,
                "Check the HSM; restart the signer if it works for others");
  if (auto error = circuit_.Blocks(now); error && !at_any_time) return tl::unexpected(std::move(*error));
  const CallWatch::Call call(connection_->calls(), now);
  auto signature = TryAndRecover(digest);
  if (signature) {
    connection_->calls().Answered(std::chrono::steady_clock::now());
    // What was down must prove itself: a signature that nobody has verified is no proof.
    if (circuit_.last_error()) HOLDFAST_CHECK(Verify(digest, *signature));
    return signature;
  }
  Error error = Within(Place(), std::move(signature.error()));
  if (error.check != "hsm.busy") circuit_.Failed(error, std::chrono::steady_clock::now());
  return tl::unexpected(std::move(error));
}

Status TokenKey::Impl::Verify(ByteView digest, ByteView signature) {
  if (key_.VerifyDigest(scheme_.algorithm, digest, signature, EcdsaForm::kRaw)) {
    NoteGoodSignature();
    circuit_.Succeeded();
    return {};
  }
  return tl::unexpected(ReportBadSignature());
}

std::optional<std::string> TokenKey::Impl::Hangs() const {
  const auto since = connection_->calls().Hangs(std::chrono::steady_clock::now());
  if (!since) return std::nullopt;
  return Place() + ": a call has not come back for " + std::to_string(since->count()) + " s";
}

Error TokenKey::Impl::ReportBadSignature() {
  Forget(handle_epoch_);
  Error error =
      Within(Place(), {ErrorKind::kRefused, "hsm.signature",
                       "a signature does not verify with the pinned public key; it was discarded",
                       "The token holds another key or is faulty: do not use it before you know which"});
  circuit_.Failed(error, std::chrono::steady_clock::now());
  return error;
}

Status TokenKey::Impl::KeepAlive() {
  const Bytes digest = TestDigest(scheme_);
  HOLDFAST_TRY(const Bytes signature, Sign(digest, true));
  return Verify(digest, signature);
}

KeyHealth TokenKey::Impl::health() const {
  KeyHealth health;
  if (auto error = circuit_.last_error()) {
    health.state = connection_->pin_error() ? KeyState::kPinRefused : KeyState::kDown;
    health.detail = error->message;
  }
  if (auto hangs = Hangs()) {
    health.state = KeyState::kDown;
    health.detail = *hangs;
    health.hangs = true;
  }
  const auto last = last_good_.load();
  if (last != 0) {
    auto age =
        std::chrono::steady_clock::now().time_since_epoch() - std::chrono::steady_clock::duration(last);
    health.last_good_age = std::chrono::duration_cast<std::chrono::seconds>(age);
  }
  return health;
}

std::string TokenKey::Impl::Place() const {
  return "key " + (narrow_ ? narrow_->text() : HexEncode(key_.SpkiSha256()).substr(0, 16)) + " on " +
         connection_->place();
}

TokenKey::TokenKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TokenKey::~TokenKey() = default;
const PublicKey& TokenKey::public_key() const {
  return impl_->key();
}
Result<Bytes> TokenKey::SignDigestUnverified(ByteView digest) {
  return impl_->Sign(digest, false);
}
void TokenKey::ReportBadSignature() {
  impl_->ReportBadSignature();
}
Status TokenKey::KeepAlive() {
  return impl_->KeepAlive();
}
KeyHealth TokenKey::health() const {
  return impl_->health();
}
bool TokenKey::exportable() const {
  return impl_->exportable();
}

Result<Bytes> TokenKey::SignDigest(ByteView digest) {
  HOLDFAST_TRY(Bytes signature, impl_->Sign(digest, false));
  HOLDFAST_CHECK(impl_->Verify(digest, signature));
  return signature;
}

}  // namespace holdfast::hsm
