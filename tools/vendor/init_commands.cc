#include <unistd.h>

#include <iostream>

#include "protocol/json_text.h"
#include "tools/cli/output.h"
#include "tools/vendor/ceremony_plan.h"
#include "tools/vendor/commands.h"
#include "tools/vendor/held_ceremony.h"
#include "tools/vendor/in_turn.h"
#include "tools/vendor/office.h"
#include "tools/vendor/signer_command.h"

namespace holdfast::vendor {
namespace {

constexpr size_t kMaxPlan = 256 * 1024;

// A file that lives as long as the object, for a plan that the signer reads.
class PlanFile {
 public:
  static Result<PlanFile> Write(const std::string& text) {
    std::error_code error;
    std::string name = (std::filesystem::temp_directory_path(error) / "holdfast-plan-XXXXXX").string();
    const int fd = error ? -1 : mkstemp(name.data());
    if (fd < 0)
      return Fail(ErrorKind::kUnavailable, "file.write", "cannot make a temporary file",
                  "set TMPDIR to a directory that can be written");
    close(fd);
    PlanFile file(name);
    HOLDFAST_CHECK(WriteFileAtomically(name, AsBytes(text), 0600));
    return file;
  }
  PlanFile(PlanFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ~PlanFile() {
    if (!path_.empty()) unlink(path_.c_str());
  }
  const Path& path() const { return path_; }

 private:
  explicit PlanFile(Path path) : path_(std::move(path)) {}
  Path path_;
};

void Pass(const cli::Arguments& arguments, const std::string& name, std::vector<std::string>& words) {
  for (const std::string& value : arguments.List(name)) words.insert(words.end(), {"--" + name, value});
}

Status CheckCeremonyOptions(const cli::Arguments& arguments) {
  const bool tokens = arguments.Has("module") || arguments.Has("token") || arguments.Has("pin-file") ||
                      arguments.Has("root-module") || arguments.Has("root-token");
  if (arguments.Has("plan") && (tokens || arguments.Has("vendor")))
    return Fail(ErrorKind::kUsage, "usage.plan", "--plan already says which vendor and tokens",
                "give --plan alone, or the other options");
  if (!arguments.Has("plan") && arguments.Text("vendor").empty())
    return Fail(ErrorKind::kUsage, "usage.vendor", "--vendor is missing",
                "give --vendor NAME or --plan FILE");
  // Before there are keys: what is refused makes nothing.
  if (!ParseVendorConfig(FormatVendorConfig({"any", arguments.Text("key-prefix")})))
    return Fail(ErrorKind::kUsage, "usage.key_prefix", "--key-prefix is not 2 to 8 capital letters");
  return {};
}

// The signer's ceremony with these options; what it printed. `mode`: --dry-run, --print-plan, or empty.
Result<std::string> RunCeremony(const cli::Arguments& arguments, const VendorDirectory& directory,
                                const std::string& mode) {
  std::vector<std::string> words{"ceremony", "--dir", std::filesystem::absolute(directory.path).string()};
  std::optional<PlanFile> plan;
  const TokenOptions root{arguments.Text("root-module"), arguments.Text("root-token"),
                          arguments.Text("root-pin-file"), arguments.List("module-env")};
  if (root.given()) {
    const TokenOptions main{arguments.Text("module"), arguments.Text("token"), arguments.Text("pin-file"),
                            arguments.List("module-env")};
    HOLDFAST_TRY(PlanFile written, PlanFile::Write(PlanWithOwnRoot(arguments.Text("vendor"),
                                                                   arguments.Text("key-type"), main, root)));
    plan.emplace(std::move(written));
    words.insert(words.end(), {"--plan", plan->path().string()});
  } else if (arguments.Has("plan")) {
    Pass(arguments, "plan", words);
    Pass(arguments, "approval", words);
  } else {
    for (const char* name : {"vendor", "key-type", "module", "module-env", "token", "pin-file"})
      Pass(arguments, name, words);
  }
  if (!mode.empty()) words.push_back(mode);
  return RunSigner(words);
}

struct CeremonyRun {
  bool was_held = false;  // by an init before, which was interrupted
  std::string transcript;
};

// The ceremony of an init that was killed goes on by itself: it is waited for, and then it was held.
Result<CeremonyRun> HoldCeremonyOnce(const cli::Arguments& arguments, const VendorDirectory& directory,
                                     bool dry_run) {
  return InTurn("signer.locked", [&]() -> Result<CeremonyRun> {
    std::error_code error;
    const auto held = [&] { return std::filesystem::exists(directory.SignerConfig(), error); };
    if (held()) return CeremonyRun{.was_held = true};
    auto transcript = RunCeremony(arguments, directory, dry_run ? "--dry-run" : "");
    if (transcript) return CeremonyRun{.transcript = std::move(*transcript)};
    if (transcript.error().check == "ceremony.exists" && held()) return CeremonyRun{.was_held = true};
    return tl::unexpected(std::move(transcript.error()));
  });
}

// An init that was interrupted after its ceremony is finished by one that asks for the same.
Status CheckSameCeremony(const cli::Arguments& arguments, const VendorDirectory& directory,
                         const HeldCeremony& held) {
  HOLDFAST_TRY(const std::string text, RunCeremony(arguments, directory, "--print-plan"));
  HOLDFAST_TRY(const Json asked, ParseJson(text, kMaxPlan));
  if (asked == held.plan) return {};
  return Fail(ErrorKind::kConflict, "vendor.ceremony",
              directory.path.string() + " has the keys of vendor \"" + held.vendor +
                  "\" from a ceremony with another plan than these options make",
              "choose another directory, or repeat the options of that ceremony: its plan is in " +
                  held.transcript.string());
}

Status MakeEkRoots(const VendorDirectory& directory) {
  std::error_code error;
  if (std::filesystem::exists(directory.EkRoots(), error)) return {};
  return WriteFileAtomically(directory.EkRoots(), AsBytes(FormatEkRootBundle({.version = 1})), 0644);
}

Status CheckIsNew(const VendorDirectory& directory) {
  if (!IsVendorDirectory(directory.path)) return {};
  return Fail(ErrorKind::kConflict, "vendor.exists",
              directory.path.string() + " is a vendor directory already", "choose another one");
}

Status MakeRecords(const VendorDirectory& directory, const std::string& vendor,
                   const std::string& key_prefix) {
  HOLDFAST_TRY(const FileLock lock, LockFiles(directory));
  HOLDFAST_CHECK(CheckIsNew(directory));  // again: another init may have been faster
  const std::string config = FormatVendorConfig({vendor, key_prefix});
  HOLDFAST_CHECK(ParseVendorConfig(config));
  HOLDFAST_TRY(const auto store, SqliteStore::OpenOrCreate(directory.Store()));
  const Json detail{{"vendor", vendor}};
  HOLDFAST_CHECK(store->RecordEvent({SystemClock()(), Actor()}, "vendor.init", vendor, FormatJson(detail)));
  HOLDFAST_CHECK(MakeEkRoots(directory));
  return WriteFileAtomically(directory.Config(), AsBytes(config), 0644);
}

void PrintReady(const VendorDirectory& directory, const HeldCeremony& held) {
  std::cout << cli::Line("vendor", held.vendor);
  for (const auto& [token, module] : held.modules) std::cout << cli::Line("token " + token, module);
  std::cout << "Ready. Ship " << directory.Roots().string()
            << " with the application; then: ek-roots add, product add, license new.\n";
}

Result<int> Init(const cli::Arguments& arguments) {
  HOLDFAST_TRY(VendorDirectory directory, DirectoryOf(arguments));
  HOLDFAST_CHECK(CheckCeremonyOptions(arguments));
  HOLDFAST_CHECK(CheckIsNew(directory));
  const bool dry_run = arguments.Switch("dry-run");
  HOLDFAST_TRY(const CeremonyRun run, HoldCeremonyOnce(arguments, directory, dry_run));
  const auto& [was_held, transcript] = run;
  HeldCeremony held;
  if (was_held || !dry_run) {
    HOLDFAST_TRY(held, ReadHeldCeremony(directory));
  }
  if (was_held) {
    HOLDFAST_CHECK(CheckSameCeremony(arguments, directory, held));
    HOLDFAST_CHECK(CheckComplete(directory, held));
  }
  if (!dry_run) HOLDFAST_CHECK(MakeRecords(directory, held.vendor, arguments.Text("key-prefix")));
  if (arguments.json()) {
    cli::Print(Json{{"dir", directory.path.string()},
                    {"roots", directory.Roots().string()},
                    {"vendor", held.vendor},
                    {"modules", held.modules},
                    {"ceremony_was_held", was_held},
                    {"dry_run", dry_run},
                    {"transcript", transcript}});
    return cli::kExitDone;
  }
  std::cout << transcript;
  if (was_held)
    std::cout << "The ceremony of " << held.held << " is kept; what was missing after it is made"
              << (dry_run ? ", without --dry-run.\n" : ".\n");
  if (!dry_run) PrintReady(directory, held);
  return cli::kExitDone;
}

Result<int> Approve(const cli::Arguments& arguments) {
  std::vector<std::string> words{"approve", "--plan", arguments.Text("PLAN")};
  for (const char* name : {"key", "operator", "output"}) Pass(arguments, name, words);
  HOLDFAST_TRY(const std::string printed, RunSigner(words));
  if (arguments.json() && arguments.Text("output") != "-") {
    cli::Print(Json{{"plan", arguments.Text("PLAN")},
                    {"operator", arguments.Text("operator")},
                    {"approval", arguments.Text("output")}});
  } else {
    std::cout << printed;
  }
  return cli::kExitDone;
}

std::vector<cli::Option> InitOptions() {
  return {
      {.name = "vendor",
       .value = "NAME",
       .help = "the vendor, 1 to 64 characters; fixed in every certificate"},
      {.name = "module",
       .value = "PATH",
       .help = "PKCS#11 module; without it an embedded SoftHSM token is made"},
      {.name = "module-env", .value = "NAME=VALUE", .help = "environment for the module", .repeated = true},
      {.name = "token", .value = "URI", .help = "pkcs11: URI of the token"},
      {.name = "pin-file", .value = "FILE", .help = "file with its user PIN, mode 0600"},
      {.name = "root-module", .value = "PATH", .help = "the root key in a token of its own: its module"},
      {.name = "root-token", .value = "URI", .help = "its pkcs11: URI"},
      {.name = "root-pin-file", .value = "FILE", .help = "file with its user PIN, mode 0600"},
      {.name = "key-type", .value = "TYPE", .help = "ec-p256, ec-p384 or rsa-3072", .otherwise = "ec-p256"},
      {.name = "plan",
       .value = "FILE",
       .help = "the whole ceremony as one reviewed file, in place of the above"},
      {.name = "approval", .value = "FILE", .help = "an operator's approval of the plan", .repeated = true},
      {.name = "key-prefix",
       .value = "PREFIX",
       .help = "of product keys: 2 to 8 capital letters",
       .otherwise = "NLS"},
      {.name = "dry-run", .help = "say what would be made, and make nothing"},
      cli::kJsonOption};
}

}  // namespace

void AddInitCommands(cli::Program& program) {
  program.Add({.name = "init",
               .summary = "key ceremony: make the vendor's keys, certificates and store in DIR",
               .options = InitOptions(),
               .details = "An init that was interrupted is finished by the next one with the same options.",
               .run = Init});
  program.Add({.name = "approve",
               .summary = "approve a plan of a ceremony or rotation with an operator's key",
               .arguments = {{.name = "PLAN", .required = true}},
               .options = {{.name = "key",
                            .value = "FILE",
                            .help = "the operator's private key, PEM, mode 0600",
                            .required = true},
                           {.name = "operator",
                            .value = "NAME",
                            .help = "the operator's name in the plan",
                            .required = true},
                           {.name = "output,o", .value = "FILE", .help = "the approval", .required = true},
                           cli::kJsonOption},
               .run = Approve});
}

}  // namespace holdfast::vendor
