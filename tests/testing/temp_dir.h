// A fresh directory that lives as long as the object.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace holdfast::testing {

class TempDir {
 public:
  TempDir() : TempDir(std::filesystem::temp_directory_path()) {}
  // Where fsync costs nothing, for tests of thousands of commits.
  static TempDir InMemory() {
    return std::filesystem::is_directory("/dev/shm") ? TempDir("/dev/shm") : TempDir();
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TempDir(const std::filesystem::path& parent) {
    std::string name = (parent / "holdfast-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("mkdtemp " + name);
    path_ = name;
  }
  std::filesystem::path path_;
};

}  // namespace holdfast::testing
