// The ledger's key and counter on a real (software) TPM: what comes back, what an administrator or a fault does to it.
#include "agent/tpm/sealed_key.h"
#include "protocol/crypto/random.h"
#include "tests/agent/tpm/fixture.h"

namespace holdfast {
namespace {

using namespace testing;

class LedgerAnchorTest : public TpmTest {
 protected:
  void SetUp() override {
    TpmTest::SetUp();
    counter_.auth = Secret(RandomBytes(kCounterAuthSize));
    key_ = Secret(RandomBytes(kSealedKeySize));
  }
  // The first value of a counter that was just made, and the key sealed.
  uint64_t Make() {
    auto sealed = tpm_->Seal(key_);
    if (!sealed) ADD_FAILURE() << sealed.error().message;
    if (sealed) sealed_ = *sealed;
    auto value = tpm_->CreateCounter(counter_);
    if (!value) ADD_FAILURE() << value.error().message;
    return value.value_or(0);
  }
  uint64_t CounterNow() {
    auto reading = tpm_->Read(sealed_, counter_);
    if (!reading) ADD_FAILURE() << reading.error().message;
    return reading ? reading->counter.value_or(0) : 0;
  }

  LedgerCounter counter_;
  Secret key_;
  SealedKey sealed_;
};

TEST_F(LedgerAnchorTest, TheKeyComesBackWithTheCounterAndTheClock) {
  const uint64_t first = Make();
  const auto reading = tpm_->Read(sealed_, counter_);
  ASSERT_TRUE(reading) << reading.error().message;
  EXPECT_TRUE(reading->key.Equals(key_));
  EXPECT_EQ(reading->counter, first);
  EXPECT_GT(reading->clock.clock_ms, 0U);
}

TEST_F(LedgerAnchorTest, TheKeyComesBackAfterAReboot) {
  Make();
  tpm_->Release();
  swtpm_->Reboot();
  const auto reading = tpm_->Read(sealed_, counter_);
  ASSERT_TRUE(reading) << reading.error().message;
  EXPECT_TRUE(reading->key.Equals(key_));
}

TEST_F(LedgerAnchorTest, AnotherTpmDoesNotGiveTheKey) {
  Make();
  const auto other = SwTpm::Start(dir_.path() / "other", {.identity = "b"});
  EXPECT_EQ(CheckOf(Open(other->tcti())->Read(sealed_, counter_)), "tpm.cleared");
}

TEST_F(LedgerAnchorTest, AClearedTpmDoesNotGiveTheKey) {
  Make();
  Administer("tpm2_clear -c platform");
  EXPECT_EQ(CheckOf(tpm_->Read(sealed_, counter_)), "tpm.cleared");
}

TEST_F(LedgerAnchorTest, EveryBitOfThePublicAreaThatIsFlippedIsRefused) {
  Make();
  for (size_t bit = 0; bit < sealed_.public_area.size() * 8; bit++) {
    SealedKey flipped = sealed_;
    flipped.public_area[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    ASSERT_EQ(CheckOf(tpm_->Read(flipped, counter_)), "tpm.cleared") << bit;
  }
}

TEST_F(LedgerAnchorTest, AdvanceIncrementsOnce) {
  const uint64_t first = Make();
  ASSERT_TRUE(tpm_->Advance(counter_, first + 1));
  EXPECT_EQ(CounterNow(), first + 1);
  EXPECT_EQ(CheckOf(tpm_->Advance(counter_, first + 1)), "tpm.counter") << "it is there already: by whom?";
  EXPECT_EQ(CounterNow(), first + 1);
}

TEST_F(LedgerAnchorTest, AdvanceRefusesACounterThatIsAnywhereElse) {
  const uint64_t first = Make();
  EXPECT_EQ(CheckOf(tpm_->Advance(counter_, first + 2)), "tpm.counter");
  ASSERT_TRUE(tpm_->Advance(counter_, first + 1));
  EXPECT_EQ(CheckOf(tpm_->Advance(counter_, first)), "tpm.counter");
  EXPECT_EQ(CounterNow(), first + 1);
}

TEST_F(LedgerAnchorTest, WhoDoesNotHaveTheAuthValueCannotIncrement) {
  const uint64_t first = Make();
  tpm_->Release();
  EXPECT_NE(swtpm_->Tools("tpm2_nvincrement -C 0x01a00000 0x01a00000").status, 0);
  EXPECT_EQ(CounterNow(), first);
}

TEST_F(LedgerAnchorTest, ADeletedCounterIsNamed) {
  Make();
  Administer("tpm2_nvundefine -C owner 0x01a00000");
  const auto reading = tpm_->Read(sealed_, counter_);
  ASSERT_TRUE(reading) << reading.error().message;
  EXPECT_EQ(reading->counter, std::nullopt);
  EXPECT_TRUE(reading->key.Equals(key_));
  EXPECT_EQ(*tpm_->HasCounter(counter_.index), false);
}

TEST_F(LedgerAnchorTest, ACounterMadeAnewByTheAdministratorIsNamed) {
  const uint64_t first = Make();
  Administer(
      "tpm2_nvundefine -C owner 0x01a00000; tpm2_nvdefine 0x01a00000 -C owner -a "
      "'nt=counter|ownerread|authread|authwrite|no_da' -p ''; tpm2_nvincrement -C 0x01a00000 0x01a00000");
  const auto reading = tpm_->Read(sealed_, counter_);
  ASSERT_TRUE(reading) << reading.error().message;
  EXPECT_EQ(reading->counter, std::nullopt);
  EXPECT_EQ(CheckOf(tpm_->Advance(counter_, first + 1)), "tpm.counter");
}

TEST_F(LedgerAnchorTest, ACounterMadeAnewBeginsAboveTheOneBefore) {
  const uint64_t first = Make();
  ASSERT_TRUE(tpm_->Advance(counter_, first + 1));
  const auto second = tpm_->CreateCounter(counter_);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_GT(*second, first + 1);
}

TEST_F(LedgerAnchorTest, AnotherProgramsIndexStays) {
  Administer("tpm2_nvdefine 0x01a00000 -C owner -s 8 -a 'ownerread|ownerwrite|authread'");
  EXPECT_EQ(CheckOf(tpm_->CreateCounter(counter_)), "tpm.nv_conflict");
  Administer("tpm2_nvreadpublic 0x01a00000");
}

// The TPM's clock goes on through a clean restart and shows it.
TEST_F(LedgerAnchorTest, TheClockGoesOnThroughAReboot) {
  const auto before = tpm_->ReadClock();
  ASSERT_TRUE(before);
  tpm_->Release();
  swtpm_->Reboot();
  const auto after = tpm_->ReadClock();
  ASSERT_TRUE(after);
  EXPECT_EQ(after->reset_count, before->reset_count + 1);
  EXPECT_GE(after->clock_ms, before->clock_ms);
}

TEST_F(LedgerAnchorTest, TheKeyIsNeverOnTheBusInClear) {
  const auto loud = SwTpm::Start(dir_.path() / "loud", {.identity = "a", .log_bus = true});
  const auto tpm = Open(loud->tcti());
  const auto sealed = tpm->Seal(key_);
  ASSERT_TRUE(sealed) << sealed.error().message;
  ASSERT_TRUE(tpm->CreateCounter(counter_));
  ASSERT_TRUE(tpm->Read(*sealed, counter_));
  tpm->Release();
  std::string seen;
  const Bytes log = ReadFile(loud->bus_log());
  for (const char c : AsText(log))
    if (isxdigit(static_cast<unsigned char>(c))) seen += static_cast<char>(tolower(c));
  ASSERT_NE(seen.find(HexEncode(sealed->public_area)),
            std::string::npos);  // the log holds what crosses the bus
  EXPECT_EQ(seen.find(HexEncode(key_.Reveal())), std::string::npos);
}

}  // namespace
}  // namespace holdfast
