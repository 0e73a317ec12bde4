#include "signer/hsm/issuer.h"

#include <unistd.h>

#include <algorithm>

#include "certs/crl_rules.h"
#include "certs/lint.h"
#include "protocol/json_text.h"
#include "protocol/strict_json.h"
#include "signer/hsm/authority.h"

namespace holdfast::hsm {
namespace {

constexpr size_t kChunk = 32;
constexpr int kRefusalsPerMinute = 60;

tl::unexpected<Error> NoLine(const std::string& line) {
  return Refused("policy.line", "there is no product line \"" + line.substr(0, 64) + "\" in signer.conf",
                 "Add it with holdfast-signer add-line");
}

tl::unexpected<Error> NewestIsRevoked(const std::string& line) {
  return Refused(
      "policy.revoked",
      "the newest issuing key of line \"" + line + "\" is revoked: nothing is signed without a newer",
      "Make a new one: holdfast-vendor issuer rotate --line " + line);
}

void AddActor(AuditMembers& members, const Actor& actor) {
  members.Raw("actor",
              "{\"uid\":" + std::to_string(actor.uid) + ",\"pid\":" + std::to_string(actor.pid) + "}");
}

AuditMembers LicenseIntent(const LicenseOrder& order, const IssuingLine& line, const Actor& actor) {
  AuditMembers m;
  m.Text("kind", "license").Text("line", line.line).Number("generation", line.generation);
  AddActor(m, actor);
  m.Text("serial", HexEncode(order.serial))
      .Text("license", order.license_id)
      .Text("customer", order.customer);
  m.Text("not_before", FormatTime(order.not_before)).Text("not_after", FormatTime(order.not_after));
  m.Text("reason", order.reason);
  return m;
}

Json EntriesJson(const std::vector<RevokedEntry>& entries) {
  Json list = Json::array();
  for (const auto& e : entries)
    list.push_back(HexEncode(e.serial) + ":" + std::to_string(static_cast<int>(e.reason)));
  return list;
}

AuditMembers CrlIntent(const CrlFields& fields, const IssuingLine& line, const Actor& actor) {
  AuditMembers m;
  m.Text("kind", "crl").Text("line", line.line).Number("generation", line.generation);
  AddActor(m, actor);
  m.Text("uri", fields.uri)
      .Number("number", fields.number)
      .Text("this_update", FormatTime(fields.this_update));
  m.Text("next_update", FormatTime(fields.next_update))
      .Raw("entries", FormatJson(EntriesJson(fields.entries)));
  return m;
}

CertificateFields LicenseFields(const LicenseOrder& order, const IssuingLine& line) {
  CertificateFields f;
  f.profile = CertificateProfile::kLicense;
  f.serial = order.serial;
  f.issuer = line.issuing.fields().subject;
  f.subject = {order.customer, order.license_id};
  f.not_before = order.not_before;
  f.not_after = order.not_after;
  f.subject_spki = order.subject_spki;
  f.authority_key_id = line.issuing.subject_key_id();
  f.crl_uri = CrlUri(line.issuing.subject_key_id(), order.shard);
  f.terms_json = order.terms_json;
  return f;
}

CrlFields ListFields(const CrlOrder& order, const IssuingLine& line) {
  CrlFields f;
  f.issuer = line.issuing.fields().subject;
  f.this_update = order.this_update;
  f.next_update = order.next_update;
  f.authority_key_id = line.issuing.subject_key_id();
  f.number = order.number;
  f.uri = CrlUri(line.issuing.subject_key_id(), order.shard);
  f.entries = order.entries;
  std::sort(f.entries.begin(), f.entries.end(),
            [](const RevokedEntry& a, const RevokedEntry& b) { return SerialLess(a.serial, b.serial); });
  return f;
}

Result<std::optional<Crl>> ReadPreviousCrl(const Path& file) {
  auto der = ReadFile(file, kMaxCrlSize);
  if (!der && der.error().kind == ErrorKind::kNotFound) return std::nullopt;
  if (!der) return tl::unexpected(der.error());
  auto crl = Crl::Parse(*der);
  // Signing without knowing what was published before could lose a revocation.
  if (!crl)
    return Fail(ErrorKind::kUnavailable, "policy.crl_previous",
                file.string() + " is damaged: " + crl.error().message,
                "Restore it: it is the newest list of that shard, as published");
  return std::optional<Crl>(std::move(*crl));
}

SignatureAlgorithm AlgorithmOf(const IssuingLine& line) {
  return AlgorithmFor(line.issuing.public_key().type());
}

// What the lint reads: the whole object under a placeholder signature.
Result<Bytes> Draft(const Bytes& tbs, const IssuingLine& line) {
  return AssembleSigned(tbs, AlgorithmOf(line), PlaceholderSignature(line.issuing.public_key()));
}

// A certificate or a list, signed with the line's issuing key.
SigningJob DerJob(std::string_view kind, AuditMembers intent, Bytes tbs, const IssuingLine& line) {
  SigningJob job;
  job.key = &line.issuing_key;
  job.kind = kind;
  job.intent = std::move(intent);
  job.to_be_signed = tbs;
  job.assemble = [tbs = std::move(tbs), algorithm = AlgorithmOf(line)](ByteView raw) {
    return AssembleSigned(tbs, algorithm, raw);
  };
  return job;
}

// What a peer wrote is in a refusal's record, but a record has a largest size (kMaxAuditLine).
std::string_view Short(std::string_view text) {
  constexpr size_t kMost = 1024;
  if (text.size() <= kMost) return text;
  size_t size = kMost;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) size--;
  return text.substr(0, size);
}

std::string_view StateName(KeyState state) {
  if (state == KeyState::kOk) return "ok";
  return state == KeyState::kPinRefused ? "pin_refused" : "hsm_down";
}

}  // namespace

Issuer::Issuer(IssuerParts parts, std::unique_ptr<AuditLog> audit, SerialIndex serials)
    : parts_(std::move(parts)),
      audit_(std::move(audit)),
      linted_(parts_.lines.size()),
      serials_(std::move(serials)),
      pipeline_(*audit_, parts_.workers) {
  for (const Time time : audit_->RecentSignings("license")) licenses_.Add(time);
  for (const Time time : audit_->RecentSignings("message")) messages_.Add(time);
}

Issuer::~Issuer() {
  RecordSuppressed();
}

Actor Issuer::Self() {
  return {::getuid(), ::getpid()};
}

const IssuingLine* Issuer::Current(const std::string& line) const {
  const IssuingLine* newest = nullptr;
  for (const auto& l : parts_.lines)
    if (l.line == line && (!newest || l.generation > newest->generation)) newest = &l;
  // Whoever revoked it has not said that an older one is to sign again.
  return newest && !newest->revoked ? newest : nullptr;
}

Result<const IssuingLine*> Issuer::ToSignWith(const std::string& line) const {
  if (const IssuingLine* current = Current(line)) return current;
  for (const auto& l : parts_.lines)
    if (l.line == line) return NewestIsRevoked(line);
  return NoLine(line);
}

Result<const IssuingLine*> Issuer::ByKeyId(const std::string& line, ByteView key_id) const {
  if (key_id.empty()) return ToSignWith(line);
  for (const auto& l : parts_.lines)
    if (l.line == line && Equal(l.issuing.subject_key_id(), key_id)) return &l;
  return NoLine(line);
}

PolicyContext Issuer::Context(const IssuingLine& line, const RateWindow& window) const {
  const Time now = parts_.clock();
  return {.vendor = parts_.vendor,
          .now = now,
          .last_signed = audit_->newest(),
          .issuer_not_before = line.issuing.fields().not_before,
          .issuer_not_after = line.issuing.fields().not_after,
          .signed_last_minute = window.LastMinute(now)};
}

PolicyContext Issuer::Admit(const IssuingLine& line, RateWindow& window, int limit) {
  const std::scoped_lock lock(mutex_);
  PolicyContext context = Context(line, window);
  if (context.signed_last_minute < limit) window.Add(context.now);
  return context;
}

Status Issuer::ClaimSerial(const Bytes& serial, const Bytes& tbs) {
  const Sha256Digest hash = Sha256(tbs);
  const std::scoped_lock lock(mutex_);
  // The same order again, whose answer got lost, is harmless: the same content once more.
  if (serials_.Claim(serial, hash)) return {};
  return Fail(ErrorKind::kConflict, "policy.serial",
              "serial " + HexEncode(serial) + " was given to another license already");
}

// A defect of the writer shows in a line's first license (per start) as in any other, so that one is read by
// all parsers, and those after it by the two cheapest (certs/lint.h).
Status Issuer::Lint(const IssuingLine& line, ByteView draft, const CertificateFields& fields,
                    const PublicKey& key) {
  std::atomic<bool>& linted = linted_[static_cast<size_t>(&line - parts_.lines.data())];
  if (linted) return LintLicense(draft, fields, key);
  HOLDFAST_CHECK(LintCertificate(draft, fields));
  linted = true;
  return {};
}

Result<SigningJob> Issuer::PrepareLicense(const LicenseOrder& order, const Actor& actor) {
  HOLDFAST_TRY(const IssuingLine* line, ToSignWith(order.line));
  HOLDFAST_TRY(
      const PublicKey key,
      CheckLicenseOrder(order, parts_.policy, Admit(*line, licenses_, parts_.policy.licenses_per_minute)));
  const CertificateFields fields = LicenseFields(order, *line);
  HOLDFAST_TRY(Bytes tbs, BuildTbsCertificate(fields, AlgorithmOf(*line)));
  HOLDFAST_TRY(const Bytes draft, Draft(tbs, *line));
  HOLDFAST_CHECK(Lint(*line, draft, fields, key));
  HOLDFAST_CHECK(ClaimSerial(order.serial, tbs));
  return DerJob("license", LicenseIntent(order, *line, actor), std::move(tbs), *line);
}

Result<SigningJob> Issuer::PrepareCrl(const CrlOrder& order, const Actor& actor) {
  HOLDFAST_TRY(const IssuingLine* line, ByKeyId(order.line, order.issuer_key_id));
  HOLDFAST_TRY(const auto previous,
               ReadPreviousCrl(parts_.paths.Crl(line->issuing.subject_key_id(), order.shard)));
  const CrlFields fields = ListFields(order, *line);
  HOLDFAST_CHECK(CheckCrl(fields, parts_.policy, Context(*line, RateWindow()),
                          previous ? &previous->fields() : nullptr));
  HOLDFAST_TRY(Bytes tbs, BuildTbsCrl(fields, AlgorithmOf(*line)));
  HOLDFAST_TRY(const Bytes draft, Draft(tbs, *line));
  HOLDFAST_CHECK(LintCrl(draft, fields));
  return DerJob("crl", CrlIntent(fields, *line, actor), std::move(tbs), *line);
}

Result<SigningJob> Issuer::PrepareMessage(const MessageOrder& order, const Actor& actor) {
  HOLDFAST_TRY(const IssuingLine* line, ToSignWith(order.line));
  HOLDFAST_CHECK(
      CheckMessageOrder(order, parts_.policy, Admit(*line, messages_, parts_.policy.messages_per_minute)));
  const std::string input = JwsSigningInput(order.type, AlgorithmFor(line->message.public_key().type()),
                                            HexEncode(line->message.subject_key_id()), order.payload);
  SigningJob job;
  job.key = &line->message_key;
  job.kind = "message";
  job.intent.Text("kind", "message").Text("line", line->line).Number("generation", line->generation);
  AddActor(job.intent, actor);
  job.intent.Text("type", TypName(order.type));
  job.to_be_signed = ToBytes(input);
  job.record_object = false;
  job.assemble = [input](ByteView raw) -> Result<Bytes> { return ToBytes(FinishJws(input, raw)); };
  return job;
}

void Issuer::RecordRefusal(std::string_view kind, std::string_view subject, const Actor& actor,
                           const Error& error) {
  {
    const std::scoped_lock lock(mutex_);
    const Time now = parts_.clock();
    if (refusals_.LastMinute(now) >= kRefusalsPerMinute) {  // a flood must not fill the disk
      suppressed_++;
      return;
    }
    refusals_.Add(now);
  }
  RecordSuppressed();
  AuditEntry entry{"refused", {}};
  entry.members.Text("kind", kind);
  AddActor(entry.members, actor);
  entry.members.Text("subject", Short(subject))
      .Text("check", error.check)
      .Text("message", Short(error.message));
  // A refusal stands whether or not it could be recorded.
  if (audit_->Append(entry)) (void)audit_->Sync();
}

void Issuer::RecordSuppressed() {
  AuditEntry entry{"suppressed", {}};
  {
    const std::scoped_lock lock(mutex_);
    if (suppressed_ == 0) return;
    entry.members.Number("refusals", std::exchange(suppressed_, 0));
  }
  if (audit_->Append(entry)) (void)audit_->Sync();
}

Result<Bytes> Issuer::Run(SigningJob job) {
  std::vector<SigningJob> jobs;
  jobs.push_back(std::move(job));
  const auto batch = std::make_shared<SigningBatch>(std::move(jobs));
  pipeline_.Submit(batch, parts_.patience);
  return std::move(batch->Wait(parts_.patience).front());
}

Result<Bytes> Issuer::IssueLicense(const LicenseOrder& order, const Actor& actor) {
  auto job = PrepareLicense(order, actor);
  if (job) return Run(std::move(*job));
  RecordRefusal("license", order.license_id, actor, job.error());
  return tl::unexpected(job.error());
}

std::vector<Result<Bytes>> Issuer::IssueLicenses(std::span<const LicenseOrder> orders, const Actor& actor) {
  std::vector<Result<Bytes>> results(orders.size());
  struct Chunk {
    std::shared_ptr<SigningBatch> batch;
    std::vector<size_t> orders;
  };
  std::vector<Chunk> chunks;
  std::vector<SigningJob> jobs;
  std::vector<size_t> order_of_job;
  const auto submit = [&] {
    if (jobs.empty()) return;
    chunks.push_back(
        {std::make_shared<SigningBatch>(std::exchange(jobs, {})), std::exchange(order_of_job, {})});
    pipeline_.Submit(chunks.back().batch, parts_.patience);
  };
  for (size_t i = 0; i < orders.size(); i++) {
    auto job = PrepareLicense(orders[i], actor);
    if (!job) {
      RecordRefusal("license", orders[i].license_id, actor, job.error());
      results[i] = tl::unexpected(job.error());
      continue;
    }
    jobs.push_back(std::move(*job));
    order_of_job.push_back(i);
    if (jobs.size() == kChunk) submit();
  }
  submit();
  for (const Chunk& chunk : chunks) {
    auto signed_ones = chunk.batch->Wait(parts_.patience);
    for (size_t j = 0; j < signed_ones.size(); j++) results[chunk.orders[j]] = std::move(signed_ones[j]);
  }
  return results;
}

Result<Bytes> Issuer::IssueCrl(const CrlOrder& order, const Actor& actor) {
  const std::scoped_lock lock(crl_mutex_);
  auto job = PrepareCrl(order, actor);
  if (!job) {
    RecordRefusal("crl", std::to_string(order.number), actor, job.error());
    return tl::unexpected(job.error());
  }
  HOLDFAST_TRY(Bytes der, Run(std::move(*job)));
  // Kept before it is released, so that the next list cannot lose what this one says.
  HOLDFAST_TRY(const IssuingLine* line, ByKeyId(order.line, order.issuer_key_id));
  const Path file = parts_.paths.Crl(line->issuing.subject_key_id(), order.shard);
  HOLDFAST_CHECK(MakeDirectory(file.parent_path(), 0700));
  HOLDFAST_CHECK(WriteFileAtomically(file, der, 0600));
  return der;
}

Result<std::string> Issuer::SignMessage(const MessageOrder& order, const Actor& actor) {
  auto job = PrepareMessage(order, actor);
  if (!job) {
    RecordRefusal("message", TypName(order.type), actor, job.error());
    return tl::unexpected(job.error());
  }
  HOLDFAST_TRY(const Bytes jws, Run(std::move(*job)));
  return std::string(AsText(jws));
}

Result<SignerStatus> Issuer::GetStatus() {
  SignerStatus status;
  status.state = "ok";
  for (const auto& line : parts_.lines) {
    const bool current = Current(line.line) == &line;
    status.issuers.push_back({line.line, line.issuing.der(), line.message.der(), current});
    for (const IssuerKey* key : {&line.issuing_key, &line.message_key}) {
      const KeyHealth health = key->health();
      if (health.state != KeyState::kOk && status.state != "pin_refused") {
        status.state = StateName(health.state);
        status.detail = line.line + ": " + health.detail;
      }
      if (health.last_good_age && health.last_good_age > status.last_good_signature_age.value_or(Seconds(-1)))
        status.last_good_signature_age = health.last_good_age;
    }
  }
  // Whoever keeps the head expects to see it again, also after a power cut.
  HOLDFAST_CHECK(audit_->Sync());
  const AuditHead head = audit_->durable_head();
  status.audit_sequence = head.sequence;
  status.audit_head = HexEncode(head.hash);
  status.root_certificate = parts_.root_certificate;
  if (auto crl = ReadFile(parts_.paths.RootCrl(), kMaxCrlSize)) status.root_crl = std::move(*crl);
  return status;
}

Status Issuer::KeepAlive() {
  RecordSuppressed();
  Status worst;
  for (const auto& line : parts_.lines)
    for (const IssuerKey* key : {&line.issuing_key, &line.message_key})
      if (auto status = key->keep_alive(); !status) worst = status;
  return worst;
}

}  // namespace holdfast::hsm
