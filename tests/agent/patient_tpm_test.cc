#include "agent/patient_tpm.h"

#include <gtest/gtest.h>

#include <future>

#include "tests/agent/no_tpm.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;

// Signs when it is let go; what it signs with is the digest.
class SlowTpm : public testing::NoTpm {
 public:
  SlowTpm(std::shared_future<void> go, std::promise<void>& released)
      : go_(std::move(go)), released_(released) {}
  Result<Bytes> Sign(const KeySet&, const Sha256Digest& digest) override {
    go_.wait();
    return ToBytes(ByteView(digest));
  }
  void Release() override {
    if (!std::exchange(said_, true)) released_.set_value();
  }

 private:
  const std::shared_future<void> go_;
  std::promise<void>& released_;
  bool said_ = false;
};

class PatientTpmTest : public ::testing::Test {
 protected:
  PatientTpm Over(std::chrono::seconds patience) {
    return {std::make_unique<SlowTpm>(go_.get_future().share(), released_), patience};
  }
  std::promise<void> go_, released_;
};

TEST_F(PatientTpmTest, AnswersAndErrorsPassThrough) {
  go_.set_value();
  PatientTpm tpm = Over(60s);
  EXPECT_EQ(tpm.Sign({}, Sha256Digest{7}).value(), ToBytes(ByteView(Sha256Digest{7})));
  EXPECT_EQ(tpm.CreateKeys(1).error().check, "tpm.open");
  EXPECT_EQ(tpm.OpenContentKey({}, {}).error().check, "tpm.open");
  EXPECT_FALSE(tpm.silent());
}

TEST_F(PatientTpmTest, ReleaseIsDoneWhenItReturns) {
  PatientTpm tpm = Over(60s);
  tpm.Release();
  EXPECT_EQ(released_.get_future().wait_for(0s), std::future_status::ready);
  go_.set_value();
}

TEST_F(PatientTpmTest, WhoWaitsIsToldAndWhoComesLaterIsToldAtOnce) {
  PatientTpm tpm = Over(1s);
  EXPECT_EQ(tpm.Sign({}, {}).error().check, "tpm.silent");
  EXPECT_TRUE(tpm.silent());
  EXPECT_EQ(tpm.Sign({}, {}).error().check, "tpm.busy");
  EXPECT_EQ(tpm.EkCertificates({}).error().check, "tpm.busy");
  tpm.Release();  // does not wait either
  go_.set_value();
}

TEST_F(PatientTpmTest, IsUsedAgainAndWasReleasedWhenItAnswersAfterAll) {
  PatientTpm tpm = Over(1s);
  EXPECT_EQ(tpm.Sign({}, {}).error().check, "tpm.silent");
  go_.set_value();
  released_.get_future().wait();
  Result<Bytes> answer;
  do answer = tpm.Sign({}, {});
  while (!answer);  // a slow machine may need more than a second
  EXPECT_FALSE(tpm.silent());
}

}  // namespace
}  // namespace holdfast
