// The facts behind a host's fingerprint (protocol/fingerprint.h), read as they are now:
//
//   machine-id   /etc/machine-id
//   nic          permanent MAC addresses of network cards: udev's database, or /sys/class/net without udev
//   root-disk    serial number of the disk with the root file system, or that file system's UUID: udev's database
//   board        system UUID (DMI) or serial number (device tree), where everybody may read it
//   cpu          /sys/devices/system/cpu: modalias without features, midr_el1
//   model        maker, product and board names (DMI), or the device tree's model
//
// Only files that everybody may read count, so that root's command line and a confined service see the same host
// (tools/systemd: a network namespace of its own). What is not there, not a regular file, or not of
// its form is left out; at most 64 KiB of a file and a few thousand entries of a directory are read.
#pragma once

#include "protocol/fingerprint.h"
#include "protocol/platform/files.h"

namespace holdfast::host {

// `root`: where the host's root directory is seen, "/" outside of tests and containers.
HostComponents ReadComponents(const Path& root);

}  // namespace holdfast::host
