// What a fuzzer checks beyond "does not crash": a property that must hold of whatever input was accepted.
#pragma once

#include <cstdio>
#include <cstdlib>

#define HOLDFAST_REQUIRE(condition)                                                      \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      std::fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                      \
    }                                                                                    \
  } while (false)
