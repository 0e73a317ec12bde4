// Slots and the tokens in them.
#pragma once

#include "signer/hsm/pkcs11/module.h"
#include "signer/hsm/pkcs11/uri.h"

namespace holdfast::hsm {

struct Slot {
  CK_SLOT_ID id = 0;
  CK_TOKEN_INFO token = {};

  std::string label() const { return Unpadded(token.label, sizeof token.label); }
  std::string serial() const { return Unpadded(token.serialNumber, sizeof token.serialNumber); }
};

// Slots with a token that can be asked. One dead token does not hide the others.
Result<std::vector<Slot>> ListSlots(const Module::Use& use);
// The one initialised token that the URI names. Check: hsm.token.
Result<Slot> FindToken(const Module::Use& use, const Uri& uri);

}  // namespace holdfast::hsm
