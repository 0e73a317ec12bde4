#include "agent/host/fact_text.h"

#include <gtest/gtest.h>

namespace holdfast::host {
namespace {

TEST(FactTextTest, OneLineLosesItsEndAndNothingElse) {
  EXPECT_EQ(OneLine("a b\n"), "a b");
  EXPECT_EQ(OneLine(std::string_view("10000000abcd\0", 13)), "10000000abcd")
      << "device trees end with a zero";
  EXPECT_EQ(OneLine("a\nb\n"), "") << "two lines";
  EXPECT_EQ(OneLine("\x1b[2J"), "");
  EXPECT_EQ(OneLine("\xff\xfe"), "") << "no UTF-8";
  EXPECT_EQ(OneLine(std::string(256, 'x')).size(), 256u);
  EXPECT_EQ(OneLine(std::string(257, 'x')), "");
  EXPECT_EQ(OneLine(""), "");
}
TEST(FactTextTest, UdevPropertiesAreWholeLines) {
  const char* entry = "S:disk/by-id/x\nE:ID_SERIAL_SHORT=1\nE:ID_SERIAL=QEMU_QM00001\nG:systemd\n";
  EXPECT_EQ(UdevProperty(entry, "ID_SERIAL"), "QEMU_QM00001");
  EXPECT_EQ(UdevProperty(entry, "ID_FS_UUID"), "");
  EXPECT_EQ(UdevProperty("XE:ID_SERIAL=1\n E:ID_SERIAL=2", "ID_SERIAL"), "");
  EXPECT_EQ(UdevProperty("E:ID_SERIAL=no end of line", "ID_SERIAL"), "no end of line");
}
TEST(FactTextTest, MacAddressesHaveOneSpelling) {
  EXPECT_EQ(MacAddress("52:54:00:AB:cd:ef\n"), "525400abcdef");
  EXPECT_EQ(MacAddress("525400abcdef"), "525400abcdef");
  for (const char* bad : {"", "00:00:00:00:00:00", "52:54:00:ab:cd", "52:54:00:ab:cd:eg",
                          "80:00:02:08:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:00:01"})
    EXPECT_EQ(MacAddress(bad), "") << bad;
}
TEST(FactTextTest, TheRootMountIsTheLastAtSlash) {
  const RootMount mount = FindRootMount(
      "22 1 0:2 / / rw - rootfs rootfs rw\n"
      "24 22 8:1 / /boot rw,relatime shared:3 - ext4 /dev/sda1 rw\n"
      "27 1 8:2 / / rw,relatime shared:1 master:2 - ext4 /dev/sda2 rw,errors=remount-ro\n");
  EXPECT_EQ(mount.device, "8:2");
  EXPECT_EQ(mount.source, "sda2");
}
TEST(FactTextTest, AFileSystemWithoutADeviceHasASourceAtMost) {
  const RootMount btrfs = FindRootMount("27 1 0:25 /@ / rw shared:1 - btrfs /dev/nvme0n1p2 rw,subvol=/@\n");
  EXPECT_EQ(btrfs.device, "");
  EXPECT_EQ(btrfs.source, "nvme0n1p2");
  EXPECT_EQ(FindRootMount("27 1 0:25 / / rw - overlay overlay rw\n").source, "");
  EXPECT_EQ(FindRootMount("27 1 0:25 / / rw - ext4 /dev/../../etc rw\n").source, "");
  EXPECT_EQ(FindRootMount("27 1 ../x / / rw - ext4 /dev/sda2 rw\n").device, "");
}
TEST(FactTextTest, ShortAndStrangeMountLinesAreNothing) {
  for (const char* text : {"", "\n\n", "27 1 8:2 / /", "27 1 8:2 / / rw -", "27 1 8:2 / / rw x y z"})
    EXPECT_EQ(FindRootMount(text).source, "") << text;
}
TEST(FactTextTest, TheCpuModelIsWithoutFeatures) {
  EXPECT_EQ(CpuModel("cpu:type:x86,ven0000fam0006mod0055:feature:,0000,0001\n"),
            "cpu:type:x86,ven0000fam0006mod0055");
  EXPECT_EQ(CpuModel(""), "");
}
TEST(FactTextTest, PlaceholdersAreNoSerialNumbers) {
  EXPECT_EQ(SerialNumber("4c4c4544-0042-3310-8053-b4c04f564433\n"), "4c4c4544-0042-3310-8053-b4c04f564433");
  for (const char* none : {"", "0", "none", "00000000-0000-0000-0000-000000000000", "FFFFFFFFFFFF"})
    EXPECT_EQ(SerialNumber(none), "") << none;
}

}  // namespace
}  // namespace holdfast::host
