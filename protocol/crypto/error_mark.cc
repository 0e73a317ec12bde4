#include "protocol/crypto/error_mark.h"

#include <openssl/err.h>

namespace holdfast {

ErrorMark::ErrorMark() {
  ERR_set_mark();
}

ErrorMark::~ErrorMark() {
  ERR_pop_to_mark();
}

}  // namespace holdfast
