#include "tools/cli/output_file.h"

#include <iostream>

#include "protocol/file_kind.h"

namespace holdfast::cli {
namespace {

// What our files need, and more; the largest are requests, with the certificates of a TPM.
constexpr size_t kRoom = 64 * 1024;

Status CheckIsNoSecret(const Path& file) {
  const auto content = ReadFile(file, kMaxFileSize);
  const FileKind kind = content ? RecogniseFile(AsText(*content)) : FileKind::kUnknown;
  if (kind != FileKind::kProductKey && kind != FileKind::kPrivateKey) return {};
  return Refused("output.secret",
                 file.string() + " is " + std::string(DescribeFileKind(kind)) + ", which would be gone",
                 "name another file with -o");
}

}  // namespace

Result<OutputFile> OutputFile::Open(const Path& file, int mode) {
  OutputFile output(file);
  if (output.is_stdout()) return output;
  HOLDFAST_CHECK(CheckIsNoSecret(file));
  HOLDFAST_TRY(PreparedFile prepared, PreparedFile::Prepare(file, mode, kRoom));
  output.file_.emplace(std::move(prepared));
  return output;
}

Status OutputFile::Write(std::string_view content) {
  if (!is_stdout()) return file_->Write(AsBytes(content));
  std::cout << content << std::flush;
  if (std::cout) return {};
  return Fail(ErrorKind::kUnavailable, "output.write", "standard output cannot be written");
}

}  // namespace holdfast::cli
