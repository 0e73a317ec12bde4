#include "signer/hsm/pkcs11/module.h"

#include <stdlib.h>

#include <chrono>
#include <map>

namespace holdfast::hsm {
namespace {

// Longer than any healthy call; a network HSM may take seconds to notice that its peer is gone.
constexpr std::chrono::seconds kPatience{20};

void SetEnvironment(const ModuleEnvironment& environment) {
  for (const std::string& pair : environment) {
    const size_t equals = pair.find('=');
    setenv(pair.substr(0, equals).c_str(), pair.substr(equals + 1).c_str(), 1);
  }
}

// All configured modules are loaded to find one by name, but only that one is kept and ever initialised.
CK_FUNCTION_LIST* LoadConfigured(const std::string& name) {
  CK_FUNCTION_LIST** all = p11_kit_modules_load(nullptr, 0);
  if (all == nullptr) return nullptr;
  CK_FUNCTION_LIST* wanted = p11_kit_module_for_name(all, name.c_str());
  for (CK_FUNCTION_LIST** each = all; *each != nullptr; each++) {
    if (*each != wanted) p11_kit_module_release(*each);
  }
  free(all);
  return wanted;
}

tl::unexpected<Error> Unusable(std::string message) {
  return Fail(ErrorKind::kUnavailable, "hsm.module", std::move(message),
              "Check the module's path or p11-kit name, and that its package and its library are installed");
}

std::string LastMessage() {
  const char* message = p11_kit_message();
  return message == nullptr ? "no reason given" : message;
}

}  // namespace

Result<std::shared_ptr<Module>> Module::Load(const std::string& module,
                                             const ModuleEnvironment& environment) {
  // One for the process, as the library behind it is: a second object could not finalise it.
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<Module>> loaded;
  std::lock_guard lock(mutex);
  HOLDFAST_CHECK(CheckModuleEnvironment(environment));
  for (const auto& [name, other] : loaded) {
    const auto live = other.lock();
    if (!live) continue;
    if (auto conflict = EnvironmentConflict(environment, live->environment_, name == module))
      return Fail(ErrorKind::kUsage, "hsm.config",
                  "the module " + module + " cannot be used beside " + name + " in one process: " + *conflict,
                  "Give all tokens of a module the same module_env, and a variable one value");
  }
  if (auto same = loaded[module].lock()) return same;
  SetEnvironment(environment);
  p11_kit_be_quiet();
  bool is_path = module.find('/') != module.npos;
  CK_FUNCTION_LIST* functions = is_path ? p11_kit_module_load(module.c_str(), 0) : LoadConfigured(module);
  if (functions == nullptr && is_path)
    return Unusable("the PKCS#11 module " + module + " cannot be loaded: " + LastMessage());
  if (functions == nullptr) return Unusable("p11-kit has no module named '" + module + "'");
  std::shared_ptr<Module> made(new Module(module, environment, functions));
  loaded[module] = made;
  return made;
}

Module::~Module() {
  if (initialized_) p11_kit_module_finalize(functions_);
  p11_kit_module_release(functions_);
}

Result<Module::Use> Module::Enter() {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, kPatience, [this] { return !restarting_; }))
    return Fail(ErrorKind::kUnavailable, "hsm.down",
                "the module " + name_ + " is being initialised and does not finish",
                "Restart the signer if the HSM works for others");
  if (!initialized_) HOLDFAST_CHECK(Restart(lock));
  users_++;
  return Use(this, generation_);
}

void Module::Leave() {
  std::lock_guard lock(mutex_);
  if (--users_ == 0 && restarting_) changed_.notify_all();
}

Status Module::Reinitialize(uint64_t generation) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, kPatience, [this] { return !restarting_; }) || generation_ == generation)
    return Restart(lock);
  return {};
}

Status Module::Restart(std::unique_lock<std::mutex>& lock) {
  if (restarting_)
    return Fail(ErrorKind::kUnavailable, "hsm.down",
                "the module " + name_ + " is being initialised and does not finish");
  restarting_ = true;
  bool alone = changed_.wait_for(lock, kPatience, [this] { return users_ == 0; });
  CK_RV rv = CKR_FUNCTION_FAILED;
  if (alone) {
    calling_ = true;
    bool finalize = initialized_;
    initialized_ = false;
    lock.unlock();
    if (finalize) p11_kit_module_finalize(functions_);
    rv = p11_kit_module_initialize(functions_);
    lock.lock();
    calling_ = false;
    initialized_ = rv == CKR_OK;
    generation_++;
  }
  restarting_ = false;
  changed_.notify_all();
  if (!alone)
    return Fail(ErrorKind::kUnavailable, "hsm.down",
                "a call into the module " + name_ + " does not come back",
                "Check the HSM; restart the signer if it works for others");
  if (rv != CKR_OK) return Unusable("the PKCS#11 module " + name_ + ": C_Initialize says " + CkrName(rv));
  return {};
}

uint64_t Module::generation() {
  std::lock_guard lock(mutex_);
  return generation_;
}

void Module::CloseSession(CK_SESSION_HANDLE session, uint64_t generation) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !calling_; });
  if (!initialized_ || generation != generation_) return;
  users_++;
  lock.unlock();
  functions_->C_CloseSession(session);
  Leave();
}

}  // namespace holdfast::hsm
