// Which content was ordered under which serial number, so that one serial names one license for the signer's
// whole life. The truth is the audit log: each license's intent ("signing") has its serial and the SHA-256 of
// its TBS. FILE is a copy of that in a form that is read quickly, written from the log and from nothing else:
// it names the record up to which it was written, and the log must have that record at that place, or the
// whole log is read again. What was logged since is read from the log at each start.
//
// Cost and limit: 48 octets a license, in FILE and in memory, read at each start. With 100,000 licenses (240
// MB of log) a start costs 10 ms more, and making FILE again 0.5 s; with millions a start takes seconds.
#pragma once

#include <array>
#include <map>
#include <vector>

#include "protocol/platform/files.h"
#include "signer/hsm/audit_record.h"

namespace holdfast::hsm {

class SerialIndex {
 public:
  SerialIndex() = default;  // knows no license
  // `log` up to `head`, as AuditLog::Open left it. FILE is written anew when the log has grown by `stale`
  // octets since; that it cannot be written is no error. Checks: audit.open, those of ParseAuditRecord and
  // CheckFollows for what is read from the log.
  static Result<SerialIndex> Open(const Path& log, const AuditHead& head, const Path& file,
                                  int64_t stale = 1024 * 1024);

  // False when `serial` is another TBS's already. Not thread safe.
  bool Claim(const Bytes& serial, const Sha256Digest& tbs);
  size_t size() const { return sorted_.size() + fresh_.size(); }

 private:
  static constexpr size_t kSerialSize = 16;
  using Entry = std::array<uint8_t, kSerialSize + 32>;  // serial, SHA-256 of the TBS
  struct Place {
    int64_t offset = 0;  // in the log, behind the record
    AuditHead head;
  };

  Result<Place> Load(const Path& log, const Path& file);
  Status Follow(const Path& log, Place& place);
  Status Add(std::string_view line, Place& place);
  void Save(const Path& file, const Place& place);

  std::vector<Entry> sorted_;
  std::map<Bytes, Sha256Digest> fresh_;
};

}  // namespace holdfast::hsm
