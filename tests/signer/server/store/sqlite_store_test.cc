// What is special to the store in a SQLite file: the file itself, and hands that reach into it.
#include <sqlite3.h>
#include <sys/stat.h>

#include <fstream>

#include "signer/server/store/migrations.h"
#include "tests/signer/server/store/store_fixture.h"

namespace holdfast {
namespace {

class SqliteFile : public ::testing::Test {
 protected:
  Path file() const { return directory_.path() / "store.db"; }
  void CreateWithHistory() {
    auto store = SqliteStore::Create(file());
    ASSERT_TRUE(store) << store.error().message;
    ASSERT_TRUE((*store)->PutProduct(At(0), "demo", "{}"));
    ASSERT_TRUE((*store)->AddLicense(At(1), SaleNumber(1)));
    ASSERT_TRUE((*store)->SetLicenseStatus(At(2), "license-1", LicenseStatus::kSuspended));
    ASSERT_TRUE((*store)->SetLicenseStatus(At(3), "license-1", LicenseStatus::kActive));
  }
  // As an intruder with the sqlite3 tool would.
  void Tamper(const char* statement) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file().c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database, statement, nullptr, nullptr, nullptr), SQLITE_OK) << statement;
    sqlite3_close(database);
  }
  // As a program of that time left it.
  void MakeOfSchema(size_t version) {
    Tamper(("pragma application_id = " + std::to_string(kStoreApplicationId)).c_str());
    Tamper("create table schema_version (version bigint primary key)");
    for (const Migration& migration : Migrations().first(version)) {
      for (const char* statement : migration.statements) Tamper(statement);
      Tamper(("insert into schema_version (version) values (" + std::to_string(migration.version) + ")")
                 .c_str());
    }
  }
  std::string Content() {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::string CheckOfOpening() {
    const auto store = SqliteStore::Open(file());
    return store ? "" : store.error().check;
  }
  holdfast::testing::TempDir directory_;
};

TEST_F(SqliteFile, IsReadableByItsOwnerOnly) {
  CreateWithHistory();
  struct stat info {};
  ASSERT_EQ(stat(file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(SqliteFile, IsNotCreatedTwice) {
  CreateWithHistory();
  EXPECT_EQ(SqliteStore::Create(file()).error().check, "store.exists");
}

TEST_F(SqliteFile, IsNotMadeByOpening) {
  EXPECT_EQ(CheckOfOpening(), "store.missing");
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(SqliteFile, GarbageIsNamed) {
  std::ofstream(file()) << std::string(5000, 'x');
  EXPECT_EQ(CheckOfOpening(), "store.corrupt");
}

TEST_F(SqliteFile, TruncatedIsNamed) {
  CreateWithHistory();
  std::filesystem::resize_file(file(), 4096);
  const auto store = SqliteStore::Open(file());
  const auto licenses = store ? (*store)->ListLicenses("") : tl::unexpected(store.error());
  ASSERT_FALSE(licenses);
  EXPECT_EQ(licenses.error().check, "store.corrupt");
}

TEST_F(SqliteFile, AnotherApplicationsDatabaseIsNotTouched) {
  Tamper("create table notes (text)");
  const std::string before = Content();
  EXPECT_EQ(CheckOfOpening(), "store.kind");
  EXPECT_EQ(SqliteStore::OpenOrCreate(file()).error().check, "store.kind");
  EXPECT_EQ(Content(), before);
}

TEST_F(SqliteFile, IsMadeByOpenOrCreateWhereThereIsNone) {
  ASSERT_TRUE(SqliteStore::OpenOrCreate(file()));
  EXPECT_EQ(CheckOfOpening(), "");
}

TEST_F(SqliteFile, IsKeptByOpenOrCreateWithWhatItHolds) {
  CreateWithHistory();
  const auto store = SqliteStore::OpenOrCreate(file());
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_EQ((*store)->ListLicenses("")->size(), 1u);
}

TEST_F(SqliteFile, WhatAnInterruptedCreateLeftIsCompleted) {
  std::ofstream(file()).flush();  // the file, before SQLite wrote to it
  ASSERT_TRUE(SqliteStore::OpenOrCreate(file()));
  EXPECT_EQ(CheckOfOpening(), "");
  std::filesystem::remove(file());
  Tamper("pragma journal_mode = wal; pragma user_version = 0");  // its first page, and no table
  ASSERT_TRUE(SqliteStore::OpenOrCreate(file()));
  EXPECT_EQ(CheckOfOpening(), "");
  struct stat info {};
  ASSERT_EQ(stat(file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(SqliteFile, ANewerSchemaIsRefused) {
  CreateWithHistory();
  Tamper("insert into schema_version (version) values (99)");
  EXPECT_EQ(CheckOfOpening(), "store.schema");
}

// Schema 2 knew no returns and kept no attestation keys.
TEST_F(SqliteFile, AnOlderSchemaIsBroughtUpToDateWithAllThatIsInIt) {
  MakeOfSchema(2);
  Tamper(
      "insert into products values ('demo', 1, '{}', 1); insert into customers values ('c', 'C', 1);"
      "insert into licenses values ('license-1', 'demo', 1, 'standard', 'c', 1, 'active', 1, 'key-1', '07', "
      "1);"
      "insert into activations values (1, 'a', 'license-1', '01', '02', '03', '04', 'default', 'aa', 0, "
      "'issued',"
      " 5, 6, 7, '{}', 'MAA=', 'host', 8)");
  auto store = SqliteStore::Open(file());
  ASSERT_TRUE(store) << store.error().message;
  const auto activations = (*store)->ListActivations("license-1");
  ASSERT_TRUE(activations) << activations.error().message;
  ASSERT_EQ(activations->size(), 1u);
  EXPECT_EQ(activations->front().serial, Bytes{4});
  EXPECT_EQ(activations->front().certificate, (Bytes{0x30, 0}));
  EXPECT_EQ(activations->front().host, "host");
  EXPECT_EQ(activations->front().created, Time(Seconds{8}));
  EXPECT_TRUE(activations->front().ak_public.empty());
  EXPECT_FALSE((*store)->GetLicense("license-1")->ends);
  EXPECT_TRUE((*store)->ListHeartbeats("license-1")->empty());
  NewReturn promise;
  promise.record.activation = "a";
  EXPECT_TRUE((*store)->RecordReturn(At(9), promise, false));
  EXPECT_EQ((*store)->ListActivations("license-1")->front().state, ActivationState::kReturned);
}

// Schema 5 counted no units of returns: there is nothing that a next activation would go on with.
TEST_F(SqliteFile, ReturnsOfSchema5CreditNothingAndTakeNothing) {
  MakeOfSchema(5);
  Tamper(
      "insert into products values ('demo', 1, '{}', 1); insert into customers values ('c', 'C', 1);"
      "insert into licenses values ('license-1', 'demo', 1, 'standard', 'c', 1, 'active', 1, 'key-1', '07', "
      "1, 0);"
      "insert into activations values (1, 'a', 'license-1', '01', '02', '03', '', '04', 'default', 'aa', 0, "
      "'returned', 5, 6, 7, '{}', 'MAA=', 'host', 8);"
      "insert into returns values (1, 'a', '{}', 'aa', '', '2', 9)");
  auto store = SqliteStore::Open(file());
  ASSERT_TRUE(store) << store.error().message;
  const auto returns = (*store)->ListReturns("license-1");
  ASSERT_TRUE(returns) << returns.error().message;
  ASSERT_EQ(returns->size(), 1u);
  EXPECT_EQ(returns->front().units, UnitCount::kNone);
  EXPECT_TRUE(returns->front().used.empty());
  EXPECT_FALSE(returns->front().time_left);
  EXPECT_FALSE((*store)->GetLicense("license-1")->time_left);
  const auto next = (*store)->ReserveActivation(At(10), ProposalFor("license-1", 2, 2));
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_TRUE(next->takes_over.empty());
}

TEST_F(SqliteFile, EveryEditOfTheAuditLogBreaksItsChain) {
  for (const char* statement : {
           "update audit set actor = 'nobody' where sequence = 2",
           "update audit set at = at + 1 where sequence = 2",
           "update audit set detail = '{}' where sequence = 2",
           "delete from audit where sequence = 2",
           "delete from audit where sequence = 1",
           "update audit set hash = (select hash from audit where sequence = 1) where sequence = 2",
           "update audit set sequence = -sequence where sequence in (2, 3);"
           "update audit set sequence = 5 + sequence where sequence < 0",
       }) {
    CreateWithHistory();
    Tamper(statement);
    auto store = SqliteStore::Open(file());
    ASSERT_TRUE(store);
    const auto head = (*store)->VerifyAudit();
    ASSERT_FALSE(head) << statement;
    EXPECT_EQ(head.error().check, "store.audit") << statement;
    store->reset();
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file().string() + suffix);
  }
}

TEST_F(SqliteFile, ACutTailShowsAgainstANotedHead) {
  CreateWithHistory();
  const AuditHead noted = *(*SqliteStore::Open(file()))->VerifyAudit();
  Tamper("delete from audit where sequence = 4");
  const auto head = (*SqliteStore::Open(file()))->VerifyAudit();
  ASSERT_TRUE(head);
  EXPECT_LT(head->sequence, noted.sequence);
}

}  // namespace
}  // namespace holdfast
