// What stands at the border to C: no exception leaves, and structs are of a size that is known.
#pragma once

#include <new>

#include "agent/client/last_error.h"

namespace holdfast::client {

template <class Work>
int Guarded(Work work) noexcept {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return Remember(HOLDFAST_NO_MEMORY, "host.memory", "there is not enough memory");
  } catch (...) {
    return Remember(HOLDFAST_INTERNAL, "internal.exception", "a defect of the library");
  }
}

// There is one version of each struct so far, so its size is exactly this one.
template <class Struct>
int CheckStruct(const Struct* given) {
  if (given != nullptr && given->size == sizeof(Struct)) return HOLDFAST_OK;
  return Remember(HOLDFAST_INVALID_ARGUMENT, "argument.struct", "a struct is NULL, or its size is not set",
                  "set its member size to its sizeof");
}

}  // namespace holdfast::client
