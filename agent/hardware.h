// What licenses are bound to: the TPM, or what a host without one is recognised by.
#pragma once

#include "agent/tpm/tpm.h"
#include "protocol/platform/files.h"

namespace holdfast {

struct Hardware {
  Tpm& tpm;
  Path host_root = "/";  // facts for fingerprints are read below it (agent/host/components.h)
};

}  // namespace holdfast
