// Time by file, where there is no network: a host whose floor is ahead of the time asks (docs/time.md), the vendor answers. The answer names the nonce of
// the request, which the host keeps until it is answered: so it counts once, and on the host that asked.
#pragma once

#include "protocol/license_message.h"

namespace holdfast {

extern const MessageKind
    kTimeRequest;  // its time: what the host believes. Not signed: all that it can bring about is an answer
extern const MessageKind kTimeAnswer;  // its time: when the vendor made it

}  // namespace holdfast
