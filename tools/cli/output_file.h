// The file that a command writes at its end, with -o. Its place is tried before the command does what cannot be undone, such as a
// return: a directory that does not exist, a stick that is full or read-only, are found while nothing has happened yet.
#pragma once

#include <optional>

#include "protocol/platform/files.h"

namespace holdfast::cli {

class OutputFile {
 public:
  // "-" is standard output. Nothing is there yet but the temporary file of a PreparedFile, which goes with the object. Checks: those of PreparedFile; output.secret (kRefused: a product key or a private key is there, which nobody could make again).
  static Result<OutputFile> Open(const Path& file, int mode = 0644);
  bool is_stdout() const { return path_ == "-"; }
  std::string name() const { return path_.string(); }
  // Once; the whole file or none. Checks: those of PreparedFile; output.write (kUnavailable: standard output).
  Status Write(std::string_view content);

 private:
  explicit OutputFile(Path path) : path_(std::move(path)) {}
  Path path_;
  std::optional<PreparedFile> file_;
};

}  // namespace holdfast::cli
