// The last error of each thread, as holdfast_last_error gives it.
#pragma once

#include "agent/client/failure.h"

namespace holdfast::client {

// Of the calling thread. Allocates nothing. Returns the code.
int Remember(const Failure& failure);
int Remember(int code, const char* check, const char* message, const char* advice = "");

const holdfast_error& LastError();
void Write(const Failure& failure, holdfast_error& error);  // but for `size`

}  // namespace holdfast::client
