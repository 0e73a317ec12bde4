// Good objects for the tests of protocol/: each is complete, so that a test alters exactly one thing.
#pragma once

#include "protocol/request.h"
#include "protocol/terms.h"

namespace holdfast::examples {

inline Time At(std::string_view text) {
  return ParseTime(text).value();
}

// Every member, with values of every kind.
LicenseTerms Terms();
ProductFile Product();  // as ParseProductFile reads ProductJson()
std::string ProductJson();

RequestContent Content();  // octets that look like TPM structures only to those who do not look inside
RequestEvidence Evidence();
// Compact JWS over Content() and Evidence() with a signature of 64 zeros: parses, does not verify.
std::string UnsignedRequest(std::string_view content_text, std::string_view payload = {});

}  // namespace holdfast::examples
