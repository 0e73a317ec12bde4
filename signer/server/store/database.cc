#include "signer/server/store/database.h"

#include <fcntl.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "signer/server/store/migrations.h"

namespace holdfast {
namespace {

constexpr int kBusySeconds = 30;  // how long a writer waits for the others

// Primary result codes of SQLite (https://www.sqlite.org/rescode.html).
constexpr int kBusy = 5, kLocked = 6, kReadOnly = 8, kCorrupt = 11, kFull = 13, kCannotOpen = 14,
              kNotADatabase = 26;

Error DescribeCode(int code, const Path& path, const std::string& text) {
  const std::string file = path.string();
  switch (code & 0xff) {
    case kBusy:
    case kLocked:
      return {ErrorKind::kUnavailable, "store.busy", file + " is in use by another process",
              "nothing was changed: try again"};
    case kCorrupt:
    case kNotADatabase:
      return {ErrorKind::kMalformed, "store.corrupt", file + " is damaged or is not a database",
              "restore it from a backup"};
    case kFull:
      return {ErrorKind::kUnavailable, "store.full", "the disk that holds " + file + " is full",
              "nothing was changed: make room and try again"};
    case kReadOnly:
    case kCannotOpen:
      return {ErrorKind::kUnavailable, "store.io", file + " cannot be opened for writing",
              "nothing was changed: whoever uses a store, also to look, writes into its directory; "
              "run the command as the user whose it is, or copy the directory"};
    default:
      return {ErrorKind::kUnavailable, "store.io", file + ": " + text,
              "nothing was changed: check the file's permissions and the disk"};
  }
}

int64_t Integer(soci::session& sql, const char* query) {
  long long value = 0;
  sql << query, soci::into(value);
  return value;
}

int SchemaVersion(soci::session& sql) {
  if (Integer(sql, "select count(*) from sqlite_master where name = 'schema_version'") == 0) return 0;
  return static_cast<int>(Integer(sql, "select coalesce(max(version), 0) from schema_version"));
}

// The file itself, before SQLite opens it, so that it never exists with a wider mode.
Status CreateFile(const Path& path) {
  const int fd = open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd >= 0) {
    close(fd);
    return {};
  }
  if (errno == EEXIST)
    return Fail(ErrorKind::kConflict, "store.exists", path.string() + " exists already",
                "choose another directory, or use the store that is there");
  return Fail(ErrorKind::kUnavailable, "store.io", "cannot create " + path.string(),
              "check the directory and its permissions");
}

}  // namespace

Result<std::unique_ptr<Database>> Database::Create(const Path& path) {
  HOLDFAST_CHECK(CreateFile(path));
  std::unique_ptr<Database> database(new Database(path));
  HOLDFAST_CHECK(database->Connect());
  HOLDFAST_CHECK(database->Initialize());
  return database;
}

Result<std::unique_ptr<Database>> Database::Open(const Path& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0)
    return Fail(ErrorKind::kNotFound, "store.missing", "there is no store at " + path.string(),
                "run `holdfast-vendor init` first, or name the right directory with --dir");
  std::unique_ptr<Database> database(new Database(path));
  HOLDFAST_CHECK(database->Connect());
  HOLDFAST_CHECK(database->CheckKind());
  HOLDFAST_CHECK(database->Configure());
  HOLDFAST_CHECK(database->Migrate());
  return database;
}

Result<std::unique_ptr<Database>> Database::OpenOrCreate(const Path& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return Create(path);
  std::unique_ptr<Database> database(new Database(path));
  HOLDFAST_CHECK(database->Connect());
  HOLDFAST_TRY(const bool empty, database->Read<bool>([](soci::session& sql) -> Result<bool> {
    return Integer(sql, "select count(*) from sqlite_master") == 0;
  }));
  if (!empty) return Open(path);
  if (chmod(path.c_str(), 0600) != 0)
    return Fail(ErrorKind::kUnavailable, "store.io", path.string() + " is not ours",
                "check the directory and its permissions");
  HOLDFAST_CHECK(database->Initialize());
  return database;
}

Status Database::Initialize() {
  HOLDFAST_CHECK(Configure());
  HOLDFAST_CHECK(Write<int>([](soci::session& sql) -> Result<int> {
    sql << "pragma application_id = " + std::to_string(kStoreApplicationId);
    sql << "create table schema_version (version bigint primary key)";
    return 0;
  }));
  return Migrate();
}

Status Database::CheckKind() {
  HOLDFAST_TRY(const int64_t id, Read<int64_t>([](soci::session& sql) -> Result<int64_t> {
                 return Integer(sql, "pragma application_id");
               }));
  if (id == kStoreApplicationId) return {};
  return Malformed("store.kind", path_.string() + " is a database, but not a Holdfast store",
                   "name the right directory with --dir");
}

Status Database::Connect() {
  try {
    session_.open(soci::sqlite3, "dbname=\"" + path_.string() + "\" timeout=" + std::to_string(kBusySeconds));
    return {};
  } catch (...) {
    return tl::unexpected(DescribeException());
  }
}

Status Database::Configure() {
  try {
    std::string mode;
    session_ << "pragma journal_mode", soci::into(mode);  // asking needs no lock, changing does
    if (mode != "wal") session_ << "pragma journal_mode = wal", soci::into(mode);
    session_ << "pragma synchronous = full";
    session_ << "pragma foreign_keys = on";
    session_ << "pragma trusted_schema = off";
    return {};
  } catch (...) {
    return tl::unexpected(DescribeException());
  }
}

Status Database::Migrate() {
  const int newest = Migrations().back().version;
  HOLDFAST_TRY(const int current,
               Read<int>([](soci::session& sql) -> Result<int> { return SchemaVersion(sql); }));
  if (current > newest)
    return Refused("store.schema",
                   path_.string() + " has schema " + std::to_string(current) + ", this program knows " +
                       std::to_string(newest),
                   "use the newer Holdfast that made it");
  if (current == newest) return {};
  HOLDFAST_CHECK(Write<int>([](soci::session& sql) -> Result<int> {
    const int before = SchemaVersion(sql);  // again: another process may have been faster
    for (const Migration& migration : Migrations()) {
      if (migration.version <= before) continue;
      for (const char* statement : migration.statements) sql << statement;
      const int version = migration.version;
      sql << "insert into schema_version (version) values (:version)", soci::use(version);
    }
    return 0;
  }));
  return {};
}

Error Database::DescribeException() const {
  try {
    throw;
  } catch (const soci::sqlite3_soci_error& error) {
    return DescribeCode(error.result(), path_, error.what());
  } catch (const soci::soci_error& error) {
    return {ErrorKind::kUnavailable, "store.io", path_.string() + ": " + error.what(),
            "check the file and its permissions"};
  } catch (const std::exception& error) {
    return {ErrorKind::kInternal, "store.internal", error.what(), "report this as a bug"};
  }
}

void Database::Rollback() {
  try {
    session_ << "rollback";
  } catch (...) {  // SQLite rolls back by itself after some errors; then there is nothing to roll back
  }
}

}  // namespace holdfast
