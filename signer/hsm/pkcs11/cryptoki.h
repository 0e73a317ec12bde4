// The C interface and how its return values become errors. Only this folder's own files include it.
#pragma once

#include <stddef.h>  // p11-kit.h needs it
//
#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>

#include "protocol/bytes.h"

namespace holdfast::hsm {

std::string CkrName(CK_RV rv);  // "CKR_PIN_INCORRECT", or "CKR 0x80000001"

// A call that failed, as an error of kind kUnavailable with check hsm.down: what a return value means depends
// on the module (each has its own for "somebody logged out"), so the caller classifies by what it was doing.
Error CallFailed(std::string_view function, CK_RV rv);

// The same error with "token 'x' of MODULE: " before its message.
Error Within(std::string_view place, Error error);

// A field padded with blanks, as CK_TOKEN_INFO has them.
std::string Unpadded(const unsigned char* field, size_t size);

}  // namespace holdfast::hsm
