// Names of reasons and states as the agent says them, and their numbers in holdfast.h. All texts end with a zero octet and live for ever.
#pragma once

#include <string_view>

#include "agent/client/holdfast.h"

namespace holdfast::client {

holdfast_reason ReasonOf(std::string_view name);  // HOLDFAST_REASON_OTHER: not known
holdfast_state StateOf(std::string_view name);    // HOLDFAST_STATE_OTHER: not known

const char* NameOf(holdfast_reason reason);
const char* AdviceOf(holdfast_reason reason);  // what the administrator does; may be empty
const char* NameOf(holdfast_state state);
const char* NameOfResult(int code);

}  // namespace holdfast::client
