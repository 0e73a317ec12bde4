#include "signer/hsm/change.h"

#include <algorithm>

#include "certs/crl_rules.h"
#include "signer/hsm/audit_log.h"
#include "signer/hsm/config_json.h"
#include "signer/hsm/line_keys.h"
#include "signer/hsm/signer_loader.h"
#include "signer/hsm/working_tokens.h"

namespace holdfast::hsm {
namespace {

std::string RootOf(const Certificate& root) {
  return HexEncode(root.public_key().SpkiSha256());
}

// Whether the plan, and with it its approvals, is for this signer and for now.
Status CheckPlace(const ChangePlan& plan, const SignerConfig& config, const Certificate& root, Time now) {
  if (plan.vendor != config.vendor || plan.root != RootOf(root))
    return Refused("change.root",
                   "the plan is for another signer: that of " + plan.vendor + " with root key " +
                       plan.root.substr(0, 64),
                   "Make the plan with this signer's signer.conf and have it approved");
  if (now < plan.expires) return {};
  return Refused("change.expired", "the plan was good until " + FormatTime(plan.expires),
                 "Make a new plan and have it approved");
}

Status CheckGeneration(const ChangePlan& plan, const SignerConfig& config) {
  const int current = CurrentGeneration(config, plan.line.line);
  if ((plan.operation == "rotate") != (current > 0))
    return Refused("change.line",
                   "line " + plan.line.line + (current > 0 ? " exists already" : " does not exist"));
  if (config.lines.size() >= kMaxLines)
    return Refused(
        "change.generations",
        "signer.conf has " + std::to_string(config.lines.size()) + " generations, and holds no more",
        "Take generations out of it whose licenses have all expired, never a line's newest "
        "(docs/operations.md, Rotation)");
  if (plan.generation == current + 1) return {};
  return Refused("change.generation",
                 "the plan makes generation " + std::to_string(plan.generation) + ", but line " +
                     plan.line.line + " is at " + std::to_string(current),
                 "Make a new plan and have it approved");
}

// By its certificate file, which is kept also when a generation was taken out of signer.conf.
Result<Certificate> ReadRevoked(const RevokedGeneration& revoked, const SignerPaths& paths,
                                const SignerConfig& config) {
  auto certificate =
      ReadCertificate(paths.Issuing(revoked.line, revoked.generation), CertificateProfile::kIssuing);
  if (certificate || certificate.error().kind != ErrorKind::kNotFound) return certificate;
  std::string known;
  for (const LineGeneration& line : config.lines)
    known += (known.empty() ? "" : ", ") + line.line + ":" + std::to_string(line.generation);
  return Fail(ErrorKind::kNotFound, "change.revoke",
              "there is no generation " + std::to_string(revoked.generation) + " of a line " + revoked.line,
              "signer.conf has " + known);
}

class Work {
 public:
  Work(const Change& change, SignerConfig config, SignerPaths paths, WorkingTokens& working)
      : change_(change),
        plan_(change.plan),
        config_(std::move(config)),
        paths_(std::move(paths)),
        working_(working),
        tokens_(working_.configs()),
        now_(change.clock()) {}

  Result<Transcript> Run() {
    transcript_ = {.title = "Change: " + plan_.operation,
                   .vendor = config_.vendor,
                   .started = now_,
                   .plan_text = change_.plan_text,
                   .needed = config_.quorum.needed,
                   .approvals = change_.approvals};
    HOLDFAST_TRY(transcript_.approved_by,
                 CheckApprovals(AsBytes(change_.plan_text), change_.approvals, config_.quorum));
    HOLDFAST_TRY(audit_, AuditLog::Open(paths_.AuditLog(), change_.clock));
    if (plan_.operation == "root-crl") {
      HOLDFAST_CHECK(NewRootCrl());
    } else {
      HOLDFAST_CHECK(NewGeneration());
    }
    return std::move(transcript_);
  }

 private:
  Result<RootAuthority> OpenRoot() {
    HOLDFAST_TRY(Certificate certificate, ReadRoot(paths_));
    HOLDFAST_CHECK(CheckPlace(plan_, config_, certificate, now_));
    HOLDFAST_TRY(auto key, tokens_.OpenKey(config_.root_key, certificate.public_key()));
    transcript_.AddKey("root", config_.root_key.token, certificate.public_key(), false);
    return RootAuthority{std::move(certificate), std::move(key)};
  }

  Status NewGeneration() {
    HOLDFAST_CHECK(CheckGeneration(plan_, config_));
    HOLDFAST_TRY(const RootAuthority root, OpenRoot());
    HOLDFAST_TRY(MadeLine made,
                 MakeLine(tokens_, plan_.line, plan_.generation, root, now_, paths_, transcript_));
    config_.lines.push_back(std::move(made.config));
    const std::string text = FormatSignerConfig(config_, paths_.directory);
    HOLDFAST_TRY(const SignerConfig read_back, ParseSignerConfig(text, paths_.directory));
    transcript_.AddFile("signer.conf", "configuration of the signer", AsBytes(text));
    HOLDFAST_CHECK(Record(plan_.line.line + "-" + std::to_string(plan_.generation)));
    HOLDFAST_CHECK(working_.Publish());  // before signer.conf names the new keys
    return WriteFileAtomically(paths_.Config(), AsBytes(text), 0600);
  }

  Result<CrlFields> NextList(const Crl& previous, const RootAuthority& root) {
    CrlFields next = previous.fields();
    next.this_update = now_;
    next.next_update = std::min(now_ + plan_.crl_validity, root.certificate.fields().not_after);
    next.number = plan_.crl_number;
    for (const RevokedGeneration& revoked : plan_.revoke) {
      HOLDFAST_TRY(const Certificate issuing, ReadRevoked(revoked, paths_, config_));
      const Bytes& serial = issuing.fields().serial;
      if (std::ranges::find(next.entries, serial, &RevokedEntry::serial) == next.entries.end())
        next.entries.push_back({serial, now_, RevocationReason::kKeyCompromise});
    }
    std::sort(next.entries.begin(), next.entries.end(),
              [](const RevokedEntry& a, const RevokedEntry& b) { return SerialLess(a.serial, b.serial); });
    HOLDFAST_CHECK(CheckSuccession(previous.fields(), next, {}));
    return next;
  }

  Status NewRootCrl() {
    HOLDFAST_TRY(const RootAuthority root, OpenRoot());
    HOLDFAST_TRY(const Crl previous, ReadRootCrl(paths_, root.certificate));
    if (plan_.crl_number != previous.fields().number + 1)
      return Refused("change.number",
                     "the plan makes list " + std::to_string(plan_.crl_number) + ", but the root is at " +
                         std::to_string(previous.fields().number),
                     "Make a new plan and have it approved");
    HOLDFAST_TRY(const CrlFields fields, NextList(previous, root));
    HOLDFAST_TRY(const Crl crl, SignCrl(fields, *root.key));
    transcript_.AddFile("root.crl", "revocation list of the root, number " + std::to_string(fields.number),
                        crl.der());
    HOLDFAST_CHECK(Record(std::to_string(fields.number)));
    return WriteFileAtomically(paths_.RootCrl(), crl.der(), 0644);
  }

  // Transcript and audit record come before the change takes effect.
  Status Record(const std::string& what) {
    transcript_.tokens = tokens_.Opened();
    transcript_.finished = change_.clock();
    const std::string json = FormatTranscriptJson(transcript_), text = FormatTranscriptText(transcript_);
    const Path folder = paths_.directory / "transcripts";
    HOLDFAST_CHECK(MakeDirectory(folder, 0755));
    HOLDFAST_CHECK(
        WriteFileAtomically(folder / (plan_.operation + "-" + what + ".json"), AsBytes(json), 0644));
    HOLDFAST_CHECK(
        WriteFileAtomically(folder / (plan_.operation + "-" + what + ".txt"), AsBytes(text), 0644));
    AuditEntry entry{plan_.operation, {}};
    entry.members.Text("what", what).Text("transcript_sha256", HexEncode(Sha256(AsBytes(json))));
    HOLDFAST_CHECK(audit_->Append(entry));
    return audit_->Sync();
  }

  const Change& change_;
  const ChangePlan& plan_;
  SignerConfig config_;
  const SignerPaths paths_;
  WorkingTokens& working_;
  TokenSet tokens_;
  const Time now_;
  std::unique_ptr<AuditLog> audit_;
  Transcript transcript_;
};

SignerPaths PathsOf(const Path& config_file) {
  return {std::filesystem::absolute(config_file).lexically_normal().parent_path()};
}

Result<KeyPlan> LikeKey(const KeyReference& model, const Path& certificate, CertificateProfile profile,
                        const ChangeRequest& request) {
  HOLDFAST_TRY(const Certificate existing, ReadCertificate(certificate, profile));
  return KeyPlan{request.token.empty() ? model.token : request.token,
                 request.key_type.empty() ? KeyTypeName(existing.public_key()) : request.key_type,
                 {}};
}

}  // namespace

Result<ChangePlan> ProposeChange(const ChangeRequest& request, const Path& config_file, Time now) {
  HOLDFAST_TRY(const SignerConfig config, ReadSignerConfig(config_file));
  const SignerPaths paths = PathsOf(config_file);
  ChangePlan plan;
  plan.operation = request.operation;
  HOLDFAST_TRY(const Certificate root, ReadRoot(paths));
  plan.vendor = config.vendor;
  plan.root = RootOf(root);
  plan.expires = now + kChangePlanLife;
  if (plan.operation == "root-crl") {
    HOLDFAST_TRY(const Crl previous, ReadRootCrl(paths, root));
    plan.crl_number = previous.fields().number + 1;
    plan.revoke = request.revoke;
    // What is proposed must be a plan that is accepted.
    HOLDFAST_TRY(plan, ParseChangePlan(FormatChangePlan(plan)));
    for (const RevokedGeneration& revoked : plan.revoke) HOLDFAST_CHECK(ReadRevoked(revoked, paths, config));
    return plan;
  }
  plan.line.line = request.line;
  plan.generation = CurrentGeneration(config, request.line) + 1;
  const LineGeneration* model = nullptr;
  for (const auto& line : config.lines)
    if (!model || line.line == request.line) model = &line;
  if (!model) return Refused("change.line", "there is no line to take the kind of key from");
  HOLDFAST_TRY(plan.line.issuing, LikeKey(model->issuing_key, paths.Issuing(model->line, model->generation),
                                          CertificateProfile::kIssuing, request));
  HOLDFAST_TRY(plan.line.message, LikeKey(model->message_key, paths.Message(model->line, model->generation),
                                          CertificateProfile::kMessage, request));
  HOLDFAST_CHECK(CheckGeneration(plan, config));
  return ParseChangePlan(FormatChangePlan(plan));
}

Result<Transcript> MakeChange(const Change& change) {
  const SignerPaths paths = PathsOf(change.config_file);
  HOLDFAST_TRY(const FileLock lock, LockSigner(paths));
  HOLDFAST_TRY(SignerConfig config, ReadSignerConfig(change.config_file));
  HOLDFAST_TRY(WorkingTokens working, WorkingTokens::Make(config, paths));
  return Work(change, std::move(config), paths, working).Run();
}

}  // namespace holdfast::hsm
