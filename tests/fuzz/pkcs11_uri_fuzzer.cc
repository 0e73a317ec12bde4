// PKCS#11 URIs from a configuration file: nothing crashes, and what is printed of one that was read holds neither query
// nor PIN and reads again as the same.
#include <cstdlib>

#include "signer/hsm/pkcs11/uri.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using holdfast::hsm::Uri;
  auto uri = Uri::Parse(holdfast::AsText({data, size}));
  if (!uri) return 0;
  if (uri->text().find('?') != std::string::npos || uri->text().find("pin") == 7) abort();
  auto again = Uri::Parse(uri->text());
  if (!again || again->text() != uri->text() || again->object() != uri->object() || again->id() != uri->id())
    abort();
  return 0;
}
