// Runs a command line with sh and waits for it.
#pragma once

#include <string>

namespace holdfast::testing {

struct ShellResult {
  int status = -1;     // exit code; 128 + n when a signal ended it
  std::string output;  // standard output and standard error
};
ShellResult Shell(const std::string& command);

std::string Quoted(const std::string& text);  // one word for sh

}  // namespace holdfast::testing
