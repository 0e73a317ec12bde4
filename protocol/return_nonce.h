// The return nonce: what a vendor sends to a host whose return must be proven anew, so that the proof is newer than this
// file. Signed, so that nobody but the vendor can make a site give its license up by mail.
#pragma once

#include "protocol/license_message.h"

namespace holdfast {

extern const MessageKind kReturnNonce;  // its time: when it was issued

}  // namespace holdfast
