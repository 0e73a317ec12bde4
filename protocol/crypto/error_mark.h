// libcrypto keeps a queue of errors for each thread, and who uses it in the same process looks into it. Whatever is added while the object lives
// is taken away again: for a library inside a program that is not ours.
#pragma once

namespace holdfast {

class ErrorMark {
 public:
  ErrorMark();
  ~ErrorMark();
  ErrorMark(const ErrorMark&) = delete;
  ErrorMark& operator=(const ErrorMark&) = delete;
};

}  // namespace holdfast
