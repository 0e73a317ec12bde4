// Hard meters from the request to the last unit: the agent's code on a (software) TPM, with a vendor who answers any request.
#include "agent/hard_meter.h"

#include <gtest/gtest.h>

#include "agent/activation.h"
#include "agent/heartbeat.h"
#include "agent/ledger/books.h"
#include "agent/return_license.h"
#include "protocol/byte_cursor.h"
#include "tests/activation/test_vendor.h"
#include "tests/testing/swtpm.h"

namespace holdfast {
namespace {

using testing::TestVendor;

class HardMeterInstallTest : public ::testing::Test {
 protected:
  std::string Request(bool make_new = false) { return Request(key, make_new); }
  std::string Request(const Secret& with, bool make_new) {
    auto made = MakeRequest(
        with, {.make_new = make_new, .agent_version = "1"}, {*tpm}, state, [this] { return books.Counter(); },
        Now());
    if (!made) throw std::runtime_error(made.error().check + ": " + made.error().message);
    return made->file;
  }
  // As the vendor puts it into the terms; nothing where the request has none.
  static std::optional<MeterPin> PinOf(const std::string& request) {
    const ActivationRequest read = ReadRequestFile(request).value();
    if (!read.evidence.meter) return std::nullopt;
    const tpm::Attest attest = tpm::ParseAttest(read.evidence.meter->attest).value();
    Reader value(std::get<tpm::NvCertifyInfo>(attest.attested).contents);
    return MeterPin{tpm::MeterCounterIndex(read.content.vendor, read.content.product_key_id),
                    static_cast<int64_t>(value.U64())};
  }
  LicenseTerms HardTerms(const std::optional<MeterPin>& pin, int64_t max = 5) const {
    LicenseTerms terms = vendor.Terms();
    terms.grants.limits["pages"] = {.kind = LimitKind::kMeter, .max = max, .hard = true};
    terms.meter = pin;
    return terms;
  }
  std::string CheckOfInstall(const std::string& answer) {
    const auto installed = Install(answer, {*tpm}, state, vendor.pki.Anchors(), Now());
    return installed ? "" : installed.error().check;
  }
  HardCount Count() {
    auto licenses = LoadLicenses(state, vendor.pki.Anchors()).value();
    ProveLicenses(licenses, {*tpm}, state);
    ReadHardMeters(licenses, *tpm);
    tpm->Release();
    return licenses.at(0).view.hard_count;
  }
  bool Use(int64_t amount) {
    const InstalledLicense installed = state.ReadLicense("editor").value();
    const auto licenses = LoadLicenses(state, vendor.pki.Anchors()).value();
    const auto meter = HardMeterOf(licenses.at(0).view.verified->terms);
    const auto use = tpm->UseMeter(std::get<KeySet>(installed.keys), meter->tpm, amount);
    return use && use->granted;
  }
  bool Return() {
    const auto returned =
        ReturnLicense({.agent_version = "1"}, {*tpm}, state, vendor.pki.Anchors(), Now(), books);
    if (!returned) ADD_FAILURE() << returned.error().check << ": " << returned.error().message;
    return returned.has_value();
  }
  int64_t Indexes() {
    tpm->Release();
    return std::stol(
        swtpm->Tools("tpm2_getcap handles-nv-index | grep -c -i -e '0x1a[8-f]' -e '0x1b[8-f]' || true")
            .output);
  }
  static Clock Now() {
    return [] { return testing::kPkiNow; };
  }

  TestVendor vendor;
  const Secret key = vendor.NewProductKey();
  testing::TempDir home;
  std::unique_ptr<testing::SwTpm> swtpm = testing::SwTpm::Start(home.path() / "tpm");
  StateDirectory state{home.path() / "state"};
  FileLock lock = *state.Lock();
  std::unique_ptr<Tpm> tpm = *Tpm::Open(swtpm->tcti());
  OwnedTime time{Now(), SystemUptime()};
  Books books{state, *tpm, time};
};

TEST_F(HardMeterInstallTest, IsChargedByTheAnswerAndUsedUp) {
  const std::string request = Request();
  const auto pin = PinOf(request);
  ASSERT_TRUE(pin) << "the request attests the counter";
  ASSERT_EQ(CheckOfInstall(vendor.Answer(request, HardTerms(pin), {})), "");
  EXPECT_EQ(Count().used, 0);
  EXPECT_TRUE(Use(3));
  EXPECT_EQ(Count().used, 3);
  EXPECT_FALSE(Use(3));
  EXPECT_TRUE(Use(2));
  EXPECT_FALSE(Use(1));
}

TEST_F(HardMeterInstallTest, TheSameAnswerInstalledAgainChargesNothing) {
  const std::string request = Request();
  const std::string answer = vendor.Answer(request, HardTerms(PinOf(request)), {});
  ASSERT_EQ(CheckOfInstall(answer), "");
  ASSERT_TRUE(Use(4));
  ASSERT_EQ(CheckOfInstall(answer), "");
  EXPECT_EQ(Count().used, 4);
}

TEST_F(HardMeterInstallTest, ANewActivationGoesOnWhereTheVendorLeavesThePin) {
  const std::string first = Request();
  const auto pin = PinOf(first);
  ASSERT_EQ(CheckOfInstall(vendor.Answer(first, HardTerms(pin), {})), "");
  ASSERT_TRUE(Use(4));
  const std::string second = Request(true);
  EXPECT_EQ(PinOf(second)->base, pin->base + 5) << "four units and the charge";
  ASSERT_EQ(CheckOfInstall(vendor.Answer(second, HardTerms(pin), {})), "");
  EXPECT_EQ(Count().used, 4);
}

TEST_F(HardMeterInstallTest, AnotherPinIsAnotherCharge) {
  const std::string first = Request();
  ASSERT_EQ(CheckOfInstall(vendor.Answer(first, HardTerms(PinOf(first)), {})), "");
  ASSERT_TRUE(Use(5));
  const std::string second = Request(true);
  ASSERT_EQ(CheckOfInstall(vendor.Answer(second, HardTerms(PinOf(second), 7), {})), "");
  EXPECT_EQ(Count().used, 0);
  EXPECT_TRUE(Use(7));
  EXPECT_FALSE(Use(1));
}

TEST_F(HardMeterInstallTest, ALicenseWithoutOneLeavesNoIndex) {
  const std::string request = Request();
  EXPECT_EQ(Indexes(), 2);
  ASSERT_EQ(CheckOfInstall(vendor.Answer(request)), "");
  EXPECT_EQ(Indexes(), 0);
}

TEST_F(HardMeterInstallTest, OfADroppedRequestLeavesNoIndex) {
  Request();
  Request(vendor.NewProductKey(), true);
  EXPECT_EQ(Indexes(), 2) << "the second one's";
}

TEST_F(HardMeterInstallTest, OfALicenseStaysWhateverRequestIsDropped) {
  const std::string request = Request();
  ASSERT_EQ(CheckOfInstall(vendor.Answer(request, HardTerms(PinOf(request)), {})), "");
  ASSERT_TRUE(Use(2));
  Request(true);
  Request(vendor.NewProductKey(), true);
  Request(vendor.NewProductKey(), true);
  EXPECT_EQ(Indexes(), 4) << "the license's, and the last one's";
  EXPECT_EQ(Count().used, 2);
}

// Until the vendor has the proof he pins the next activation to the same count.
TEST_F(HardMeterInstallTest, OfAReturnedLicenseStaysForWhoIsActivatedAnewBeforeTheProofIsAccepted) {
  const std::string request = Request();
  ASSERT_EQ(CheckOfInstall(vendor.Answer(request, HardTerms(PinOf(request)), {})), "");
  ASSERT_TRUE(Use(2));
  ASSERT_TRUE(Return());
  EXPECT_EQ(Indexes(), 2);
  const std::string next = Request();
  ASSERT_EQ(CheckOfInstall(vendor.Answer(next, HardTerms(PinOf(request)), {})), "");
  EXPECT_EQ(Count().used, 2);
}

TEST_F(HardMeterInstallTest, WhoseIndexWasDeletedIsLostAndTheRestStands) {
  const std::string request = Request();
  const auto pin = PinOf(request);
  ASSERT_EQ(CheckOfInstall(vendor.Answer(request, HardTerms(pin), {})), "");
  tpm->Release();
  const auto ran = swtpm->Tools("tpm2_nvundefine -C owner " + std::to_string(tpm::MeterIndex(pin->index)));
  ASSERT_EQ(ran.status, 0) << ran.output;
  const HardCount count = Count();
  EXPECT_TRUE(count.lost);
  EXPECT_FALSE(count.used);
  EXPECT_FALSE(Use(1));
  const std::string again = Request(true);
  EXPECT_EQ(CheckOfInstall(vendor.Answer(again, HardTerms(pin), {})), "") << "the license itself is good";
  EXPECT_TRUE(Count().lost) << "and the units are not there again";
}

TEST_F(HardMeterInstallTest, AHeartbeatTellsWhatTheTpmCounted) {
  const std::string request = Request();
  ASSERT_EQ(CheckOfInstall(vendor.Answer(request, HardTerms(PinOf(request)), {})), "");
  ASSERT_TRUE(Use(2));
  const auto made = MakeHeartbeat({.agent_version = "1"}, {*tpm}, state, vendor.pki.Anchors(), {time, books});
  ASSERT_TRUE(made) << made.error().message;
  const Heartbeat heartbeat = ReadHeartbeatFile(made->file).value();
  const std::vector<ReportedUsage> wanted{{"pages", MeterPeriod::kNever, Time{}, 2}};
  EXPECT_EQ(heartbeat.report.report.usage, wanted);
  ASSERT_TRUE(heartbeat.meter) << "and the TPM vouches for it";
  const tpm::Attest attest = tpm::ParseAttest(heartbeat.meter->attest).value();
  EXPECT_TRUE(Equal(attest.extra_data, HeartbeatQualifyingData(heartbeat.report.id)));
  EXPECT_EQ(std::get<tpm::NvCertifyInfo>(attest.attested).contents,
            Writer().U64(static_cast<uint64_t>(PinOf(request)->base) + 1 + 2).Take());
}

}  // namespace
}  // namespace holdfast
