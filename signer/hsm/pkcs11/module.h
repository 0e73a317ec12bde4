// One PKCS#11 module (shared library), initialised for threads. It is process state, so every token of it
// shares one Module, and finalising it ends the sessions of all: a generation counts the initialisations.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "signer/hsm/pkcs11/cryptoki.h"
#include "signer/hsm/pkcs11/module_environment.h"

namespace holdfast::hsm {

class Module {
 public:
  // The right to call the module: it is not finalised while a Use exists. Hold it for a call or a few.
  class Use {
   public:
    Use(Use&& other) noexcept : module_(other.module_), generation_(other.generation_) {
      other.module_ = nullptr;
    }
    Use& operator=(Use&&) = delete;
    ~Use() {
      if (module_ != nullptr) module_->Leave();
    }
    CK_FUNCTION_LIST* operator->() const { return module_->functions_; }
    uint64_t generation() const { return generation_; }

   private:
    friend class Module;
    Use(Module* module, uint64_t generation) : module_(module), generation_(generation) {}
    Module* module_;
    uint64_t generation_;
  };

  // `module`: a path (with '/') or the name of a module in p11-kit's configuration, which is also where an
  // init string (x-init-reserved) comes from. The environment is set first; not thread safe. hsm.config when a
  // module that is loaded already has another environment (module_environment.h).
  static Result<std::shared_ptr<Module>> Load(const std::string& module,
                                              const ModuleEnvironment& environment);
  ~Module();

  // Initialises the module when it is not. Waits while it is being finalised.
  Result<Use> Enter();
  // C_Finalize and C_Initialize, after all users have left; nothing when that was done since `generation`.
  // After device loss only this helps. hsm.down when a call does not come back, or the module refuses.
  Status Reinitialize(uint64_t generation);
  // Ignores a session of an earlier generation: its handle may be another's by now. May be called within a
  // Use.
  void CloseSession(CK_SESSION_HANDLE session, uint64_t generation);

  uint64_t generation();
  const std::string& name() const { return name_; }

 private:
  Module(std::string name, ModuleEnvironment environment, CK_FUNCTION_LIST* functions)
      : name_(std::move(name)), environment_(std::move(environment)), functions_(functions) {}
  void Leave();
  Status Restart(std::unique_lock<std::mutex>& lock);

  const std::string name_;
  const ModuleEnvironment environment_;
  CK_FUNCTION_LIST* const functions_;  // p11-kit's, released in the destructor
  std::mutex mutex_;
  std::condition_variable changed_;
  int users_ = 0;
  bool restarting_ = false;  // nobody may enter
  bool calling_ = false;     // C_Finalize or C_Initialize is running
  bool initialized_ = false;
  uint64_t generation_ = 0;
};

}  // namespace holdfast::hsm
