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

// A thread of the pipeline outlives whatever a job throws (no memory): then that job is never done, and whoever
// waits for it leaves when its time is over.
template <class Step>
void Guarded(Step step) {
  try {
    step();
  } catch (const std::exception&) {
  }
}

template <class Step>
auto Caught(Step step) -> decltype(step()) {
  try {
    return step();
  } catch (const std::exception& e) {
    return Fail(ErrorKind::kInternal, "internal.exception", e.what());
  }
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

tl::unexpected<Error> NoAnswer(SigningBatch::Patience patience) {
  return Fail(
      ErrorKind::kUnavailable, "hsm.down",
      "the HSM has not signed within " +
          std::to_string(std::chrono::duration_cast<Seconds>(patience).count()) + " s",
      "Check the HSM; ordering the same again is safe. Restart the signer if the HSM works for others");
}

}  // namespace

std::vector<Result<Bytes>> SigningBatch::Wait(Patience patience) {
  std::unique_lock lock(mutex_);
  for (size_t before = open_; !all_done_.wait_for(lock, patience, [&] { return open_ == 0; }); before = open_)
    if (open_ == before) break;
  std::vector<Result<Bytes>> results;
  results.reserve(jobs_.size());
  for (SigningJob& job : jobs_) {
    if (job.done)
      results.push_back(std::move(job.result));
    else
      results.push_back(NoAnswer(patience));
  }
  return results;
}

void SigningBatch::Done(SigningJob& job) {
  const std::scoped_lock lock(mutex_);
  job.done = true;
  if (--open_ == 0) all_done_.notify_all();
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

void SigningPipeline::Submit(const std::shared_ptr<SigningBatch>& batch, SigningBatch::Patience patience) {
  std::vector<Job> jobs;
  std::vector<AuditEntry> intents;
  const auto answer = [](const Job& job, Error error) {
    job->result = tl::unexpected(std::move(error));
    job.Done();
  };
  for (SigningJob& each : batch->jobs_) {
    const Job job{batch, &each};
    if (const KeyHealth health = job->key->health(); health.hangs) {
      answer(job, {ErrorKind::kUnavailable, "hsm.down", health.detail,
                   "Check the HSM; restart the signer if it works for others"});
      continue;
    }
    job->hash = Sha256(job->to_be_signed);
    intents.push_back(Intent(*job.job));
    jobs.push_back(job);
  }
  if (jobs.empty()) return;
  const auto first = audit_.Append(intents);
  for (size_t i = 0; i < jobs.size(); i++) {
    if (!first) {
      answer(jobs[i], first.error());
      continue;
    }
    jobs[i]->intent_sequence = *first + static_cast<int64_t>(i);
    if (to_sign_.PushWithin(jobs[i], patience)) continue;
    jobs[i]->result = NoAnswer(patience);
    to_verify_.Push(jobs[i]);  // so that its end is on record
  }
}

void SigningPipeline::SignLoop() {
  for (Job job; to_sign_.Pop(job);) {
    Guarded([&] {
      auto signature = Caught([&] { return Sign(*job.job); });
      if (signature)
        job->signature = std::move(*signature);
      else
        job->result = tl::unexpected(std::move(signature.error()));
      to_verify_.Push(std::move(job));
    });
  }
}

void SigningPipeline::VerifyLoop() {
  for (std::vector<Job> jobs; to_verify_.PopSome(jobs, kVerifiedTogether);) {
    Guarded([&] {
      for (const Job& job : jobs)
        if (job->result) job->result = Caught([&] { return VerifyAndAssemble(*job.job); });
      to_record_.PushAll(jobs);
    });
  }
}

void SigningPipeline::RecordLoop() {
  for (std::vector<Job> jobs; to_record_.PopSome(jobs, kRecordedTogether);) {
    Guarded([&] {
      const Status durable = Caught([&] { return Record(jobs); });
      for (const Job& job : jobs) {
        // What is not on record does not leave.
        if (!durable) job->result = tl::unexpected(durable.error());
        job.Done();
      }
    });
    jobs.clear();
  }
}

Status SigningPipeline::Record(const std::vector<Job>& jobs) {
  std::vector<AuditEntry> outcomes;
  outcomes.reserve(jobs.size());
  for (const Job& job : jobs) outcomes.push_back(Outcome(*job.job));
  HOLDFAST_CHECK(audit_.Append(outcomes));
  return audit_.Sync();
}

}  // namespace holdfast::hsm
