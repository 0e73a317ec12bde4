#include "agent/host/components.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/testing/host_files.h"
#include "tests/testing/temp_dir.h"

namespace holdfast::host {
namespace {

class ComponentsTest : public ::testing::Test {
 protected:
  std::vector<std::string> Of(const std::string& name) const {
    HostComponents all = ReadComponents(host_.root());
    return all.contains(name) ? all.at(name) : std::vector<std::string>();
  }
  using Facts = std::vector<std::string>;
  testing::TempDir directory_;
  testing::HostFiles host_{directory_.path() / "root", "1234"};
};

TEST_F(ComponentsTest, ReadsWhatAHostHas) {
  EXPECT_EQ(ReadComponents(host_.root()),
            (HostComponents{{"machine-id", {"0123456789abcdef0123456789ab1234"}},
                            {"nic", {"525400001234"}},
                            {"root-disk", {"serial DISK1234"}},
                            {"cpu", {"cpu:type:x86,ven0000fam0006mod0055"}},
                            {"model", {"Maker/Box 7/"}}}));
}
TEST_F(ComponentsTest, AnEmptyRootHasNone) {
  EXPECT_TRUE(ReadComponents(directory_.path() / "nowhere").empty());
}
TEST_F(ComponentsTest, ThisMachineCanBeReadAndReadsTheSameTwice) {
  EXPECT_EQ(ReadComponents("/"), ReadComponents("/"));
}
TEST_F(ComponentsTest, VirtualInterfacesAreNoNetworkCards) {
  host_.Put("run/udev/data/n3", "E:ID_NET_NAME_MAC=enx0242ac110002\n");
  host_.Put("run/udev/data/n4", "E:ID_PATH=pci-0000:00:04.0\n");
  EXPECT_EQ(Of("nic"), Facts{"525400001234"});
}
TEST_F(ComponentsTest, WithoutUdevNetworkCardsAreThoseWithADeviceAndAPermanentAddress) {
  std::filesystem::remove(host_.root() / "run/udev/data/n2");
  const auto card = [&](const std::string& name, const char* type, bool device) {
    host_.Put("sys/class/net/" + name + "/address", "52:54:00:00:00:01\n");
    host_.Put("sys/class/net/" + name + "/addr_assign_type", std::string(type) + "\n");
    if (device) std::filesystem::create_directories(host_.root() / "sys/class/net" / name / "device");
  };
  card("docker0", "0", false);
  card("eth1", "3", true);
  EXPECT_EQ(Of("nic"), Facts());
  card("eth0", "0", true);
  EXPECT_EQ(Of("nic"), Facts{"525400000001"});
}
TEST_F(ComponentsTest, ADiskWithoutSerialNumberIsKnownByItsFileSystem) {
  host_.Put("run/udev/data/b8:2", "E:ID_FS_UUID=5f0c2f9e\n");
  EXPECT_EQ(Of("root-disk"), Facts{"uuid 5f0c2f9e"});
}
TEST_F(ComponentsTest, ABtrfsRootIsFoundByItsSource) {
  host_.Put("proc/self/mountinfo", "27 1 0:25 /@ / rw - btrfs /dev/sda2 rw\n");
  host_.Put("sys/class/block/sda2/dev", "8:2\n");
  EXPECT_EQ(Of("root-disk"), Facts{"serial DISK1234"});
}
TEST_F(ComponentsTest, WhatOnlyRootMayReadDoesNotCount) {
  host_.Put("sys/class/dmi/id/product_uuid", "4c4c4544-0042-3310-8053-b4c04f564433\n");
  EXPECT_EQ(Of("board"), Facts{"4c4c4544-0042-3310-8053-b4c04f564433"});
  std::filesystem::permissions(host_.root() / "sys/class/dmi/id/product_uuid", std::filesystem::perms(0400));
  EXPECT_EQ(Of("board"), Facts());
}
TEST_F(ComponentsTest, LinksPipesAndDirectoriesAreNoFacts) {
  const Path id = host_.root() / "etc/machine-id";
  std::filesystem::remove(id);
  std::filesystem::create_symlink("/etc/hostname", id);
  EXPECT_EQ(Of("machine-id"), Facts());
  std::filesystem::remove(id);
  ASSERT_EQ(::mkfifo(id.c_str(), 0644), 0);
  EXPECT_EQ(Of("machine-id"), Facts()) << "does not wait for a writer";
  std::filesystem::remove(id);
  std::filesystem::create_directory(id);
  EXPECT_EQ(Of("machine-id"), Facts());
}
TEST_F(ComponentsTest, OversizedFilesAreReadInPart) {
  host_.Put("etc/machine-id", std::string(10'000'000, 'a'));
  EXPECT_EQ(Of("machine-id"), Facts());
  host_.Put("sys/devices/system/cpu/modalias", "cpu:type:x86:feature:" + std::string(10'000'000, ','));
  EXPECT_EQ(Of("cpu"), Facts{"cpu:type:x86"});
}

}  // namespace
}  // namespace holdfast::host
