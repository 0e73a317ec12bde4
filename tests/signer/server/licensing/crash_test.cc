// Whatever fails, wherever: the next try ends with one license and one activation.
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "tests/signer/server/licensing/faults.h"
#include "tests/signer/server/licensing/licensing_fixture.h"

namespace holdfast {
namespace {

class CrashTest : public LicensingTest {
 protected:
  void OpenFaulty() {
    faulty_store_ = std::make_unique<testing::FaultyStore>(*store_, faults_);
    faulty_signer_ = std::make_unique<testing::FaultySigner>(signer_, faults_);
    faulty_ = std::make_unique<Licensing>(*faulty_store_, *faulty_signer_, settings_, Now());
  }
  testing::FaultPoints faults_;
  std::unique_ptr<testing::FaultyStore> faulty_store_;
  std::unique_ptr<testing::FaultySigner> faulty_signer_;
  std::unique_ptr<Licensing> faulty_;
};

TEST_F(CrashTest, AnAnswerThatFailedAnywhereConverges) {
  int points = 0;
  for (;; ++points) {
    now_ += settings_.crl_refresh;  // so that every answer needs a new list, too
    SoftwareTpm tpm;
    Trust(tpm);
    OpenFaulty();
    const std::string file = RequestFor(tpm, Sell(1));
    faults_.FailAt(points);
    const auto crashed = faulty_->Answer("test", file);
    if (!faults_.hit()) break;
    ASSERT_FALSE(crashed) << points;
    const auto retried = Answer(file);
    ASSERT_TRUE(retried) << points << ": " << retried.error().check << " " << retried.error().message;
    EXPECT_EQ(ActivationsUsed(), 1) << points;
    EXPECT_EQ(store_->ListActivations(license_)->size(), 1u) << points;
    EXPECT_EQ(Answer(file)->activation.certificate, retried->activation.certificate) << points;
  }
  EXPECT_GT(points, 20) << "the sweep must have met every step";
  EXPECT_TRUE(store_->VerifyAudit());
}

TEST_F(CrashTest, ASupersedingAnswerThatFailedAnywhereConverges) {
  for (int point = 0;; ++point) {
    SoftwareTpm tpm;
    Trust(tpm);
    OpenFaulty();
    const ProductKey key = Sell(1);
    const auto first = Answer(RequestFor(tpm, key));
    ASSERT_TRUE(first);
    NewLicenseKey(tpm);
    const std::string file = RequestFor(tpm, key);
    faults_.FailAt(point);
    const auto answered = faulty_->Answer("test", file);
    ASSERT_EQ(answered.has_value(), !faults_.hit());
    const auto retried = Answer(file);
    ASSERT_TRUE(retried) << point << ": " << retried.error().check;
    EXPECT_EQ(ActivationsUsed(), 1);
    const Crl list = CurrentList();
    EXPECT_NE(list.Find(first->activation.serial), nullptr) << point;
    EXPECT_EQ(list.Find(retried->activation.serial), nullptr) << point;
    if (!faults_.hit()) break;
  }
}

TEST_F(CrashTest, ARotationBetweenReservingAndSigningConverges) {
  SoftwareTpm tpm;
  Trust(tpm);
  OpenFaulty();
  const std::string file = RequestFor(tpm, Sell(1));
  bool rotated = false;
  for (int point = 0; point < 200; ++point) {
    now_ += Seconds{1};
    faults_.FailAt(point);
    const auto crashed = faulty_->Answer("test", file);
    if (crashed) break;
    if (!rotated && store_->ListActivations(license_)->size() == 1) {
      signer_.Rotate();
      rotated = true;
    }
  }
  ASSERT_TRUE(rotated);
  EXPECT_EQ(ActivationsUsed(), 1);
  const auto again = Answer(file);
  EXPECT_TRUE(again) << again.error().check << ": " << again.error().message;
}

// Storing comes last, so of all failures only a lost answer of the store leaves a license: a whole one.
TEST_F(CrashTest, ASaleThatFailedAnywhereLeavesNoLicenseOrAWholeOne) {
  OpenFaulty();
  std::vector<size_t> left;  // by each failed sale
  for (int point = 0;; ++point) {
    const size_t licenses = store_->ListLicenses("")->size(), customers = store_->ListCustomers()->size(),
                 records = store_->ListAudit(0, 1000)->size();
    faults_.FailAt(point);
    const auto sold = faulty_->Sell("test", {"acme-cad", "standard", "Customer " + std::to_string(point), 1});
    const size_t added = store_->ListLicenses("")->size() - licenses;
    EXPECT_EQ(store_->ListCustomers()->size() - customers, added) << point;
    EXPECT_EQ(store_->ListAudit(0, 1000)->size() - records, added) << point;
    if (sold) {
      EXPECT_EQ(added, 1u);
      break;
    }
    left.push_back(added);
  }
  ASSERT_GE(left.size(), 8u) << "the sweep must have met every step";
  EXPECT_EQ(left.back(), 1u) << "the store's answer was lost";
  left.pop_back();
  EXPECT_EQ(left, std::vector<size_t>(left.size(), 0u));
  EXPECT_TRUE(store_->VerifyAudit());
}

TEST_F(CrashTest, ParallelAnswersNeverExceedTheLimit) {
  constexpr int kHosts = 6, kLimit = 2;
  const ProductKey key = Sell(kLimit);
  std::vector<std::string> files;
  SoftwareTpm first;
  Trust(first);
  for (int i = 0; i < kHosts; ++i) {
    SoftwareTpm tpm = SiblingOf(first);
    files.push_back(RequestFor(tpm, key));
  }
  std::atomic<int> answered{0}, denied{0};
  std::vector<std::thread> threads;
  for (const std::string& file : files)
    threads.emplace_back([&, this] {
      const auto store = SqliteStore::Open(directory_.path() / "store.db");  // as another process would
      ASSERT_TRUE(store) << store.error().message;
      Licensing licensing(**store, signer_, settings_, Now());
      for (int repeat = 0; repeat < 2; ++repeat) {
        const auto result = licensing.Answer("test", file);
        if (repeat > 0) continue;
        if (result) ++answered;
        if (!result && result.error().check == "store.activations") ++denied;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(answered, kLimit);
  EXPECT_EQ(denied, kHosts - kLimit);
  EXPECT_EQ(ActivationsUsed(), kLimit);
  EXPECT_TRUE(store_->VerifyAudit());
}

TEST_F(CrashTest, TheSameRequestInParallelIsOneActivation) {
  SoftwareTpm tpm;
  Trust(tpm);
  const std::string file = RequestFor(tpm, Sell(1));
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::set<Bytes> certificates;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, this] {
      const auto store = SqliteStore::Open(directory_.path() / "store.db");
      ASSERT_TRUE(store) << store.error().message;
      Licensing licensing(**store, signer_, settings_, Now());
      const auto result = licensing.Answer("test", file);
      ASSERT_TRUE(result) << result.error().message;
      const std::lock_guard lock(mutex);
      certificates.insert(result->activation.certificate);
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(certificates.size(), 1u);
  EXPECT_EQ(ActivationsUsed(), 1);
}

}  // namespace
}  // namespace holdfast
