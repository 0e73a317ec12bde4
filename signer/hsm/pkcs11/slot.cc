#include "signer/hsm/pkcs11/slot.h"

#include <p11-kit/uri.h>

namespace holdfast::hsm {
namespace {

bool Matches(const Module::Use& use, const Slot& slot, const Uri& uri) {
  if ((slot.token.flags & CKF_TOKEN_INITIALIZED) == 0) return false;
  if (!p11_kit_uri_match_token_info(uri.get(), &slot.token)) return false;
  CK_SLOT_ID wanted = p11_kit_uri_get_slot_id(uri.get());
  if (wanted != static_cast<CK_SLOT_ID>(-1) && wanted != slot.id) return false;
  CK_SLOT_INFO info;
  if (use->C_GetSlotInfo(slot.id, &info) != CKR_OK || !p11_kit_uri_match_slot_info(uri.get(), &info))
    return false;
  CK_INFO library;
  return use->C_GetInfo(&library) == CKR_OK && p11_kit_uri_match_module_info(uri.get(), &library);
}

std::string Labels(const std::vector<Slot>& slots) {
  std::string text;
  for (const Slot& slot : slots) {
    if ((slot.token.flags & CKF_TOKEN_INITIALIZED) == 0) continue;
    text += (text.empty() ? "" : ", ") + ("'" + slot.label() + "' (serial " + slot.serial() + ")");
  }
  return text.empty() ? "it has none" : "it has " + text;
}

}  // namespace

Result<std::vector<Slot>> ListSlots(const Module::Use& use) {
  // The first call with a null pointer is also what makes SoftHSM notice new tokens.
  CK_ULONG count = 0;
  if (CK_RV rv = use->C_GetSlotList(CK_TRUE, nullptr, &count); rv != CKR_OK)
    return tl::unexpected(CallFailed("C_GetSlotList", rv));
  std::vector<CK_SLOT_ID> ids(count + 8);
  count = ids.size();
  if (CK_RV rv = use->C_GetSlotList(CK_TRUE, ids.data(), &count); rv != CKR_OK)
    return tl::unexpected(CallFailed("C_GetSlotList", rv));
  ids.resize(count);
  std::vector<Slot> slots;
  for (CK_SLOT_ID id : ids) {
    Slot slot{id};
    if (use->C_GetTokenInfo(id, &slot.token) == CKR_OK) slots.push_back(slot);
  }
  return slots;
}

Result<Slot> FindToken(const Module::Use& use, const Uri& uri) {
  HOLDFAST_TRY(std::vector<Slot> slots, ListSlots(use));
  std::vector<Slot> found;
  for (const Slot& slot : slots) {
    if (Matches(use, slot, uri)) found.push_back(slot);
  }
  if (found.size() == 1) return found.front();
  if (found.empty())
    return Fail(ErrorKind::kNotFound, "hsm.token", "no token matches " + uri.text() + "; " + Labels(slots),
                "Check the token's label and serial number in the URI, and module-env");
  return Fail(ErrorKind::kNotFound, "hsm.token", "several tokens match " + uri.text() + ": " + Labels(found),
              "Add serial= to the URI");
}

}  // namespace holdfast::hsm
