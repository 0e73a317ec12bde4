// A reader of exactly DER (ITU-T X.690), for the closed profiles only: single-octet tags, definite minimal
// lengths below 16 MiB. After the first fault it stays failed, also in readers entered later, and hands out
// nothing; so a parser may read on and ask once, with Finish(). Views point into the input.
#pragma once

#include <optional>

#include "certs/der_writer.h"

namespace holdfast {

class DerReader {
 public:
  explicit DerReader(ByteView der) : rest_(der) {}

  bool Next(uint8_t tag) const { return ok_ && !rest_.empty() && rest_[0] == tag; }
  bool AtEnd() const { return !ok_ || rest_.empty(); }
  bool Finish() const { return ok_ && rest_.empty(); }  // nothing was wrong and nothing is left
  bool ok() const { return ok_; }

  ByteView Content(uint8_t tag);  // takes one element with that tag
  ByteView Whole(uint8_t tag);    // the same, with its tag and length
  DerReader Enter(uint8_t tag);   // the same, to read what is inside
  DerReader Sequence() { return Enter(der::kSequence); }

  ByteView UnsignedInteger();  // minimal and not negative; without the leading zero octet
  ByteView BitString();        // no unused bits
  // Exactly what DerWriter::ValidityTime writes; otherwise failed, and the epoch.
  Time ValidityTime();
  bool True();  // BOOLEAN TRUE DEFAULT FALSE: takes it when it is next

 private:
  ByteView rest_;
  bool ok_ = true;
};

}  // namespace holdfast
