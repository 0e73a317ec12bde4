// Making a token in a free slot.
#include <cstring>

#include "signer/hsm/pkcs11/session.h"
#include "signer/hsm/pkcs11/slot.h"
#include "signer/hsm/pkcs11/token.h"

namespace holdfast::hsm {
namespace {

constexpr size_t kLabelSize = sizeof(CK_TOKEN_INFO::label);

CK_UTF8CHAR* Characters(const Secret& secret) {
  return const_cast<CK_UTF8CHAR*>(secret.Reveal().data());  // the C interface lacks const
}

Status CheckNewToken(const NewToken& token) {
  if (token.label.empty() || token.label.size() > kLabelSize)
    return Fail(ErrorKind::kUsage, "hsm.config", "a token's label has 1 to 32 octets",
                "Choose another label");
  if (token.so_pin.empty() || token.pin.empty())
    return Fail(ErrorKind::kUsage, "hsm.config", "a new token needs a PIN and a security officer's PIN");
  return {};
}

Result<CK_SLOT_ID> FreeSlot(const Module::Use& use, const NewToken& token) {
  HOLDFAST_TRY(auto slots, ListSlots(use));
  const Slot* free = nullptr;
  for (const Slot& slot : slots) {
    bool initialized = (slot.token.flags & CKF_TOKEN_INITIALIZED) != 0;
    if (initialized && slot.label() == token.label)
      return Fail(ErrorKind::kConflict, "hsm.token_exists", "there is a token '" + token.label + "' already",
                  "Use it, or choose another label");
    if (!initialized && free == nullptr) free = &slot;
  }
  if (free == nullptr)
    return Fail(ErrorKind::kNotFound, "hsm.token", "the module has no free slot for a new token",
                "Make the token with the module's own tool");
  return free->id;
}

// The slot may have another number once its token is initialised.
Result<CK_SLOT_ID> SlotOf(const Module::Use& use, const std::string& label) {
  HOLDFAST_TRY(auto slots, ListSlots(use));
  for (const Slot& slot : slots) {
    if ((slot.token.flags & CKF_TOKEN_INITIALIZED) != 0 && slot.label() == label) return slot.id;
  }
  return Fail(ErrorKind::kUnavailable, "hsm.token",
              "the new token '" + label + "' is not there after C_InitToken");
}

Status SetUserPin(const Module::Use& use, const Session& session, const NewToken& token) {
  CK_RV rv = use->C_Login(session.handle(), CKU_SO, Characters(token.so_pin), token.so_pin.size());
  if (rv != CKR_OK) return tl::unexpected(CallFailed("C_Login of the security officer", rv));
  rv = use->C_InitPIN(session.handle(), Characters(token.pin), token.pin.size());
  use->C_Logout(session.handle());
  if (rv != CKR_OK) return tl::unexpected(CallFailed("C_InitPIN", rv));
  return {};
}

}  // namespace

Status Token::Initialize(const TokenConfig& config, const NewToken& token) {
  HOLDFAST_CHECK(CheckNewToken(token));
  if (config.module.empty()) return Fail(ErrorKind::kUsage, "hsm.config", "no PKCS#11 module is named");
  HOLDFAST_TRY(auto module, Module::Load(config.module, config.module_env));
  HOLDFAST_TRY(Module::Use use, module->Enter());
  HOLDFAST_TRY(CK_SLOT_ID slot, FreeSlot(use, token));
  CK_UTF8CHAR label[kLabelSize];
  std::memset(label, ' ', sizeof label);
  std::memcpy(label, token.label.data(), token.label.size());
  CK_RV rv = use->C_InitToken(slot, Characters(token.so_pin), token.so_pin.size(), label);
  if (rv != CKR_OK) return tl::unexpected(CallFailed("C_InitToken", rv));
  HOLDFAST_TRY(slot, SlotOf(use, token.label));
  HOLDFAST_TRY(Session session, Session::Open(module, use, slot, Session::Mode::kReadWrite));
  return SetUserPin(use, session, token);
}

}  // namespace holdfast::hsm
