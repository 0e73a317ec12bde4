// The same calls through tpm2-abrmd, and through it beside another client: what a machine with a resource manager
// has.
#include <stdlib.h>

#include "tests/agent/tpm/fixture.h"

namespace holdfast::testing {
namespace {

class BrokerTest : public TpmTest {
 protected:
  void SetUp() override {
    if (Shell("command -v tpm2-abrmd && command -v dbus-daemon").status) GTEST_SKIP() << "no tpm2-abrmd here";
    swtpm_ = SwTpm::Start(dir_.path() / "tpm");
    std::string socket = (swtpm_->dir() / "bus").string();
    std::ofstream(swtpm_->dir() / "bus.conf")
        << "<!DOCTYPE busconfig PUBLIC '-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN' "
           "'http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd'><busconfig><type>session</"
           "type><listen>unix:path="
        << socket
        << "</listen><policy context='default'><allow send_destination='*' eavesdrop='true'/><allow "
           "eavesdrop='true'/>"
           "<allow own='*'/></policy></busconfig>";
    setenv("DBUS_SESSION_BUS_ADDRESS", ("unix:path=" + socket).c_str(), 1);
    ShellResult up = swtpm_->Tools(
        "dbus-daemon --config-file=bus.conf --fork --print-pid > dbus.pid; "
        "setsid tpm2-abrmd --session --allow-root --flush-all --tcti=$TPM2TOOLS_TCTI > broker.log 2>&1 < "
        "/dev/null & "
        "echo $! > abrmd.pid; timeout 60 sh -c 'until tpm2_readclock -T tabrmd:bus_type=session; do sleep "
        "0.05; done' "
        "> up.txt 2>&1 || { cat broker.log; exit 1; }");
    ASSERT_EQ(up.status, 0) << up.output;
    tpm_ = Open("tabrmd:bus_type=session");
  }  // swtpm-down.sh, by these pid files, stops both
};

TEST_F(BrokerTest, ActivatesThroughTheBroker) {
  KeySet keys = Keys();
  EXPECT_EQ(CheckOf(tpm_->EkCertificates(keys)), "");
  EXPECT_EQ(CheckOf(tpm_->Attest(keys, Counter(), kQualifyingData)), "");
  EXPECT_EQ(CheckOf(tpm_->Sign(keys, kDigest)), "");
}

TEST_F(BrokerTest, OtherClientsWorkMeanwhile) {
  KeySet keys = Keys();
  ShellResult other = Shell("TPM2TOOLS_TCTI=tabrmd:bus_type=session tpm2_getrandom --hex 8");
  EXPECT_EQ(other.status, 0) << other.output;
  auto second = Open("tabrmd:bus_type=session");
  EXPECT_TRUE(Signs(*second, keys));
  EXPECT_TRUE(Signs(*tpm_, keys));
}

TEST_F(BrokerTest, ErrorsOfTheTpmKeepTheirMeaning) {
  KeySet keys = Keys();
  ShellResult retired =
      Shell("TPM2TOOLS_TCTI=tabrmd:bus_type=session tpm2_nvincrement 0x1912345 -C 0x1912345");
  ASSERT_EQ(retired.status, 0) << retired.output;
  EXPECT_EQ(CheckOf(tpm_->Sign(keys, kDigest)), "tpm.gate");
}

}  // namespace
}  // namespace holdfast::testing
