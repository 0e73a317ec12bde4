// The files that tell a host without a TPM from others, below a directory that plays its root.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

namespace holdfast::testing {

class HostFiles {
 public:
  // A host of a common model; `serial` makes it one of its own.
  HostFiles(std::filesystem::path root, const std::string& serial) : root_(std::move(root)) {
    Put("etc/machine-id", "0123456789abcdef0123456789ab" + serial + "\n");
    Put("run/udev/data/n2", "E:ID_PATH=pci-0000:00:03.0\nE:ID_NET_NAME_MAC=enx52540000" + serial + "\n");
    Put("proc/self/mountinfo", "27 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw\n");
    Put("run/udev/data/b8:2", "E:ID_SERIAL=DISK" + serial + "\nE:ID_FS_UUID=5f0c2f9e-" + serial + "\n");
    Put("sys/devices/system/cpu/modalias", "cpu:type:x86,ven0000fam0006mod0055:feature:,0000\n");
    Put("sys/class/dmi/id/sys_vendor", "Maker\n");
    Put("sys/class/dmi/id/product_name", "Box 7\n");
  }
  const std::filesystem::path& root() const { return root_; }
  void Put(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << text;
    std::filesystem::permissions(root_ / path, std::filesystem::perms(0644));
  }
  void ReplaceMachineId() const { Put("etc/machine-id", "fedcba9876543210fedcba9876543210\n"); }
  void ReplaceNetworkCard() const {
    Put("run/udev/data/n2", "E:ID_PATH=pci-0000:00:03.0\nE:ID_NET_NAME_MAC=enx0200ffffffff\n");
  }

 private:
  std::filesystem::path root_;
};

}  // namespace holdfast::testing
