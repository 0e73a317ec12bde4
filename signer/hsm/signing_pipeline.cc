#include "signer/hsm/signing_pipeline.h"

#include "protocol/base64.h"

namespace holdfast::hsm {
namespace {

// Handed on together: waking a thread and a flush for each license cost more than the wait for 32
// verifications, which is 1.5 ms when there are so many.
constexpr size_t kVerifiedTogether = 32;
constexpr size_t kRecordedTogether = 1024;

AuditEntry Intent(SigningJob& job) {
  AuditEntry entry{"signing", job.intent};
  entry.members.Text("tbs", HexEncode(job.hash));
  return entry;
}

AuditEntry Outcome(const SigningJob& job) {
  AuditEntry entry{job.result ? "signed" : "failed", {}};
  entry.members.Text("kind", job.kind)
      .Number("signing", job.intent_sequence)
      .Text("tbs", HexEncode(job.hash));
  if (!job.result)
    entry.members.Text("check", job.result.error().check).Text("message", job.result.error().message);
  else if (job.record_object)
    entry.members.Text("object", Base64Encode(*job.result));
  else
    entry.members.Text("object_sha256", HexEncode(Sha256(*job.result)));
  return entry;
}

Result<Bytes> Sign(const SigningJob& job) {
  const auto algorithm = AlgorithmFor(job.key->public_key.type());
  if (HashFor(algorithm) == HashAlgorithm::kSha256) return job.key->sign_unverified(job.hash);
  return job.key->sign_unverified(Digest(HashFor(algorithm), {job.to_be_signed}));
}

Result<Bytes> VerifyAndAssemble(const SigningJob& job) {
  const auto algorithm = AlgorithmFor(job.key->public_key.type());
  if (auto good = job.key->public_key.Verify(algorithm, job.to_be_signed, job.signature, EcdsaForm::kRaw);
      !good) {
    job.key->report_bad_signature();
    return Refused("hsm.signature", "the token made a signature that the certificate's key does not verify",
                   "Check that the token holds the key of the issuing certificate");
  }
  return job.assemble(job.signature);
}

}  // namespace

void Completion::Add(size_t jobs) {
  const std::scoped_lock lock(mutex_);
  open_ += jobs;
}

void Completion::Done() {
  const std::scoped_lock lock(mutex_);
  if (--open_ == 0) done_.notify_all();
}

void Completion::Wait() {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [&] { return open_ == 0; });
}

SigningPipeline::SigningPipeline(AuditLog& audit, int workers) : audit_(audit) {
  for (int i = 0; i < workers; i++) workers_.emplace_back([this] { SignLoop(); });
  verifier_ = std::jthread([this] { VerifyLoop(); });
  recorder_ = std::jthread([this] { RecordLoop(); });
}

SigningPipeline::~SigningPipeline() {
  to_sign_.Close();
  workers_.clear();
  to_verify_.Close();
  verifier_.join();
  to_record_.Close();
  recorder_.join();
}

void SigningPipeline::Submit(std::span<SigningJob> jobs) {
  std::vector<AuditEntry> intents;
  intents.reserve(jobs.size());
  for (SigningJob& job : jobs) {
    job.hash = Sha256(job.to_be_signed);
    intents.push_back(Intent(job));
    job.completion->Add(1);
  }
  auto first = audit_.Append(intents);
  for (size_t i = 0; i < jobs.size(); i++) {
    if (first) {
      jobs[i].intent_sequence = *first + static_cast<int64_t>(i);
      to_sign_.Push(&jobs[i]);
    } else {
      jobs[i].result = tl::unexpected(first.error());
      jobs[i].completion->Done();
    }
  }
}

void SigningPipeline::SignLoop() {
  for (SigningJob* job; to_sign_.Pop(job);) {
    auto signature = Sign(*job);
    if (signature)
      job->signature = std::move(*signature);
    else
      job->result = tl::unexpected(signature.error());
    to_verify_.Push(job);
  }
}

void SigningPipeline::VerifyLoop() {
  for (std::vector<SigningJob*> jobs; to_verify_.PopSome(jobs, kVerifiedTogether);) {
    for (SigningJob* job : jobs)
      if (job->result) job->result = VerifyAndAssemble(*job);
    to_record_.PushAll(jobs);
  }
}

void SigningPipeline::RecordLoop() {
  for (std::vector<SigningJob*> jobs; to_record_.PopSome(jobs, kRecordedTogether);) {
    Record(jobs);
    for (SigningJob* job : jobs) job->completion->Done();
  }
}

void SigningPipeline::Record(std::vector<SigningJob*>& jobs) {
  std::vector<AuditEntry> outcomes;
  outcomes.reserve(jobs.size());
  for (const SigningJob* job : jobs) outcomes.push_back(Outcome(*job));
  auto recorded = audit_.Append(outcomes);
  Status durable = recorded ? audit_.Sync() : tl::unexpected(recorded.error());
  if (durable) return;
  // What is not on record does not leave.
  for (SigningJob* job : jobs) job->result = tl::unexpected(durable.error());
}

}  // namespace holdfast::hsm
