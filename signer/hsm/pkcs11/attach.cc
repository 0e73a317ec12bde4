// How a connection finds its token, logs in, and comes back.
#include "signer/hsm/pkcs11/connection.h"

namespace holdfast::hsm {
namespace {

constexpr size_t kMaxPin = 256;

bool RefusesPin(CK_RV rv) {
  return rv == CKR_PIN_INCORRECT || rv == CKR_PIN_INVALID || rv == CKR_PIN_LEN_RANGE ||
         rv == CKR_PIN_EXPIRED || rv == CKR_PIN_LOCKED;
}

Result<Secret> ReadPin(const Path& file) {
  HOLDFAST_TRY(Secret pin, ReadSecretFile(file, kMaxPin));
  ByteView octets = pin.Reveal();
  if (!octets.empty() && octets.back() == '\n') octets = octets.first(octets.size() - 1);
  if (octets.empty())
    return Fail(ErrorKind::kUsage, "hsm.config", "the PIN file " + file.string() + " is empty",
                "Write the token's user PIN into it");
  return Secret::CopyOf(octets);
}

bool LoggedIn(const Module::Use& use, const Session& session) {
  CK_SESSION_INFO info = {};
  return use->C_GetSessionInfo(session.handle(), &info) == CKR_OK &&
         (info.state == CKS_RO_USER_FUNCTIONS || info.state == CKS_RW_USER_FUNCTIONS);
}

// A token that was there and is not found is a device that is gone, not a wrong configuration.
Error Lost(Error error) {
  error.kind = ErrorKind::kUnavailable;
  error.check = "hsm.down";
  error.advice =
      "Check that the HSM is reachable and its token present; the signer goes on by itself when it is";
  return error;
}

}  // namespace

Status Connection::Attach() {
  std::lock_guard lock(attach_mutex_);
  return AttachLocked();
}

Status Connection::AttachLocked() {
  HOLDFAST_TRY(Module::Use use, module_->Enter());
  if (mark().generation == use.generation()) return {};
  if (auto refused = pin_error()) return tl::unexpected(*refused);
  TokenInfo before = info();
  auto found = FindToken(use, uri_);
  if (!found)
    return tl::unexpected(before.serial.empty() ? std::move(found.error()) : Lost(std::move(found.error())));
  Slot slot = *found;
  if (!before.serial.empty() && before.serial != slot.serial())
    return Refused("hsm.token_changed",
                   "the token has serial number " + slot.serial() + " where it had " + before.serial,
                   "Find out who replaced or initialised the token; restart the signer if it was meant");
  pool_.Reset();
  token_flags_ = slot.token.flags;
  HOLDFAST_TRY(Session anchor, Session::Open(module_, use, slot.id, Session::Mode::kReadOnly));
  HOLDFAST_CHECK(Login(use, anchor));
  anchor_ = std::move(anchor);
  std::lock_guard state(state_mutex_);
  token_ = slot.token;
  info_.label = slot.label();
  info_.serial = slot.serial();
  info_.manufacturer = Unpadded(slot.token.manufacturerID, sizeof slot.token.manufacturerID);
  info_.model = Unpadded(slot.token.model, sizeof slot.token.model);
  mark_ = {mark_.epoch + 1, use.generation(), slot.id};
  return {};
}

Status Connection::Climb(Rung rung, Mark failed) {
  switch (rung) {
    case Rung::kNewSession: {
      HOLDFAST_TRY(Module::Use use, module_->Enter());
      pool_.DropIdle();  // what ended one session may have ended all
      return {};
    }
    case Rung::kLogin:
      return LoginAgain(failed.epoch);
    case Rung::kReinitialize:
      if (auto refused = pin_error()) return tl::unexpected(*refused);
      if (mark().epoch != failed.epoch) return {};
      HOLDFAST_CHECK(module_->Reinitialize(failed.generation));
      return Attach();
  }
  return {};
}

Status Connection::LoginAgain(uint64_t epoch) {
  std::lock_guard lock(attach_mutex_);
  if (mark().epoch != epoch) return {};
  if (auto refused = pin_error()) return tl::unexpected(*refused);
  HOLDFAST_TRY(Module::Use use, module_->Enter());
  if (mark().generation != use.generation()) return {};  // the next Borrow attaches
  HOLDFAST_TRY(Session anchor, Session::Open(module_, use, mark().slot, Session::Mode::kReadOnly));
  if (LoggedIn(use, anchor)) return {};
  HOLDFAST_CHECK(Login(use, anchor));
  anchor_ = std::move(anchor);
  std::lock_guard state(state_mutex_);
  mark_.epoch++;
  return {};
}

Status Connection::Login(const Module::Use& use, const Session& session) {
  if ((token_flags_ & CKF_LOGIN_REQUIRED) == 0) return {};
  return PresentPin(use, session);
}

// One C_Login. A PIN that was refused is never presented again by us: most tokens lock after three.
Status Connection::PresentPin(const Module::Use& use, const Session& session) {
  bool pin_pad = config_.pin_file.empty() && (token_flags_ & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
  if (config_.pin_file.empty() && !pin_pad)
    return Fail(ErrorKind::kUsage, "hsm.config", "no PIN file is configured for " + uri_.text(),
                "Name a file of mode 0600 that holds the user PIN");
  Secret pin;
  if (!pin_pad) {
    HOLDFAST_TRY(pin, ReadPin(config_.pin_file));
  }
  auto* octets = const_cast<CK_UTF8CHAR*>(pin.Reveal().data());  // the C interface lacks const
  CK_RV rv = use->C_Login(session.handle(), CKU_USER, pin_pad ? nullptr : octets, pin.size());
  if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN) return {};
  if (RefusesPin(rv)) return tl::unexpected(Latch(rv));
  // A module may hide a refused PIN behind a general error; then its flags tell.
  CK_SESSION_INFO info = {};
  CK_TOKEN_INFO token = {};
  constexpr CK_FLAGS kWarnings = CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED;
  if (use->C_GetSessionInfo(session.handle(), &info) == CKR_OK &&
      use->C_GetTokenInfo(info.slotID, &token) == CKR_OK && (token.flags & kWarnings) != 0)
    return tl::unexpected(Latch(rv));
  return tl::unexpected(CallFailed("C_Login", rv));
}

Error Connection::Latch(CK_RV rv) {
  Error error{
      ErrorKind::kRefused, "hsm.pin_refused", "the token refuses the PIN: C_Login says " + CkrName(rv),
      (rv == CKR_PIN_LOCKED
           ? "Unlock the PIN with the token's own tool, correct the PIN file "
           : "It is not tried again, so that the token does not lock: correct the PIN file ") +
          config_.pin_file.string() +
          "; then: systemctl reload holdfast-signer (SIGHUP), or without a service repeat the command"};
  std::lock_guard lock(state_mutex_);
  pin_error_ = error;
  return error;
}

Status Connection::RetryPin() {
  std::lock_guard lock(attach_mutex_);
  {
    std::lock_guard state(state_mutex_);
    pin_error_.reset();
    mark_.generation = 0;  // no generation: attach and log in anew
  }
  return AttachLocked();
}

}  // namespace holdfast::hsm
