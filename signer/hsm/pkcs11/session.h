// One session with a slot, closed with the object. Not thread safe. After any failed call close it: an
// operation may have stayed active in it, and then every later C_SignInit says CKR_OPERATION_ACTIVE.
#pragma once

#include <optional>

#include "signer/hsm/pkcs11/module.h"

namespace holdfast::hsm {

class Session {
 public:
  enum class Mode { kReadOnly, kReadWrite };
  // A CKR_SESSION_COUNT is told from other failures: check hsm.session_count.
  static Result<Session> Open(std::shared_ptr<Module> module, const Module::Use& use, CK_SLOT_ID slot,
                              Mode mode);
  Session(Session&& other) noexcept = default;
  Session& operator=(Session&& other) noexcept;
  ~Session();

  CK_SESSION_HANDLE handle() const { return handle_; }
  uint64_t generation() const { return generation_; }

 private:
  Session(std::shared_ptr<Module> module, CK_SESSION_HANDLE handle, uint64_t generation)
      : module_(std::move(module)), handle_(handle), generation_(generation) {}
  std::shared_ptr<Module> module_;  // empty: moved from
  CK_SESSION_HANDLE handle_;
  uint64_t generation_;
};

}  // namespace holdfast::hsm
