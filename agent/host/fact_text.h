// What the kernel and udev write about a host, read. Pure; the texts may be anything: facts are claims of whoever is root.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::host {

inline constexpr size_t kMaxFact = 256;

// A file's only line, without its end; empty when it is longer than kMaxFact, has control characters, or is not UTF-8.
std::string OneLine(std::string_view text);

// A property in an entry of udev's database (/run/udev/data): the rest of the line "E:NAME=". Empty: none.
std::string UdevProperty(std::string_view entry, std::string_view name);

// 12 lower-case hex digits from a MAC address with or without colons; empty when it is none, or all zeros.
std::string MacAddress(std::string_view text);

// What is mounted last at "/" (proc(5), /proc/self/mountinfo).
struct RootMount {
  std::string device;  // "MAJOR:MINOR"; empty when it has none of its own (btrfs, overlay, network)
  std::string source;  // the last part of the source's path, such as "sda2"; empty when it is no plain name
};
RootMount FindRootMount(std::string_view mountinfo);

// "cpu:type:x86,ven0000fam0006mod0055": the model without its list of features, which an update may change.
std::string CpuModel(std::string_view modalias);

// A UUID or serial number; empty for what makers leave in its place (fewer than four different characters).
std::string SerialNumber(std::string_view text);

}  // namespace holdfast::host
