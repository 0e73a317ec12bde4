// Trust in TPMs taken back: a certificate that `ek-roots add` put into the bundle, or a key that `ek-roots pin` did.
#include <algorithm>
#include <iostream>

#include "tools/cli/output.h"
#include "tools/vendor/commands.h"
#include "tools/vendor/office.h"
#include "tools/vendor/recorded_change.h"

namespace holdfast::vendor {
namespace {

constexpr size_t kMinHash = 8;

struct Trusted {
  std::string hash;  // as `ek-roots list` prints it
  EkRootClass root_class = EkRootClass::kDiscrete;
  std::string name;
  bool pinned = false;
};

std::vector<Trusted> AllTrusted(const EkRootBundle& bundle, const EkPolicy& policy) {
  std::vector<Trusted> all;
  for (const EkRoot& root : bundle.roots)
    all.push_back({HexEncode(Sha256(root.certificate)), root.root_class, root.name, false});
  for (const PinnedEk& ek : policy.pinned) all.push_back({HexEncode(ek.key), ek.root_class, {}, true});
  return all;
}

Result<Trusted> Find(const std::vector<Trusted>& all, const std::string& hash) {
  std::optional<Trusted> found;
  for (const Trusted& trusted : all) {
    if (hash.size() < kMinHash || !trusted.hash.starts_with(hash)) continue;
    if (found)
      return Fail(ErrorKind::kUsage, "ek_roots.ambiguous",
                  "several hashes begin with \"" + cli::Printable(hash) + "\"", "give more of the hash");
    found = trusted;
  }
  if (found) return std::move(*found);
  return Fail(ErrorKind::kNotFound, "ek_roots.unknown",
              "nothing that is trusted has the hash \"" + cli::Printable(hash) + "\"",
              "give a SHA-256 that `holdfast-vendor ek-roots list` prints, or eight digits of its beginning "
              "at least");
}

struct NewFile {
  Path path;
  std::string content;
};

NewFile Without(const Trusted& trusted, const VendorDirectory& directory, EkRootBundle& bundle,
                EkPolicy& policy) {
  if (trusted.pinned) {
    std::erase_if(policy.pinned, [&](const PinnedEk& ek) { return HexEncode(ek.key) == trusted.hash; });
    return {directory.EkPolicyFile(), FormatEkPolicy(policy)};
  }
  std::erase_if(bundle.roots,
                [&](const EkRoot& root) { return HexEncode(Sha256(root.certificate)) == trusted.hash; });
  ++bundle.version;
  return {directory.EkRoots(), FormatEkRootBundle(bundle)};
}

void PrintRemoved(const cli::Arguments& arguments, const Trusted& removed, int64_t version, bool dry_run) {
  if (arguments.json()) {
    cli::Print(Json{{"removed", removed.hash},
                    {"class", EkRootClassName(removed.root_class)},
                    {"name", removed.name},
                    {"pinned", removed.pinned},
                    {"version", version},
                    {"changed", !dry_run},
                    {"dry_run", dry_run}});
    return;
  }
  std::cout << (dry_run ? "would be trusted no longer: " : "trusted no longer: ") << removed.hash << "  "
            << EkRootClassName(removed.root_class) << "  "
            << (removed.pinned ? "(pinned key)" : cli::Printable(removed.name)) << "\n";
}

Result<int> Remove(const cli::Arguments& arguments) {
  const bool dry_run = arguments.Switch("dry-run");
  HOLDFAST_TRY(const Records records, OpenRecords(arguments));
  const VendorDirectory& directory = records.directory;
  HOLDFAST_TRY(const FileLock lock, LockFiles(directory));
  HOLDFAST_TRY(EkRootBundle bundle, LoadEkRoots(directory));
  HOLDFAST_TRY(EkPolicy policy, LoadEkPolicy(directory));
  HOLDFAST_TRY(const Trusted trusted, Find(AllTrusted(bundle, policy), arguments.Text("HASH")));
  const NewFile file = Without(trusted, directory, bundle, policy);
  if (!dry_run) {
    const Json detail{{"class", EkRootClassName(trusted.root_class)}, {"pinned", trusted.pinned}};
    HOLDFAST_CHECK(
        RecordedChange(*records.store, "ek_roots.remove", trusted.hash, detail, [&]() -> Result<Json> {
          HOLDFAST_CHECK(WriteFileAtomically(file.path, AsBytes(file.content), 0644));
          return Json::object();
        }));
  }
  PrintRemoved(arguments, trusted, bundle.version, dry_run);
  return cli::kExitDone;
}

}  // namespace

void AddEkRemoveCommand(cli::Program& program) {
  program.Add({.name = "ek-roots remove",
               .summary = "trust a certificate or a pinned key no longer",
               .arguments = {{.name = "HASH", .required = true}},
               .options = {{.name = "dry-run", .help = "say what would be removed, and change nothing"},
                           cli::kJsonOption},
               .details = "HASH is a SHA-256 that `ek-roots list` prints, or eight digits of its beginning "
                          "at least. Requests of such "
                          "TPMs are refused from then on; licenses that are out stay as they are.",
               .run = Remove});
}

}  // namespace holdfast::vendor
