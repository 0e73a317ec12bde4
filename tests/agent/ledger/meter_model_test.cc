// What a customer can get out of a meter with any order of uses, kills, clean stops, restored and deleted files and counters, TPM faults
// and clocks that are set: never more than the license grants.
#include <gtest/gtest.h>

#include <random>

#include "agent/api/service.h"
#include "tests/agent/enforcement/views.h"
#include "tests/testing/played_anchor.h"
#include "tests/testing/temp_dir.h"

namespace holdfast {
namespace {

using testing::PlayedAnchor;

constexpr int64_t kMax = 40;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint32_t kSequences = 50;  // an allocation costs them a walk over the stack
#else
constexpr uint32_t kSequences = 1000;
#endif

class World {
 public:
  // Not `defended`: what is found of the ledger is not looked at, to see that this test would.
  World(uint32_t seed, MeterPeriod period, bool defended)
      : random_(seed), period_(period), defended_(defended), state_(home_.path() / "state") {
    if (!state_.Lock()) throw std::runtime_error("no state directory");
    LicenseTerms& terms = view_.verified->terms;
    terms.assurance = AssuranceClass::kHwTpm;
    terms.expires.reset();
    terms.grants.limits["pages"] = {.kind = LimitKind::kMeter, .max = kMax, .period = period};
    // As an activation does it: the ledger is there, and the license pinned to it.
    run_ = std::make_unique<Run>(*this);
    if (!run_->books.Keep(true)) throw std::runtime_error("no ledger");
    terms.ledger = LedgerPin{tpm::kLedgerCounterIndex, static_cast<int64_t>(*anchor_.counter)};
    peace_ = 1 + Pick(16);
    Start();
  }
  void Step() {
    const int choice = Pick(20);
    if (choice == 0) return run_.reset();  // killed
    if (choice == 1) return Stop();
    if (choice == 2) return Pick(peace_) == 0 ? Restore() : Start();
    if (choice == 3) return Pick(peace_) == 0 ? Delete() : Start();
    if (choice == 4) anchor_.fault = static_cast<PlayedAnchor::Fault>(Pick(3));
    if (choice == 5) wall_ += Seconds((Pick(200) - 100) * 86400);
    if (choice == 6) uptime_ += std::chrono::hours(Pick(24 * 20)), wall_ += std::chrono::hours(Pick(24 * 20));
    if (choice < 7) return;
    if (choice < 10) return Start();
    Consume(1 + Pick(3));
  }
  bool over_granted() const {
    return std::any_of(granted_.begin(), granted_.end(),
                       [](const auto& entry) { return entry.second > kMax; });
  }
  bool came_to_limit() const { return came_to_limit_; }

 private:
  struct Run {
    OwnedTime time;
    Books books;
    api::Service service;
    explicit Run(World& world)
        : time([&world] { return world.wall_; }, [&world] { return world.uptime_; }),
          books(world.state_, world.anchor_, time),
          service(time, "") {
      time.SeeSigned(kMidway);
    }
  };
  int Pick(int below) { return static_cast<int>(random_() % static_cast<uint32_t>(below)); }
  void Start() {
    run_ = std::make_unique<Run>(*this);
    (void)run_->books.Keep(true);
    KeepAside();
    Publish();
  }
  void Publish() {
    std::vector<LicenseView> views{view_};
    if (defended_) run_->books.Judge(views);
    if (const auto* meters = run_->books.meters()) run_->service.LoadMeters(*meters, run_->books.ended());
    run_->service.SetLicenses(std::move(views));
  }
  void Stop() {
    if (!run_) return;
    (void)run_->books.Close(run_->service.UsedOfMeters());
    run_.reset();
    KeepAside();
  }
  void KeepAside() {
    if (auto file = state_.ReadLedger()) files_.push_back(std::move(*file));
  }
  void Restore() {
    run_.reset();
    (void)state_.WriteLedger(files_[static_cast<size_t>(Pick(static_cast<int>(files_.size())))]);
  }
  void Delete() {
    run_.reset();
    if (Pick(2) == 0) (void)RemoveFile(state_.LedgerPath());
    if (Pick(2) == 0) anchor_.counter.reset();
  }
  void Consume(int64_t amount) {
    if (!run_) return;
    for (;;) {
      const Time period = PeriodBegin(period_, run_->time.Read().floor);
      const auto outcome = run_->service.Consume({"pages", "", amount});
      if (const auto* answer = std::get_if<Json>(&outcome)) {
        if (answer->value("allowed", false)) granted_[period] += amount;
        if (answer->dump().find("limit_reached") != std::string::npos) came_to_limit_ = true;
        return;
      }
      const auto& batch = std::get<api::NextBatch>(outcome);
      const bool reserved = run_->books.Reserve(batch.record).has_value();
      KeepAside();
      if (!reserved) return;
      run_->service.Add(batch);
    }
  }

  std::mt19937 random_;
  int peace_ = 1;  // one in so many chances to tamper is taken: who always tampers never comes to the limit
  const MeterPeriod period_;
  const bool defended_;
  testing::TempDir home_ = testing::TempDir::InMemory();
  const StateDirectory state_;
  PlayedAnchor anchor_;
  Time wall_ = kMidway;
  Milliseconds uptime_{1000};
  LicenseView view_ = GoodView();
  std::unique_ptr<Run> run_;
  std::vector<Bytes> files_;  // whatever was on the disk at any time
  std::map<Time, int64_t> granted_;
  bool came_to_limit_ = false;
};

struct Outcome {
  int over_granted = 0;
  int used_up = 0;  // sequences that came to the limit: else nothing is shown
};
Outcome Play(MeterPeriod period, bool defended, uint32_t sequences) {
  Outcome outcome;
  for (uint32_t seed = 1; seed <= sequences; seed++) {
    World world(seed, period, defended);
    for (int step = 0; step < 120; step++) world.Step();
    if (world.over_granted()) outcome.over_granted++;
    if (world.came_to_limit()) outcome.used_up++;
  }
  return outcome;
}

TEST(MeterModel, NoSequenceGrantsMoreThanTheLimit) {
  const Outcome outcome = Play(MeterPeriod::kNever, true, kSequences);
  EXPECT_EQ(outcome.over_granted, 0);
  EXPECT_GT(outcome.used_up, 0);
}

TEST(MeterModel, NoSequenceGrantsMoreThanTheLimitOfAMonth) {
  const Outcome outcome = Play(MeterPeriod::kMonth, true, kSequences);
  EXPECT_EQ(outcome.over_granted, 0);
  EXPECT_GT(outcome.used_up, 0);
}

TEST(MeterModel, WithoutTheLedgersFindingsItWould) {
  EXPECT_GT(Play(MeterPeriod::kNever, false, 100).over_granted, 0);
}

}  // namespace
}  // namespace holdfast
