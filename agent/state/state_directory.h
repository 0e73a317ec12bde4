// The agent's directory. Every file in it is replaced atomically (protocol/platform/files.h): kill -9, a full
// disk or a power cut at any moment leaves the old file or the new one.
//
//   lock                      held by whoever writes: the agent while it runs, or a command without agent
//   licenses/<product>.json   installed_license.h
//   pending/<product>.json    pending_request.h
//   returns/<product>.json    returned_license.h
//   ledger.json               agent/ledger/ledger_file.h
//   host-keys/<hex>           private keys of a host without a TPM, mode 0600 (agent/host/keys.h), by the SHA-256
//                             of their license key: written before, and removed after the file that names them
//
// Products are identifiers (protocol/terms.h), so they are safe as file names. Reading needs no lock. Every function works as the
// directory's owner when root calls it (as_owner.h): the agent must be able to read what `holdfast` wrote while it was stopped.
#pragma once

#include "agent/state/installed_license.h"
#include "agent/state/pending_request.h"
#include "agent/state/returned_license.h"
#include "protocol/platform/files.h"

namespace holdfast {

class StateDirectory {
 public:
  explicit StateDirectory(Path directory) : directory_(std::move(directory)) {}
  const Path& path() const { return directory_; }

  // Makes the directories (mode 0700), takes the lock and removes what an interrupted write left over.
  // Check: state.locked (kConflict).
  Result<FileLock> Lock() const;

  // Products with a file, ascending. A directory that does not exist is empty; one that cannot be read is an
  // error (state.read, kUnavailable).
  Result<std::vector<std::string>> InstalledProducts() const;
  Result<std::vector<std::string>> PendingProducts() const;
  Result<std::vector<std::string>> ReturnedProducts() const;

  // file.missing (kNotFound) when there is none. state.product: the file is about another product.
  Result<InstalledLicense> ReadLicense(std::string_view product) const;
  Result<PendingRequest> ReadPending(std::string_view product) const;
  Result<ReturnedLicense> ReadReturned(std::string_view product) const;

  // The lock must be held.
  Status WriteLicense(const InstalledLicense& license) const;
  Status WritePending(const PendingRequest& pending) const;
  Status WriteReturned(const ReturnedLicense& license) const;
  // Absent is success:
  Status RemovePending(std::string_view product) const;
  Status RemoveLicense(std::string_view product) const;
  Status RemoveReturned(std::string_view product) const;

  // The private halves of `keys`. Checks: those of ReadHostPrivateKeys.
  Result<HostPrivateKeys> ReadHostKeys(const HostKeys& keys) const;
  Status WriteHostKeys(const HostPrivateKeys& keys) const;
  // After something took the place of what named them. Keys that a file of the product names still, or might, stay.
  Status DropHostKeys(const LicenseKeys& keys, std::string_view product) const;
  Status RemoveHostKeys(const HostKeys& keys) const;  // whoever names them; absent is success

  // The ledger's octets. Checks: those of ReadFile. The lock must be held for writing.
  Result<Bytes> ReadLedger() const;
  Status WriteLedger(ByteView content) const;

  Path LedgerPath() const { return directory_ / "ledger.json"; }
  Path LicensePath(std::string_view product) const;
  Path PendingPath(std::string_view product) const;
  Path ReturnedPath(std::string_view product) const;

  Path HostKeysPath(const HostKeys& keys) const;

 private:
  Path directory_;
};

}  // namespace holdfast
