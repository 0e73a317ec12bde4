#include "agent/state/state_directory.h"

#include <algorithm>

#include "agent/ledger/ledger_file.h"
#include "agent/state/as_owner.h"
#include "protocol/terms.h"

namespace holdfast {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".json";
constexpr std::string_view kLicenses = "licenses", kPending = "pending", kReturns = "returns",
                           kHostKeys = "host-keys";
constexpr int kDirectoryMode = 0700, kFileMode = 0600;

template <class Visit>
Status ForEachName(const Path& directory, Visit visit) {
  std::error_code error;
  fs::directory_iterator entries(directory, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    visit(entries->path().filename().string());
  }
  if (!error || error == std::errc::no_such_file_or_directory) return {};
  return Fail(ErrorKind::kUnavailable, "state.read",
              directory.string() + " cannot be read: " + error.message(),
              "run this as the agent's user or as root, or give --state");
}

Result<std::vector<std::string>> ProductsIn(const Path& directory) {
  std::vector<std::string> products;
  HOLDFAST_CHECK(ForEachName(directory, [&](std::string name) {
    if (!name.ends_with(kSuffix)) return;
    name.resize(name.size() - kSuffix.size());
    if (IsIdentifier(name)) products.push_back(std::move(name));
  }));
  std::sort(products.begin(), products.end());
  return products;
}

// WriteFileAtomically's temporary files, ".<name>.<hex>.tmp": whoever wrote them is gone, as we hold the
// lock.
Status RemoveLeftovers(const Path& directory) {
  std::vector<std::string> names;
  HOLDFAST_CHECK(ForEachName(directory, [&](const std::string& name) {
    if (name.starts_with('.') && name.ends_with(".tmp")) names.push_back(name);
  }));
  for (const std::string& name : names) HOLDFAST_CHECK(RemoveFile(directory / name));
  return {};
}

template <class T>
Result<T> ReadStateFile(const Path& path, std::string_view product, Result<T> (*parse)(std::string_view)) {
  HOLDFAST_TRY(const Bytes content, ReadFile(path, kMaxStateFileSize));
  auto value = parse(AsText(content));
  if (!value) {
    Error error = std::move(value.error());
    error.message = path.string() + ": " + error.message;
    return tl::unexpected(std::move(error));
  }
  if (value->product != product) {
    return Refused("state.product", path.string() + " is about the product " + value->product,
                   "give the file back its name");
  }
  return value;
}

}  // namespace

Result<FileLock> StateDirectory::Lock() const {
  HOLDFAST_CHECK(MakeDirectory(directory_, kDirectoryMode));
  const AsOwner owner(directory_);
  HOLDFAST_CHECK(MakeDirectory(directory_ / kLicenses, kDirectoryMode));
  HOLDFAST_CHECK(MakeDirectory(directory_ / kPending, kDirectoryMode));
  auto lock = FileLock::Acquire(directory_ / "lock");
  if (!lock) {
    if (lock.error().kind != ErrorKind::kConflict) return lock;
    return Fail(ErrorKind::kConflict, "state.locked",
                "another process works in " + directory_.string() + " now",
                "if an agent runs with it, name its --socket; otherwise try again");
  }
  HOLDFAST_CHECK(RemoveLeftovers(directory_));
  HOLDFAST_CHECK(RemoveLeftovers(directory_ / kLicenses));
  HOLDFAST_CHECK(RemoveLeftovers(directory_ / kPending));
  HOLDFAST_CHECK(RemoveLeftovers(directory_ / kReturns));
  HOLDFAST_CHECK(RemoveLeftovers(directory_ / kHostKeys));
  return lock;
}

Result<std::vector<std::string>> StateDirectory::InstalledProducts() const {
  const AsOwner owner(directory_);
  return ProductsIn(directory_ / kLicenses);
}

Result<std::vector<std::string>> StateDirectory::PendingProducts() const {
  const AsOwner owner(directory_);
  return ProductsIn(directory_ / kPending);
}

Result<std::vector<std::string>> StateDirectory::ReturnedProducts() const {
  const AsOwner owner(directory_);
  return ProductsIn(directory_ / kReturns);
}

Result<InstalledLicense> StateDirectory::ReadLicense(std::string_view product) const {
  const AsOwner owner(directory_);
  return ReadStateFile(LicensePath(product), product, ParseInstalledLicense);
}

Result<PendingRequest> StateDirectory::ReadPending(std::string_view product) const {
  const AsOwner owner(directory_);
  return ReadStateFile(PendingPath(product), product, ParsePendingRequest);
}

Result<ReturnedLicense> StateDirectory::ReadReturned(std::string_view product) const {
  const AsOwner owner(directory_);
  return ReadStateFile(ReturnedPath(product), product, ParseReturnedLicense);
}

Status StateDirectory::WriteLicense(const InstalledLicense& license) const {
  const AsOwner owner(directory_);
  return WriteFileAtomically(LicensePath(license.product), AsBytes(FormatInstalledLicense(license)),
                             kFileMode);
}

Status StateDirectory::WritePending(const PendingRequest& pending) const {
  const AsOwner owner(directory_);
  return WriteFileAtomically(PendingPath(pending.product), AsBytes(FormatPendingRequest(pending)), kFileMode);
}

Status StateDirectory::WriteReturned(const ReturnedLicense& license) const {
  const AsOwner owner(directory_);
  HOLDFAST_CHECK(MakeDirectory(directory_ / kReturns, kDirectoryMode));
  return WriteFileAtomically(ReturnedPath(license.product), AsBytes(FormatReturnedLicense(license)),
                             kFileMode);
}

Status StateDirectory::RemovePending(std::string_view product) const {
  const AsOwner owner(directory_);
  return RemoveFile(PendingPath(product));
}

Status StateDirectory::RemoveLicense(std::string_view product) const {
  const AsOwner owner(directory_);
  return RemoveFile(LicensePath(product));
}

Status StateDirectory::RemoveReturned(std::string_view product) const {
  const AsOwner owner(directory_);
  return RemoveFile(ReturnedPath(product));
}

Result<HostPrivateKeys> StateDirectory::ReadHostKeys(const HostKeys& keys) const {
  const AsOwner owner(directory_);
  return ReadHostPrivateKeys(HostKeysPath(keys), keys);
}

Status StateDirectory::WriteHostKeys(const HostPrivateKeys& keys) const {
  const AsOwner owner(directory_);
  HOLDFAST_CHECK(MakeDirectory(directory_ / kHostKeys, kDirectoryMode));
  const Secret octets = FormatHostPrivateKeys(keys);
  return WriteFileAtomically(HostKeysPath(keys.Public()), octets.Reveal(), kFileMode);
}

Status StateDirectory::DropHostKeys(const LicenseKeys& keys, std::string_view product) const {
  const auto* host = std::get_if<HostKeys>(&keys);
  if (host == nullptr) return {};
  const auto may_need = [&](const auto& file) {
    if (!file) return file.error().kind != ErrorKind::kNotFound;
    const auto* named = std::get_if<HostKeys>(&file->keys);
    return named != nullptr && named->license_key.spki() == host->license_key.spki();
  };
  if (may_need(ReadPending(product)) || may_need(ReadLicense(product))) return {};
  return RemoveHostKeys(*host);
}

Status StateDirectory::RemoveHostKeys(const HostKeys& keys) const {
  const AsOwner owner(directory_);
  return RemoveFile(HostKeysPath(keys));
}

Result<Bytes> StateDirectory::ReadLedger() const {
  const AsOwner owner(directory_);
  return ReadFile(LedgerPath(), kMaxLedgerFileSize);
}

Status StateDirectory::WriteLedger(ByteView content) const {
  const AsOwner owner(directory_);
  return WriteFileAtomically(LedgerPath(), content, kFileMode);
}

Path StateDirectory::HostKeysPath(const HostKeys& keys) const {
  return directory_ / kHostKeys / HexEncode(keys.license_key.SpkiSha256());
}

Path StateDirectory::LicensePath(std::string_view product) const {
  return directory_ / kLicenses / (std::string(product) + std::string(kSuffix));
}

Path StateDirectory::ReturnedPath(std::string_view product) const {
  return directory_ / kReturns / (std::string(product) + std::string(kSuffix));
}

Path StateDirectory::PendingPath(std::string_view product) const {
  return directory_ / kPending / (std::string(product) + std::string(kSuffix));
}

}  // namespace holdfast
