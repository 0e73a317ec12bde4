#include "tools/vendor/office.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "tools/cli/output.h"
#include "tools/vendor/in_turn.h"

namespace holdfast::vendor {
namespace {

constexpr size_t kMinPrefix = 4;
constexpr const char* kShortPrefix = "give the id, or four characters of its beginning at least";

bool NamesDirectory(const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(),
                     [](const std::string& word) { return word == "--dir" || word.rfind("--dir=", 0) == 0; });
}

// A socket, or a link to where one should be, and no signer of our own to run in its place.
bool HasServiceOnly(const VendorDirectory& directory) {
  std::error_code ignored;
  const auto socket = std::filesystem::symlink_status(directory.SignerSocket(), ignored);
  return std::filesystem::exists(socket) && !std::filesystem::exists(directory.SignerConfig(), ignored);
}

Error ServiceIsDown(Error error) {
  if (error.advice.empty())
    error.advice = "start the service holdfast-signer, and see that this user is in its group";
  return error;
}

// One signer at a time holds the directory: another command's is waited for.
Result<std::unique_ptr<SignerProcess>> SpawnSigner(const Path& config) {
  HOLDFAST_TRY(const Path program, FindSignerProgram());
  return InTurn("signer.locked", [&] { return SignerProcess::Spawn(program, config); });
}

template <class Record>
Result<std::optional<Record>> FindByPrefix(const std::vector<Record>& all, const std::string& prefix,
                                           const std::string& what) {
  std::optional<Record> found;
  if (prefix.size() < kMinPrefix) return found;
  for (const Record& record : all) {
    if (!record.id.starts_with(prefix)) continue;
    if (found)
      return Fail(ErrorKind::kUsage, "vendor.ambiguous", "several " + what + " begin with \"" + prefix + "\"",
                  "give more of the id");
    found = record;
  }
  return found;
}

}  // namespace

std::vector<std::string> WordsWithDirectory(int argc, const char* const* argv) {
  std::vector<std::string> words(argv, argv + argc);
  if (words.empty() || NamesDirectory(words)) return words;
  const char* named = std::getenv("HOLDFAST_VENDOR_DIR");
  std::string directory = named ? named : "";
  if (directory.empty() && IsVendorDirectory(".")) directory = ".";
  if (!directory.empty()) words.insert(words.begin() + 1, {"--dir", directory});
  return words;
}

Result<VendorDirectory> DirectoryOf(const cli::Arguments& arguments) {
  if (arguments.Has("dir")) return VendorDirectory{arguments.File("dir")};
  return Fail(ErrorKind::kUsage, "vendor.directory", "no vendor directory is named",
              "use --dir DIR, set HOLDFAST_VENDOR_DIR, or run the command in the directory");
}

std::string Actor() {
  const uid_t uid = getuid();
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16 * 1024);
  if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found)
    return std::string("cli:") + found->pw_name;
  return "cli:" + std::to_string(uid);
}

Result<Records> OpenRecords(const cli::Arguments& arguments) {
  HOLDFAST_TRY(VendorDirectory directory, DirectoryOf(arguments));
  HOLDFAST_CHECK(LoadSettings(directory));
  HOLDFAST_TRY(auto store, SqliteStore::Open(directory.Store()));
  return Records{std::move(directory), std::move(store)};
}

Result<std::unique_ptr<Office>> Office::Open(const cli::Arguments& arguments) {
  std::unique_ptr<Office> office(new Office);
  HOLDFAST_TRY(office->records_.directory, DirectoryOf(arguments));
  const VendorDirectory& directory = office->records_.directory;
  HOLDFAST_TRY(LicensingSettings settings, LoadSettings(directory));
  // The child first: it must be started before there are database handles to inherit.
  if (auto client = SignerClient::Connect(directory.SignerSocket())) {
    office->client_ = std::move(*client);
    office->signer_ = office->client_.get();
  } else if (HasServiceOnly(directory)) {
    return tl::unexpected(ServiceIsDown(std::move(client.error())));
  } else {
    HOLDFAST_TRY(office->child_, SpawnSigner(directory.SignerConfig()));
    office->signer_ = &office->child_->service();
  }
  HOLDFAST_TRY(office->records_.store, SqliteStore::Open(directory.Store()));
  office->licensing_ = std::make_unique<Licensing>(*office->records_.store, *office->signer_,
                                                   std::move(settings), SystemClock());
  return office;
}

Result<LicenseRecord> FindLicense(Store& store, const std::string& id_or_prefix) {
  auto exact = store.GetLicense(id_or_prefix);
  if (exact || exact.error().check != "store.license") return exact;
  HOLDFAST_TRY(const auto all, store.ListLicenses(""));
  HOLDFAST_TRY(auto found, FindByPrefix(all, id_or_prefix, "licenses"));
  if (found) return std::move(*found);
  if (id_or_prefix.size() < kMinPrefix) exact.error().advice = kShortPrefix;
  return exact;
}

Result<ActivationRecord> FindActivation(Store& store, const LicenseRecord& license,
                                        const std::string& id_or_prefix) {
  HOLDFAST_TRY(const auto all, store.ListActivations(license.id));
  HOLDFAST_TRY(auto found, FindByPrefix(all, id_or_prefix, "activations"));
  if (found) return std::move(*found);
  return Fail(ErrorKind::kNotFound, "store.activation",
              "license " + license.id + " has no activation \"" + id_or_prefix + "\"",
              id_or_prefix.size() < kMinPrefix ? kShortPrefix
                                               : "see `holdfast-vendor license show " + license.id + "`");
}

}  // namespace holdfast::vendor
