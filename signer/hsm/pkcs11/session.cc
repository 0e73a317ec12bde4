#include "signer/hsm/pkcs11/session.h"

namespace holdfast::hsm {

Result<Session> Session::Open(std::shared_ptr<Module> module, const Module::Use& use, CK_SLOT_ID slot,
                              Mode mode) {
  CK_FLAGS flags = CKF_SERIAL_SESSION | (mode == Mode::kReadWrite ? CKF_RW_SESSION : 0);
  CK_SESSION_HANDLE handle = 0;
  CK_RV rv = use->C_OpenSession(slot, flags, nullptr, nullptr, &handle);
  if (rv == CKR_OK) return Session(std::move(module), handle, use.generation());
  Error error = CallFailed("C_OpenSession", rv);
  if (rv == CKR_SESSION_COUNT) error.check = "hsm.session_count";
  return tl::unexpected(std::move(error));
}

Session& Session::operator=(Session&& other) noexcept {
  Session old(std::move(*this));
  module_ = std::move(other.module_);
  handle_ = other.handle_;
  generation_ = other.generation_;
  return *this;
}

Session::~Session() {
  if (module_ != nullptr) module_->CloseSession(handle_, generation_);
}

}  // namespace holdfast::hsm
