// Hard meters: what the TPM counts it counts once, whatever is done to the indexes by somebody with all passwords.
#include <optional>

#include "tests/agent/tpm/fixture.h"
#include "tests/testing/fault_proxy.h"

namespace holdfast::testing {
namespace {

constexpr uint32_t kCounter = 0x01a84711, kPin = 0x01b84711;

class HardMeterTest : public TpmTest {
 protected:
  void SetUp() override {
    TpmTest::SetUp();
    keys_ = Keys();
    const auto prepared = tpm_->PrepareMeter(kCounter);
    ASSERT_TRUE(prepared) << prepared.error().message;
    ASSERT_TRUE(prepared->has_value());
    meter_ = {kCounter, **prepared, 3};
  }
  void Charge() {
    const Status charged = tpm_->ChargeMeter(meter_);
    ASSERT_TRUE(charged) << charged.error().message;
  }
  // How many units are used; -1 when that is not known.
  int64_t Used() {
    const auto used = tpm_->MeterUsed(keys_, meter_);
    return used ? *used : -1;
  }
  bool Use(int64_t amount) {
    const auto use = tpm_->UseMeter(keys_, meter_, amount);
    return use && use->granted;
  }
  bool Succeeds(const std::string& commands) {
    tpm_->Release();
    return swtpm_->Tools(commands).status == 0;
  }
  // What tpm2-tools take: the base, the meter's policy, and contents of the meter.
  void WriteFiles() {
    WriteFile(swtpm_->dir() / "base", Writer().U64(meter_.base).bytes());
    WriteFile(swtpm_->dir() / "policy", tpm::MeterPublic(kCounter, meter_.base).auth_policy);
    WriteFile(swtpm_->dir() / "full", Writer().U32(0).U32(meter_.max).bytes());
  }
  // A session that may write the meter, as long as the counter is at the base.
  static std::string Authorised(const std::string& session) {
    return "tpm2_startauthsession -Q --policy-session -S " + session + "; tpm2_policynv -Q -S " + session +
           " -C " + Hex(kCounter) + " -i base " + Hex(kCounter) + " eq; ";
  }
  static std::string WriteWith(const std::string& session) {
    return "tpm2_nvwrite " + Hex(kPin) + " -C " + Hex(kPin) + " -P session:" + session + " -i full; ";
  }
  static std::string Define() {
    return "tpm2_nvdefine -Q " + Hex(kPin) +
           " -C owner -s 8 -L policy -a 'nt=pinpass|policywrite|ownerread|no_da'; ";
  }
  // A unit is counted by who is no agent.
  static std::string CountOne() {
    return "tpm2_startauthsession -Q --policy-session -S p.ctx; tpm2_policysecret -Q -S p.ctx -c " +
           Hex(kPin) + " || { tpm2_flushcontext p.ctx; exit 1; }; tpm2_flushcontext p.ctx; ";
  }
  static std::string Hex(uint32_t index) { return "0x" + HexEncode(Writer().U32(index).bytes()); }

  KeySet keys_;
  HardMeter meter_;
};

TEST_F(HardMeterTest, CountsToItsLimitAndStops) {
  Charge();
  EXPECT_EQ(Used(), 0);
  EXPECT_TRUE(Use(2));
  EXPECT_EQ(Used(), 2);
  EXPECT_FALSE(Use(2));
  EXPECT_EQ(Used(), 2) << "what is not granted uses nothing";
  EXPECT_TRUE(Use(1));
  EXPECT_FALSE(Use(1));
  EXPECT_EQ(Used(), 3);
}

TEST_F(HardMeterTest, TheTpmItselfRefusesFurtherUnits) {
  Charge();
  for (int i = 0; i < 3; i++) EXPECT_TRUE(Succeeds(CountOne())) << i;
  EXPECT_FALSE(Succeeds(CountOne()));
  EXPECT_EQ(Used(), 3);
  EXPECT_FALSE(Use(1));
}

TEST_F(HardMeterTest, StandsThroughARestartAndAPowerCut) {
  Charge();
  ASSERT_TRUE(Use(1));
  tpm_->Release();
  swtpm_->Reboot();
  EXPECT_EQ(Used(), 1);
  tpm_->Release();
  swtpm_->PowerCut();
  EXPECT_EQ(Used(), 1);
  EXPECT_TRUE(Use(2));
}

TEST_F(HardMeterTest, IsChargedOnce) {
  Charge();
  ASSERT_TRUE(Use(2));
  Charge();
  EXPECT_EQ(Used(), 2);
}

TEST_F(HardMeterTest, AChargeThatWasInterruptedIsCompleted) {
  WriteFiles();
  ASSERT_TRUE(Succeeds(Authorised("s.ctx") + WriteWith("s.ctx")));
  EXPECT_EQ(CheckOf(tpm_->MeterUsed(keys_, meter_)), "tpm.meter")
      << "before the counter moves nothing counts";
  Charge();
  EXPECT_EQ(Used(), 0);
}

TEST_F(HardMeterTest, BeforeItIsChargedThereIsNoUnit) {
  EXPECT_EQ(CheckOf(tpm_->MeterUsed(keys_, meter_)), "tpm.meter");
  EXPECT_EQ(CheckOf(tpm_->UseMeter(keys_, meter_, 1)), "tpm.meter");
}

TEST_F(HardMeterTest, DeletedAndMadeAnewItIsLost) {
  Charge();
  ASSERT_TRUE(Use(2));
  WriteFiles();
  ASSERT_TRUE(Succeeds("tpm2_nvundefine -C owner " + Hex(kPin)));
  EXPECT_EQ(CheckOf(tpm_->MeterUsed(keys_, meter_)), "tpm.meter");
  ASSERT_TRUE(Succeeds(Define()));
  EXPECT_EQ(CheckOf(tpm_->MeterUsed(keys_, meter_)), "tpm.meter");
  EXPECT_FALSE(Succeeds(Authorised("s.ctx") + WriteWith("s.ctx"))) << "the counter has moved";
  Charge();
  EXPECT_EQ(CheckOf(tpm_->UseMeter(keys_, meter_, 1)), "tpm.meter");
}

// A session that was authorised in time writes the meter again: the TPM's own count begins anew, the counter's does not.
TEST_F(HardMeterTest, WrittenAgainByASessionThatWasKeptItGainsNothing) {
  WriteFiles();
  ASSERT_TRUE(Succeeds(Authorised("kept.ctx") + Authorised("second.ctx")));
  Charge();
  ASSERT_TRUE(Use(2));
  ASSERT_TRUE(Succeeds(WriteWith("kept.ctx"))) << "else this test has nothing to say";
  EXPECT_EQ(Used(), 2);
  EXPECT_FALSE(Use(2));
  EXPECT_TRUE(Use(1));
  ASSERT_TRUE(Succeeds("tpm2_nvundefine -C owner " + Hex(kPin) + "; " + Define() + WriteWith("second.ctx")));
  EXPECT_EQ(Used(), 3);
  EXPECT_FALSE(Use(1));
}

// Two agents that read the meter before either counts. Between them root writes it again, as above: the TPM knows of no unit then.
TEST_F(HardMeterTest, AgentsThatCountBesideEachOtherGetNoMoreThanTheLimit) {
  Charge();
  tpm_->Release();
  const FaultProxy proxy(*swtpm_, "cc=0x151:at=1:rc=0x920");  // PolicySecret, with which counting begins
  int meanwhile = 0;
  const std::string counted = "tpm2_nvincrement -C " + Hex(kCounter) + " " + Hex(kCounter) + "; ";
  const auto counts_later = *Tpm::Open(proxy.tcti(), {.sleep = [&](std::chrono::milliseconds) {
                                         if (meanwhile++ > 0) return;
                                         const ShellResult ran = swtpm_->Tools(counted + counted);
                                         EXPECT_EQ(ran.status, 0) << ran.output;
                                       }});
  const auto use = counts_later->UseMeter(keys_, meter_, 2);
  ASSERT_TRUE(use) << use.error().message;
  EXPECT_EQ(meanwhile, 1) << "else this test has nothing to say";
  EXPECT_FALSE(use->granted);
  EXPECT_EQ(use->used, 3);
  counts_later->Release();
  EXPECT_EQ(Used(), 3);
}

TEST_F(HardMeterTest, WithACounterThatWasDeletedItIsUsedUpOrLost) {
  Charge();
  ASSERT_TRUE(Use(1));
  ASSERT_TRUE(Succeeds("tpm2_nvundefine -C owner " + Hex(kCounter)));
  EXPECT_EQ(CheckOf(tpm_->MeterUsed(keys_, meter_)), "tpm.meter");
  ASSERT_TRUE(Succeeds("tpm2_nvdefine -Q -C owner -s 8 -a 'ownerread|authread|authwrite|no_da|nt=counter' " +
                       Hex(kCounter) + "; tpm2_nvincrement " + Hex(kCounter)));
  EXPECT_GE(Used(), 2) << "a counter begins above every value that it had";
}

TEST_F(HardMeterTest, IsWrittenByNobodyElse) {
  Charge();
  WriteFiles();
  EXPECT_FALSE(Succeeds("tpm2_nvwrite " + Hex(kPin) + " -C owner -i full"));
  EXPECT_FALSE(Succeeds("tpm2_nvwrite " + Hex(kPin) + " -C " + Hex(kPin) + " -i full"));
  EXPECT_EQ(Used(), 0) << "and a wrong authorisation counts no unit";
}

TEST_F(HardMeterTest, ChargedWithAnotherLimitItIsLost) {
  const HardMeter more{kCounter, meter_.base, 1000};
  ASSERT_TRUE(tpm_->ChargeMeter(more));
  EXPECT_EQ(CheckOf(tpm_->MeterUsed(keys_, meter_)), "tpm.meter");
  EXPECT_TRUE(tpm_->MeterUsed(keys_, more)) << "control";
}

// The two writes of a unit, one of them done.
TEST_F(HardMeterTest, KilledWhileItCountsItHasTheUnitAsUsed) {
  Charge();
  ASSERT_TRUE(Succeeds(CountOne()));
  EXPECT_EQ(Used(), 1);
  ASSERT_TRUE(Use(1));
  EXPECT_EQ(Used(), 2);
  ASSERT_TRUE(Use(1));
  EXPECT_FALSE(Use(1));
}

TEST_F(HardMeterTest, OfAnotherLicenseOrTpmItIsNotThisOne) {
  Charge();
  const HardMeter other{kCounter + 1, meter_.base, 3};
  EXPECT_EQ(CheckOf(tpm_->MeterUsed(keys_, other)), "tpm.meter");
  HardMeter earlier = meter_;
  earlier.base--;
  EXPECT_EQ(CheckOf(tpm_->MeterUsed(keys_, earlier)), "tpm.meter");
  const auto clone = SwTpm::Start(dir_.path() / "other", {.identity = "b"});
  const auto there = Open(clone->tcti());
  EXPECT_NE(CheckOf(there->UseMeter(keys_, meter_, 1)), "");
  EXPECT_EQ(Used(), 0);
}

TEST_F(HardMeterTest, IsChargedAnewWhereTheVendorSaysSo) {
  Charge();
  ASSERT_TRUE(Use(3));
  const auto now = tpm_->PrepareMeter(kCounter);
  ASSERT_TRUE(now && *now);
  EXPECT_EQ(**now, meter_.base + 4);
  const HardMeter before = meter_;
  meter_ = {kCounter, **now, 5};
  Charge();
  EXPECT_EQ(Used(), 0);
  EXPECT_TRUE(Use(5));
  EXPECT_FALSE(Use(1));
  EXPECT_EQ(CheckOf(tpm_->MeterUsed(keys_, before)), "tpm.meter");
}

TEST_F(HardMeterTest, ItsCounterIsAttested) {
  const auto attest = tpm_->AttestMeter(keys_, kCounter, kQualifyingData);
  ASSERT_TRUE(attest) << attest.error().message;
  const tpm::Attest parsed = *tpm::ParseAttest(attest->attest);
  EXPECT_TRUE(Equal(parsed.extra_data, kQualifyingData));
  const auto& nv = std::get<tpm::NvCertifyInfo>(parsed.attested);
  EXPECT_EQ(nv.index_name, tpm::NameOf(tpm::GatePublic(kCounter)));
  EXPECT_EQ(nv.contents, Writer().U64(meter_.base).Take());
  EXPECT_EQ(CheckOf(tpm_->AttestMeter(keys_, kCounter + 1, kQualifyingData)), "tpm.meter");
}

TEST_F(HardMeterTest, PreparedAgainItIsAsItWas) {
  EXPECT_EQ(tpm_->PrepareMeter(kCounter)->value(), meter_.base);
  Charge();
  ASSERT_TRUE(Use(1));
  EXPECT_EQ(tpm_->PrepareMeter(kCounter)->value(), meter_.base + 2);
  EXPECT_EQ(Used(), 1);
}

TEST_F(HardMeterTest, DroppedItLeavesNothing) {
  ASSERT_TRUE(tpm_->DropMeter(kCounter));
  EXPECT_FALSE(Succeeds("tpm2_nvreadpublic " + Hex(kPin)));
  EXPECT_FALSE(Succeeds("tpm2_nvreadpublic " + Hex(kCounter)));
  EXPECT_TRUE(tpm_->DropMeter(kCounter)) << "where there is none";
}

TEST_F(HardMeterTest, AnotherProgramsIndexStaysAndThereIsNone) {
  ASSERT_TRUE(tpm_->DropMeter(kCounter));
  Administer("tpm2_nvdefine -Q -C owner -s 8 -a 'ownerread|ownerwrite' " + Hex(kPin));
  const auto prepared = tpm_->PrepareMeter(kCounter);
  ASSERT_TRUE(prepared) << prepared.error().message;
  EXPECT_FALSE(*prepared);
  EXPECT_TRUE(Succeeds("tpm2_nvreadpublic " + Hex(kPin)));
  EXPECT_FALSE(Succeeds("tpm2_nvreadpublic " + Hex(kCounter))) << "takes nobody's space";
}

TEST_F(HardMeterTest, WithoutSpaceThereIsNone) {
  ASSERT_TRUE(tpm_->DropMeter(kCounter));
  tpm_->Release();
  const ShellResult filled = swtpm_->Tools(
      "for i in $(seq 256 455); do tpm2_nvdefine -Q -C owner -s 2000 -a 'ownerread|ownerwrite' 0x1800$i || "
      "break; done; "
      "for i in $(seq 500 999); do tpm2_nvdefine -Q -C owner -s 8 -a "
      "'ownerread|authread|authwrite|no_da|nt=counter' 0x1800$i || exit 0; done; exit 1");
  ASSERT_EQ(filled.status, 0) << filled.output;
  const auto prepared = tpm_->PrepareMeter(kCounter);
  ASSERT_TRUE(prepared) << prepared.error().message;
  EXPECT_FALSE(*prepared);
}

}  // namespace
}  // namespace holdfast::testing
