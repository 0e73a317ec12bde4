// A vendor who answers without appraisal: what the customer's side is measured with.
#pragma once

#include <cstdio>
#include <cstdlib>

#include "agent/tpm/tpm.h"
#include "tests/testing/pki.h"

namespace holdfast::bench {

template <class T>
T Must(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "%s (%s)\n", result.error().message.c_str(), result.error().check.c_str());
  std::abort();
}

Secret ProductKeyText(const LicenseTerms& terms);
// A license for the key in the request, sealed to its TPM.
std::string AnswerTo(const std::string& request_file, const testing::TestPki& pki, const LicenseTerms& terms);

}  // namespace holdfast::bench
