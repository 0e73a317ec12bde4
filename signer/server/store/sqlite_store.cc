#include "signer/server/store/sqlite_store.h"

#include "signer/server/store/database.h"

namespace holdfast {

SqliteStore::SqliteStore(std::unique_ptr<Database> database) : database_(std::move(database)) {}
SqliteStore::~SqliteStore() = default;

Result<std::unique_ptr<SqliteStore>> SqliteStore::Create(const Path& path) {
  HOLDFAST_TRY(auto database, Database::Create(path));
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(database)));
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::Open(const Path& path) {
  HOLDFAST_TRY(auto database, Database::Open(path));
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(database)));
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::OpenOrCreate(const Path& path) {
  HOLDFAST_TRY(auto database, Database::OpenOrCreate(path));
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(database)));
}

}  // namespace holdfast
