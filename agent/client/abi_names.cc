// What of holdfast.h needs no handle: the last error, and names. libholdfast-fake has it too.
#include "agent/client/boundary.h"
#include "agent/client/last_error.h"
#include "agent/client/names.h"

using namespace holdfast::client;

int holdfast_last_error(holdfast_error* error) {
  if (const int code = CheckStruct(error); code != HOLDFAST_OK) return code;
  *error = LastError();
  error->size = sizeof *error;
  return HOLDFAST_OK;
}

const char* holdfast_result_name(int result) {
  return NameOfResult(result);
}

const char* holdfast_reason_name(holdfast_reason reason) {
  return NameOf(reason);
}

const char* holdfast_reason_advice(holdfast_reason reason) {
  return AdviceOf(reason);
}

const char* holdfast_state_name(holdfast_state state) {
  return NameOf(state);
}
