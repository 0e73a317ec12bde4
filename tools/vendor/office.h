// What most commands need: the directory opened, its store, its signer, and the licensing flow over them.
#pragma once

#include <memory>

#include "signer/server/store/sqlite_store.h"
#include "signer/signer_process.h"
#include "tools/cli/program.h"
#include "tools/vendor/vendor_directory.h"

namespace holdfast::vendor {

// --dir, else HOLDFAST_VENDOR_DIR, else the current directory if it is a vendor's, else `dir` of a
// configuration file: the first two steps after --dir put it among the words of the command line, so that
// they win over configuration files. Check: vendor.directory (kUsage).
std::vector<std::string> WordsWithDirectory(int argc, const char* const* argv);
Result<VendorDirectory> DirectoryOf(const cli::Arguments& arguments);

// Who runs this command, for the audit log: "cli:alice".
std::string Actor();

// The store alone, for commands that sign nothing.
struct Records {
  VendorDirectory directory;
  std::unique_ptr<SqliteStore> store;
};
Result<Records> OpenRecords(const cli::Arguments& arguments);

// With a signer: the service that listens on signer.sock, or holdfast-signer as a child for this command.
class Office {
 public:
  static Result<std::unique_ptr<Office>> Open(const cli::Arguments& arguments);
  Licensing& licensing() { return *licensing_; }
  Store& store() { return *records_.store; }
  SigningService& signer() { return *signer_; }
  const VendorDirectory& directory() const { return records_.directory; }

 private:
  Office() = default;
  Records records_;
  std::unique_ptr<SignerProcess> child_;
  std::unique_ptr<SignerClient> client_;
  SigningService* signer_ = nullptr;
  std::unique_ptr<Licensing> licensing_;
};

// Licenses are named by their whole id or by the beginning of it, if no other begins so. Checks:
// store.license, vendor.ambiguous (kUsage).
Result<LicenseRecord> FindLicense(Store& store, const std::string& id_or_prefix);
// Likewise an activation of a license. Checks: store.activation, vendor.ambiguous.
Result<ActivationRecord> FindActivation(Store& store, const LicenseRecord& license,
                                        const std::string& id_or_prefix);

}  // namespace holdfast::vendor
