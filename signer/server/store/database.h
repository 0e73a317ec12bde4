// One SQLite file through one SOCI connection: opened safely, used by one thread at a time, exceptions turned
// into errors. Internal to the store: the only header here that knows SOCI.
#pragma once

#include <soci/soci.h>

#include <functional>
#include <memory>
#include <mutex>

#include "protocol/platform/files.h"
#include "protocol/time.h"

namespace holdfast {

class Database {
 public:
  // Makes a new file of mode 0600 with the newest schema; store.exists (kConflict) when there is one.
  static Result<std::unique_ptr<Database>> Create(const Path& path);
  // Brings an older schema up to date. Checks: store.missing, store.kind (some other database), store.schema
  // (made by a newer Holdfast), store.corrupt.
  static Result<std::unique_ptr<Database>> Open(const Path& path);

  // As Open; makes it where there is no file, or a database without any table, as an interrupted Create
  // leaves it.
  static Result<std::unique_ptr<Database>> OpenOrCreate(const Path& path);

  // Runs `body` in BEGIN IMMEDIATE ... COMMIT: waits for other writers first, so that what `body` reads
  // cannot change before it writes. An error or exception rolls back.
  template <class T>
  Result<T> Write(const std::function<Result<T>(soci::session&)>& body) {
    return Run<T>("begin immediate", body);
  }
  // One consistent view for several statements; never waits for writers.
  template <class T>
  Result<T> Read(const std::function<Result<T>(soci::session&)>& body) {
    return Run<T>("begin", body);
  }

 private:
  explicit Database(Path path) : path_(std::move(path)) {}
  Status Connect();
  Status Configure();  // once it is known to be ours: changes the file
  Status Initialize();
  Status CheckKind();
  Status Migrate();
  Error DescribeException() const;  // call in a catch block
  void Rollback();

  template <class T>
  Result<T> Run(const char* begin, const std::function<Result<T>(soci::session&)>& body) {
    const std::lock_guard lock(mutex_);
    bool open = false;
    try {
      session_ << begin;
      open = true;
      Result<T> result = body(session_);
      if (result) {
        session_ << "commit";
      } else {
        Rollback();
      }
      return result;
    } catch (...) {
      Error error = DescribeException();
      if (open) Rollback();
      return tl::unexpected(std::move(error));
    }
  }

  Path path_;
  std::mutex mutex_;
  soci::session session_;
};

// Columns are 64-bit integers and text; these convert.
inline long long ToColumn(Time time) {
  return time.time_since_epoch().count();
}
inline Time TimeFromColumn(long long column) {
  return Time{Seconds{column}};
}

}  // namespace holdfast
