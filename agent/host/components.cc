#include "agent/host/components.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "agent/host/fact_text.h"

namespace holdfast::host {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxRead = 64 * 1024, kMaxEntries = 4096;

// The beginning of a regular file that everybody may read; otherwise empty. Does not wait for pipes and devices.
std::string ReadFact(const Path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return {};
  std::string text;
  struct stat info {};
  if (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & S_IROTH) != 0) {
    std::array<char, 4096> buffer;
    ssize_t n = 0;
    while (text.size() < kMaxRead && (n = ::read(fd, buffer.data(), buffer.size())) > 0)
      text.append(buffer.data(), static_cast<size_t>(n));
  }
  ::close(fd);
  return text;
}

std::vector<std::string> NamesIn(const Path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entries(directory, error);
  for (; !error && entries != fs::directory_iterator() && names.size() < kMaxEntries;
       entries.increment(error))
    names.push_back(entries->path().filename().string());
  return names;
}

// ID_NET_NAME_MAC is there only for permanent addresses ("enx" and digits), ID_PATH only for what is on a bus.
std::vector<std::string> NicsByUdev(const Path& root) {
  std::vector<std::string> nics;
  const Path database = root / "run/udev/data";
  for (const std::string& name : NamesIn(database)) {
    if (name.size() < 2 || name[0] != 'n' || name[1] < '0' || name[1] > '9') continue;
    const std::string entry = ReadFact(database / name);
    const std::string address = UdevProperty(entry, "ID_NET_NAME_MAC");
    if (UdevProperty(entry, "ID_PATH").empty() || address.size() < 3) continue;
    nics.push_back(MacAddress(address.substr(3)));
  }
  return nics;
}

std::vector<std::string> NicsBySysfs(const Path& root) {
  std::vector<std::string> nics;
  const Path net = root / "sys/class/net";
  for (const std::string& name : NamesIn(net)) {
    std::error_code error;
    const bool is_device = fs::exists(net / name / "device", error);
    if (is_device && OneLine(ReadFact(net / name / "addr_assign_type")) == "0")
      nics.push_back(MacAddress(ReadFact(net / name / "address")));
  }
  return nics;
}

std::vector<std::string> Nics(const Path& root) {
  std::vector<std::string> nics = NicsByUdev(root);
  if (nics.empty()) nics = NicsBySysfs(root);
  return nics;
}

std::string RootDisk(const Path& root) {
  RootMount mount = FindRootMount(ReadFact(root / "proc/self/mountinfo"));
  if (mount.device.empty() && !mount.source.empty())
    mount.device = OneLine(ReadFact(root / "sys/class/block" / mount.source / "dev"));
  if (mount.device.empty() || mount.device.find('/') != std::string::npos) return {};
  const std::string entry = ReadFact(root / "run/udev/data" / ("b" + mount.device));
  if (const std::string serial = UdevProperty(entry, "ID_SERIAL"); !serial.empty()) return "serial " + serial;
  const std::string uuid = UdevProperty(entry, "ID_FS_UUID");
  return uuid.empty() ? "" : "uuid " + uuid;
}

// The files' lines, joined by "/"; empty when all are.
std::string Joined(const Path& directory, std::initializer_list<const char*> names) {
  std::string joined;
  bool any = false;
  for (const char* name : names) {
    const std::string line = OneLine(ReadFact(directory / name));
    any = any || !line.empty();
    joined += (joined.empty() ? "" : "/") + line;
  }
  return any ? joined : "";
}

}  // namespace

HostComponents ReadComponents(const Path& root) {
  const Path dmi = root / "sys/class/dmi/id", tree = root / "sys/firmware/devicetree/base",
             cpu = root / "sys/devices/system/cpu";
  HostComponents components{
      {"machine-id", {SerialNumber(ReadFact(root / "etc/machine-id"))}},
      {"nic", Nics(root)},
      {"root-disk", {RootDisk(root)}},
      {"board",
       {SerialNumber(ReadFact(dmi / "product_uuid")), SerialNumber(ReadFact(tree / "serial-number"))}},
      {"cpu",
       {CpuModel(ReadFact(cpu / "modalias")) + OneLine(ReadFact(cpu / "cpu0/regs/identification/midr_el1"))}},
      {"model", {Joined(dmi, {"sys_vendor", "product_name", "board_name"}), Joined(tree, {"model"})}}};
  for (auto& [name, facts] : components) std::erase(facts, std::string());
  std::erase_if(components, [](const auto& component) { return component.second.empty(); });
  return components;
}

}  // namespace holdfast::host
