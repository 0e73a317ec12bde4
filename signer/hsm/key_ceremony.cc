#include "signer/hsm/key_ceremony.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "certs/serial.h"
#include "signer/hsm/audit_log.h"
#include "signer/hsm/embedded_token.h"
#include "signer/hsm/line_keys.h"
#include "signer/hsm/signer_loader.h"

namespace holdfast::hsm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kWorkDirectory = ".ceremony";
constexpr std::string_view kComplete = "complete";

constexpr size_t kMaxTranscriptSize = 4 * 1024 * 1024;

tl::unexpected<Error> FileTrouble(const Path& path, const std::error_code& error) {
  return Fail(ErrorKind::kUnavailable, "ceremony.files", path.string() + ": " + error.message());
}

Status SyncAll(const Path& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool good = descriptor >= 0 && ::syncfs(descriptor) == 0;
  if (descriptor >= 0) ::close(descriptor);
  if (good) return {};
  return FileTrouble(directory, std::error_code(errno, std::generic_category()));
}

// Moves all that a complete ceremony made into place; may be repeated.
Status MoveIntoPlace(const Path& work, const Path& directory) {
  std::error_code error;
  std::vector<Path> names;
  for (const auto& entry : fs::directory_iterator(work, error)) names.push_back(entry.path().filename());
  if (error) return FileTrouble(work, error);
  const Path last = SignerPaths{directory}.Config().filename();
  std::sort(names.begin(), names.end(),
            [&](const Path& a, const Path& b) { return (a == last) < (b == last); });
  for (const Path& name : names) {
    if (name == kComplete) continue;
    if (name == last) HOLDFAST_CHECK(SyncAll(directory));
    fs::rename(work / name, directory / name, error);
    if (error) return FileTrouble(directory / name, error);
  }
  HOLDFAST_CHECK(SyncAll(directory));
  fs::remove_all(work, error);
  return {};
}

tl::unexpected<Error> Exists(const Path& what) {
  return Fail(ErrorKind::kConflict, "ceremony.exists", what.string() + " exists: a ceremony was held here",
              "Choose another directory, or change this signer with rotate and add-line");
}

// An empty place to work in; discards what an interrupted attempt left unfinished.
Status PrepareDirectory(const Path& work, const Path& directory) {
  HOLDFAST_CHECK(MakeDirectory(directory, 0700));
  std::error_code error;
  if (fs::exists(work / kComplete, error)) return Exists(work);
  const SignerPaths paths{directory};
  for (const Path& made : {paths.Config(), paths.Roots(), paths.AuditLog(), directory / "tokens",
                           directory / "certificates", directory / "pin"})
    if (fs::exists(made, error)) return Exists(made);
  fs::remove_all(work, error);
  if (error) return FileTrouble(work, error);
  return MakeDirectory(work, 0700);
}

// Held by the process of a ceremony, also when the command that began it was killed.
Result<FileLock> LockForCeremony(const Path& directory) {
  auto lock = LockSigner({directory});
  if (!lock && lock.error().check == "signer.locked")
    lock.error().advice =
        "Wait until it is done: a ceremony goes on when the command that began it is killed";
  return lock;
}

class Work {
 public:
  Work(const Ceremony& ceremony, Path work)
      : ceremony_(ceremony), plan_(ceremony.plan), paths_{std::move(work)}, now_(ceremony.clock()) {}

  Result<Transcript> Run() {
    transcript_ = {.title = "Key ceremony",
                   .vendor = plan_.vendor,
                   .started = now_,
                   .plan_text = ceremony_.plan_text,
                   .needed = plan_.quorum.needed,
                   .approvals = ceremony_.approvals};
    HOLDFAST_TRY(transcript_.approved_by,
                 CheckApprovals(AsBytes(ceremony_.plan_text), ceremony_.approvals, plan_.quorum));
    HOLDFAST_CHECK(MakeTokens());
    TokenSet tokens(configs_);
    HOLDFAST_CHECK(tokens.CheckTogether());
    HOLDFAST_TRY(const RootAuthority root, MakeRoot(tokens));
    for (const LinePlan& line : plan_.lines) {
      HOLDFAST_TRY(MadeLine made, MakeLine(tokens, line, 1, root, now_, paths_, transcript_));
      config_.lines.push_back(std::move(made.config));
    }
    transcript_.tokens = tokens.Opened();
    HOLDFAST_CHECK(WriteConfig());
    HOLDFAST_CHECK(WriteTranscript());
    return std::move(transcript_);
  }

 private:
  Status MakeTokens() {
    for (const auto& [name, token] : plan_.tokens) {
      if (!token.embedded) {
        config_.tokens[name] = configs_[name] = token.config;
        continue;
      }
      HOLDFAST_TRY(TokenConfig made, MakeEmbeddedToken(name, paths_.directory));
      made.sessions = token.config.sessions;
      configs_[name] = made;
      config_.tokens[name] = MovedEmbeddedToken(name, made, ceremony_.directory);
    }
    return {};
  }

  Result<RootAuthority> MakeRoot(TokenSet& tokens) {
    HOLDFAST_TRY(const MadeKey made, MakeKey(tokens, plan_.root, "root"));
    config_.root_key = made.reference;
    transcript_.AddKey("root", plan_.root.token, made.key->public_key(), made.generated);
    CertificateFields fields;
    fields.profile = CertificateProfile::kRoot;
    fields.serial = NewSerial();
    fields.issuer = fields.subject = {plan_.vendor, plan_.root_name};
    fields.not_before = now_ - kCertificateBackdating;
    fields.not_after = now_ + plan_.root_validity;
    fields.subject_spki = made.key->public_key().spki();
    HOLDFAST_TRY(Certificate root, SignCertificate(fields, *made.key));
    HOLDFAST_CHECK(
        Write(paths_.Roots(), ToBytes(CertificateFile(root, "Root certificate")), 0644, "root certificate"));
    CrlFields list;
    list.issuer = fields.subject;
    list.this_update = now_;
    list.next_update = now_ + plan_.root_crl_validity;
    list.authority_key_id = root.subject_key_id();
    list.number = 1;
    HOLDFAST_TRY(const Crl crl, SignCrl(list, *made.key));
    HOLDFAST_CHECK(Write(paths_.RootCrl(), crl.der(), 0644, "revocation list of the root, number 1"));
    return RootAuthority{std::move(root), made.key};
  }

  Status Write(const Path& file, ByteView content, int mode, std::string what) {
    HOLDFAST_CHECK(WriteFileAtomically(file, content, mode));
    transcript_.AddFile(file.lexically_relative(paths_.directory).string(), std::move(what), content);
    return {};
  }

  Status WriteConfig() {
    config_.vendor = plan_.vendor;
    config_.quorum = plan_.quorum;
    const std::string text = FormatSignerConfig(config_, ceremony_.directory);
    HOLDFAST_TRY(const SignerConfig read_back, ParseSignerConfig(text, ceremony_.directory));
    return Write(paths_.Config(), AsBytes(text), 0600, "configuration of the signer");
  }

  Status WriteTranscript() {
    transcript_.finished = ceremony_.clock();
    const std::string json = FormatTranscriptJson(transcript_), text = FormatTranscriptText(transcript_);
    const Path folder = paths_.directory / "transcripts";
    HOLDFAST_CHECK(MakeDirectory(folder, 0755));
    HOLDFAST_CHECK(WriteFileAtomically(folder / "ceremony.json", AsBytes(json), 0644));
    HOLDFAST_CHECK(WriteFileAtomically(folder / "ceremony.txt", AsBytes(text), 0644));
    HOLDFAST_TRY(const auto audit, AuditLog::Create(paths_.AuditLog(), ceremony_.clock));
    AuditEntry entry{"ceremony", {}};
    entry.members.Text("vendor", plan_.vendor).Text("transcript_sha256", HexEncode(Sha256(AsBytes(json))));
    HOLDFAST_CHECK(audit->Append(entry));
    return audit->Sync();
  }

  const Ceremony& ceremony_;
  const CeremonyPlan& plan_;
  const SignerPaths paths_;
  const Time now_;
  std::map<std::string, TokenConfig> configs_;  // while it is being made
  SignerConfig config_;                         // when it is in place
  Transcript transcript_;
};

std::string Words(const KeyPlan& key) {
  return (key.generate.empty() ? "the existing key " + key.uri : "a new " + key.generate + " key") +
         " in token " + key.token;
}

}  // namespace

Result<std::optional<std::string>> FinishCeremony(const Ceremony& ceremony) {
  const Path directory = fs::absolute(ceremony.directory).lexically_normal(),
             work = directory / kWorkDirectory;
  std::error_code error;
  if (!fs::exists(work / kComplete, error)) return std::nullopt;
  HOLDFAST_TRY(const FileLock lock, LockForCeremony(directory));
  if (!fs::exists(work / kComplete, error)) return std::nullopt;
  HOLDFAST_CHECK(MoveIntoPlace(work, directory));
  HOLDFAST_TRY(const Bytes transcript,
               ReadFile(directory / "transcripts" / "ceremony.txt", kMaxTranscriptSize));
  const std::string text(AsText(transcript));
  if (text.find(PlanLine(ceremony.plan_text)) != text.npos) return std::optional(text);
  return Fail(ErrorKind::kConflict, "ceremony.other_plan",
              "an interrupted ceremony with another plan was finished in " + directory.string() +
                  "; nothing was made by this plan",
              "See transcripts/ceremony.txt there; choose another directory for this plan");
}

Result<Transcript> HoldCeremony(const Ceremony& given) {
  Ceremony ceremony = given;
  ceremony.directory = fs::absolute(given.directory).lexically_normal();
  const Path work = ceremony.directory / kWorkDirectory;
  HOLDFAST_CHECK(MakeDirectory(ceremony.directory, 0700));
  HOLDFAST_TRY(const FileLock lock, LockForCeremony(ceremony.directory));
  HOLDFAST_CHECK(PrepareDirectory(work, ceremony.directory));
  auto transcript = Work(ceremony, work).Run();  // tokens are closed when it returns
  if (!transcript) {
    std::error_code ignored;
    fs::remove_all(work, ignored);
    return transcript;
  }
  for (const auto& [name, token] : ceremony.plan.tokens)
    if (token.embedded)
      HOLDFAST_CHECK(WriteEmbeddedConfig(work / "softhsm2.conf", ceremony.directory / "tokens"));
  HOLDFAST_CHECK(SyncAll(work));
  HOLDFAST_CHECK(WriteFileAtomically(work / kComplete, {}, 0600));
  HOLDFAST_CHECK(MoveIntoPlace(work, ceremony.directory));
  return transcript;
}

Result<std::string> DescribeCeremony(const Ceremony& ceremony) {
  const CeremonyPlan& plan = ceremony.plan;
  HOLDFAST_TRY(const auto names,
               CheckApprovals(AsBytes(ceremony.plan_text), ceremony.approvals, plan.quorum));
  std::string text =
      "A ceremony for " + plan.vendor + " in " + ceremony.directory.string() + " would make:\n";
  for (const auto& [name, token] : plan.tokens)
    text += "  token " + name + ": " +
            (token.embedded ? "a new SoftHSM token below that directory"
                            : token.config.uri + " of " + token.config.module) +
            "\n";
  text += "  root certificate \"" + plan.root_name + "\", " + FormatDuration(plan.root_validity) + ", with " +
          Words(plan.root) + "\n";
  for (const LinePlan& line : plan.lines)
    text += "  line " + line.line + ", " + FormatDuration(line.validity) + ": licenses with " +
            Words(line.issuing) + ", messages with " + Words(line.message) + "\n";
  text += plan.quorum.needed == 0 ? "  without approvals\n"
                                  : "  approved by " + std::to_string(names.size()) + " operators\n";
  return text + "Nothing was made. SHA-256 of the plan: " + HexEncode(Sha256(AsBytes(ceremony.plan_text))) +
         "\n";
}

CeremonyPlan MakeSimplePlan(const SimplePlan& simple) {
  CeremonyPlan plan;
  plan.vendor = simple.vendor;
  plan.tokens["main"] = {!simple.token.has_value(), simple.token.value_or(TokenConfig{})};
  const KeyPlan key{"main", simple.key_type, {}};
  plan.root = key;
  plan.lines.push_back({.line = simple.line, .issuing = key, .message = key});
  return plan;
}

}  // namespace holdfast::hsm
