// tests/testing/tpm-fault-proxy.py before a software TPM: the TPM that says "later", loses answers, or lies.
#pragma once

#include <stdio.h>

#include <string>

#include "tests/testing/swtpm.h"

namespace holdfast::testing {

class FaultProxy {
 public:
  // For the rules see the script.
  FaultProxy(const SwTpm& target, const std::string& rules);
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  const std::string& tcti() const { return tcti_; }

 private:
  int stdin_ = -1;  // closing it ends the script
  int pid_ = -1;
  std::string tcti_;
};

}  // namespace holdfast::testing
