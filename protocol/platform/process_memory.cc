#include "protocol/platform/process_memory.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace holdfast {

void HideProcessMemory() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
}

}  // namespace holdfast
