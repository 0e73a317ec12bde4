#include "signer/hsm/audit_log.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <fstream>
#include <iterator>
#include <thread>

#include "protocol/strict_json.h"
#include "signer/hsm/audit_repair.h"
#include "tests/testing/temp_dir.h"

namespace holdfast::hsm {
namespace {

const Time kNow{Seconds(1'795'000'000)};

class AuditLogTest : public ::testing::Test {
 protected:
  std::unique_ptr<AuditLog> Open() {
    const Clock clock = [this] { return now_; };
    auto log = std::filesystem::exists(file_) ? AuditLog::Open(file_, clock) : AuditLog::Create(file_, clock);
    if (!log) error_ = log.error();
    return log ? std::move(*log) : nullptr;
  }
  void Fill(int records) {
    auto log = Open();
    ASSERT_TRUE(log);
    for (int i = 0; i < records; i++) {
      AuditEntry entry{"signing", {}};
      entry.members.Text("kind", i % 2 == 0 ? "license" : "message")
          .Text("customer", "Müller \"& Söhne\"\n")
          .Number("i", i);
      ASSERT_TRUE(log->Append(entry));
    }
    ASSERT_TRUE(log->Sync());
  }
  std::string Read() const {
    std::ifstream in(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void Write(const std::string& text) const {
    std::ofstream(file_, std::ios::binary | std::ios::trunc) << text;
  }
  std::string CheckOf(std::optional<AuditHead> known = {}) const {
    auto summary = VerifyAuditLog(file_, known);
    return summary ? "" : summary.error().check;
  }

  testing::TempDir directory_;
  const Path file_ = directory_.path() / "audit.jsonl";
  Time now_ = kNow;
  Error error_;
};

TEST_F(AuditLogTest, KeepsAChainOverSeveralOpenings) {
  Fill(3);
  Fill(2);
  auto summary = VerifyAuditLog(file_);
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->head.sequence, 5);
  EXPECT_EQ(Open()->head(), summary->head);
}

TEST_F(AuditLogTest, EveryLineIsStrictJson) {
  Fill(2);
  std::istringstream lines(Read());
  for (std::string line; std::getline(lines, line);) {
    auto json = ParseJson(line, kMaxAuditLine);
    ASSERT_TRUE(json) << json.error().message;
    EXPECT_EQ((*json)["customer"], "Müller \"& Söhne\"\n");
  }
}

TEST_F(AuditLogTest, EveryFlippedOctetIsDetected) {
  Fill(3);
  const std::string good = Read();
  std::fstream file(file_, std::ios::binary | std::ios::in | std::ios::out);
  const auto put = [&](size_t i, char octet) {
    file.seekp(static_cast<std::streamoff>(i)).put(octet).flush();
  };
  for (size_t i = 0; i < good.size(); i++) {
    for (const int bit : {0, 3, 5}) {
      put(i, static_cast<char>(good[i] ^ (1 << bit)));
      EXPECT_NE(CheckOf(), "") << "octet " << i << " bit " << bit;
    }
    put(i, good[i]);
  }
  EXPECT_EQ(CheckOf(), "");
}

TEST_F(AuditLogTest, DeletedInsertedAndSwappedRecordsAreDetected) {
  Fill(4);
  std::vector<std::string> lines;
  std::istringstream in(Read());
  for (std::string line; std::getline(in, line);) lines.push_back(line + "\n");
  Write(lines[0] + lines[2] + lines[3]);
  EXPECT_EQ(CheckOf(), "audit.sequence");
  Write(lines[0] + lines[1] + lines[1] + lines[2] + lines[3]);
  EXPECT_EQ(CheckOf(), "audit.sequence");
  Write(lines[0] + lines[2] + lines[1] + lines[3]);
  EXPECT_EQ(CheckOf(), "audit.sequence");
  Write(lines[1] + lines[2] + lines[3]);
  EXPECT_EQ(CheckOf(), "audit.sequence");
}

TEST_F(AuditLogTest, ARecordOfAnotherLogIsDetected) {
  Fill(2);
  const std::string first = Read();
  std::filesystem::remove(file_);
  std::filesystem::remove(Path(file_) += ".head");
  now_ += Seconds(1);
  Fill(2);
  const std::string second = Read();
  Write(first.substr(0, first.find('\n') + 1) + second.substr(second.find('\n') + 1));
  EXPECT_EQ(CheckOf(), "audit.previous");
}

TEST_F(AuditLogTest, ACutEndIsDetectedAndNothingMoreIsWritten) {
  Fill(3);
  const std::string good = Read();
  Write(good.substr(0, good.rfind('\n', good.size() - 2) + 1));
  EXPECT_EQ(CheckOf(), "audit.truncated");
  EXPECT_FALSE(Open());
  EXPECT_EQ(error_.check, "audit.truncated");
  Write("");
  EXPECT_EQ(CheckOf(), "audit.truncated");
  EXPECT_FALSE(Open());
}

TEST_F(AuditLogTest, ACheckpointKeptElsewhereShowsARewrittenLog) {
  Fill(3);
  const AuditHead kept = VerifyAuditLog(file_)->head;
  std::filesystem::remove(file_);
  std::filesystem::remove(Path(file_) += ".head");
  now_ += Seconds(1);
  Fill(4);
  EXPECT_EQ(CheckOf(), "");
  EXPECT_EQ(CheckOf(kept), "audit.checkpoint");
}

TEST_F(AuditLogTest, ALineThatAPowerCutToreIsCutOffAndThatIsRecorded) {
  Fill(2);
  const std::string good = Read();
  for (const std::string& torn :
       {std::string("{\"sequence\":3,\"ti"), std::string("{"), std::string(100, '\0')}) {
    std::filesystem::remove(Path(file_) += ".head");
    Write(good);
    ASSERT_TRUE(WriteAuditCheckpoint(file_, VerifyAuditLog(file_, AuditHead{0, {}})->head));
    Write(good + torn);
    EXPECT_NE(CheckOf(), "");
    ASSERT_TRUE(Open()) << error_.message;
    EXPECT_EQ(VerifyAuditLog(file_)->head.sequence, 3);
    EXPECT_NE(Read().find("\"event\":\"repaired\""), std::string::npos);
  }
}

TEST_F(AuditLogTest, AMissingCheckpointIsRefused) {
  Fill(1);
  std::filesystem::remove(Path(file_) += ".head");
  EXPECT_FALSE(Open());
  EXPECT_EQ(error_.check, "audit.head");
}

TEST_F(AuditLogTest, OpeningALongLogReadsItsTail) {
  for (int i = 0; i < 6; i++, now_ += Seconds(100)) Fill(1000);
  auto log = Open();
  ASSERT_TRUE(log) << error_.message;
  EXPECT_EQ(log->head().sequence, 6000);
  EXPECT_LT(log->RecentSignings("license").size(), 3000u);
  EXPECT_GT(log->RecentSignings("license").size(), 500u);
  EXPECT_EQ(log->RecentSignings("crl").size(), 0u);
  EXPECT_EQ(log->newest(), kNow + Seconds(500));
}

TEST_F(AuditLogTest, TheTailThatIsReadCoversTheLastMinute) {
  Fill(1);
  now_ += Seconds(1000);
  Fill(8000);
  ASSERT_GT(std::filesystem::file_size(file_), 2u << 20);
  auto log = Open();
  ASSERT_TRUE(log) << error_.message;
  EXPECT_GE(log->RecentSignings("license").size(), 4000u);
  EXPECT_EQ(log->RecentSignings("message").size(), 4000u);
}

TEST_F(AuditLogTest, AMissingOrEmptyLogIsNotBegunSilently) {
  const Clock clock = [this] { return now_; };
  EXPECT_EQ(AuditLog::Open(file_, clock).error().check, "audit.missing");
  EXPECT_FALSE(std::filesystem::exists(file_));
  Write("");
  EXPECT_EQ(AuditLog::Open(file_, clock).error().check, "audit.missing");
}

TEST_F(AuditLogTest, ALogThatIsThereIsNotCreated) {
  Fill(1);
  EXPECT_EQ(AuditLog::Create(file_, [this] { return now_; }).error().check, "audit.exists");
}

TEST_F(AuditLogTest, AnAcceptedClockMakesLaterTimesBeforeItCountNoMore) {
  now_ += Seconds(86400);
  Fill(2);
  now_ = kNow;
  EXPECT_TRUE(AcceptClock(file_, [this] { return now_; })->needed);
  auto log = Open();
  ASSERT_TRUE(log);
  EXPECT_EQ(log->newest(), kNow);
  EXPECT_EQ(log->RecentSignings("license").size(), 0u);
  EXPECT_EQ(CheckOf(), "");
}

TEST_F(AuditLogTest, ANewLogNamesTheCheckpointOfTheLostOne) {
  Fill(3);
  const AuditHead lost = VerifyAuditLog(file_)->head;
  const Clock clock = [this] { return now_; };
  EXPECT_EQ(RestartAuditLog(file_, clock).error().check, "audit.exists");
  std::filesystem::remove(file_);
  auto head = RestartAuditLog(file_, clock);
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(head->sequence, 1);
  EXPECT_NE(Read().find("\"lost\":\"" + FormatAuditHead(lost) + "\""), std::string::npos) << Read();
  EXPECT_EQ(CheckOf(), "");
  EXPECT_EQ(CheckOf(lost), "audit.checkpoint");
}

TEST_F(AuditLogTest, ADamagedCheckpointIsNotTakenAwayByARestart) {
  Fill(1);
  std::filesystem::remove(file_);
  const Path head = Path(file_) += ".head";
  std::ofstream(head) << "12:no checkpoint";
  const Clock clock = [this] { return now_; };
  EXPECT_EQ(RestartAuditLog(file_, clock).error().check, "audit.head");
  EXPECT_EQ(AsText(*ReadFile(head, 4096)), "12:no checkpoint");
  std::filesystem::rename(head, file_.parent_path() / "evidence");
  EXPECT_TRUE(RestartAuditLog(file_, clock));
  EXPECT_NE(Read().find("\"lost\":\"unknown\""), std::string::npos) << Read();
}

TEST_F(AuditLogTest, AClockThatIsNotBehindTheLogIsNothingToAccept) {
  Fill(2);
  const std::string before = Read();
  const auto accepted = AcceptClock(file_, [this] { return now_; });
  ASSERT_TRUE(accepted) << accepted.error().message;
  EXPECT_FALSE(accepted->needed);
  EXPECT_EQ(accepted->head, VerifyAuditLog(file_)->head);
  EXPECT_EQ(Read(), before);
}

TEST(AuditMembersTest, AreFoundBetweenMembersOnly) {
  AuditHead head;
  AuditEntry entry{"signing", {}};
  entry.members.Text("customer", ",\"serial\":\"00\"").Text("serial", "0a").Text("tail", "\\");
  const std::string line = FormatAuditRecord(head, kNow, entry);
  EXPECT_EQ(AuditMember(line, "serial"), "0a");
  EXPECT_EQ(AuditMember(line, "tail"), "\\\\");
  EXPECT_EQ(AuditMember(line, "nothing"), std::nullopt);
}

TEST_F(AuditLogTest, ManyThreadsShareFlushes) {
  auto log = Open();
  ASSERT_TRUE(log);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; t++)
      threads.emplace_back([&] {
        for (int i = 0; i < 20; i++) {
          EXPECT_TRUE(log->Append(AuditEntry{"signing", {}}));
          EXPECT_TRUE(log->Sync());
        }
      });
  }
  EXPECT_EQ(VerifyAuditLog(file_)->head.sequence, 160);
}

TEST_F(AuditLogTest, AFullDiskRefusesTheRecordAndLeavesTheLogWhole) {
  Fill(2);
  auto log = Open();
  ASSERT_TRUE(log);
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{Read().size() + 100, RLIM_INFINITY};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  auto appended = log->Append(AuditEntry{"signing", {}});
  const rlimit large{RLIM_INFINITY, RLIM_INFINITY};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &large), 0);
  ASSERT_FALSE(appended);
  EXPECT_EQ(appended.error().check, "audit.write");
  EXPECT_EQ(appended.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(VerifyAuditLog(file_)->head.sequence, 2);
  EXPECT_TRUE(log->Append(AuditEntry{"signing", {}}));
  EXPECT_TRUE(log->Sync());
  EXPECT_EQ(VerifyAuditLog(file_)->head.sequence, 3);
}

TEST_F(AuditLogTest, CheckpointsAreReadStrictly) {
  const AuditHead head{12, Sha256(AsBytes("x"))};
  EXPECT_EQ(*ParseAuditHead(FormatAuditHead(head)), head);
  for (const char* bad : {"", "12", "12:", ":", "-1:", "012:"}) EXPECT_FALSE(ParseAuditHead(bad)) << bad;
  EXPECT_FALSE(ParseAuditHead(FormatAuditHead(head) + " "));
  EXPECT_FALSE(ParseAuditHead("0" + FormatAuditHead(head)));
}

}  // namespace
}  // namespace holdfast::hsm
