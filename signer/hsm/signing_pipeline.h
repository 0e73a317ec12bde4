// Sign, verify, record, release: three kinds of threads, so that the token never waits for anything else
// (docs/decisions/0052).
//
//   Submit            writes the intents (event "signing") to the audit log: no record, no signature
//   session workers   the token's signature, unverified
//   verifier          verifies it with the certificate's key, assembles the object
//   recorder          writes the outcomes (event "signed" with the object, or "failed"), one fdatasync for
//                     all that are there, and only then marks the jobs as done
#pragma once

#include <condition_variable>
#include <memory>
#include <span>
#include <thread>

#include "signer/hsm/audit_log.h"
#include "signer/hsm/issuer_key.h"
#include "signer/hsm/work_queue.h"

namespace holdfast::hsm {

struct SigningJob {
  const IssuerKey* key = nullptr;
  std::string kind;     // "license", "crl", "message"
  AuditMembers intent;  // what is ordered and by whom, for the audit log
  Bytes to_be_signed;   // TBS, or JWS signing input
  std::function<Result<Bytes>(ByteView raw_signature)> assemble;
  bool record_object = true;  // false: the object holds a secret; its hash is recorded

  // The pipeline's own:
  Result<Bytes> result = Bytes();  // the object
  Sha256Digest hash{};
  int64_t intent_sequence = 0;
  Bytes signature;
  bool done = false;
};

// Jobs that are submitted and waited for together. The pipeline shares it for as long as one of them is under
// way, so whoever waits may leave: an HSM may never answer.
class SigningBatch {
 public:
  using Patience = std::chrono::milliseconds;

  explicit SigningBatch(std::vector<SigningJob> jobs) : jobs_(std::move(jobs)), open_(jobs_.size()) {}
  // One result for each job, once. Waits while jobs get done; when none was for `patience`, those that are
  // left have the result hsm.down. They are not released any more, whatever becomes of them.
  std::vector<Result<Bytes>> Wait(Patience patience);

 private:
  friend class SigningPipeline;
  void Done(SigningJob& job);

  std::vector<SigningJob> jobs_;
  std::mutex mutex_;  // guards what follows, and the results of jobs that are done
  std::condition_variable all_done_;
  size_t open_;
};

class SigningPipeline {
 public:
  SigningPipeline(AuditLog& audit, int workers);
  ~SigningPipeline();  // all submitted jobs are finished first

  // The jobs' keys must live as long as the pipeline. When the audit log cannot be written, every job's
  // result is that error, nothing is signed, and they are done at once; likewise those of a key that hangs
  // (KeyHealth), and, after `patience`, those that find no place in the queue.
  void Submit(const std::shared_ptr<SigningBatch>& batch, SigningBatch::Patience patience);

 private:
  // A job, and a share of its batch.
  struct Job {
    std::shared_ptr<SigningBatch> batch;
    SigningJob* job = nullptr;
    SigningJob* operator->() const { return job; }
    void Done() const { batch->Done(*job); }
  };
  void SignLoop();
  void VerifyLoop();
  void RecordLoop();
  Status Record(const std::vector<Job>& jobs);

  AuditLog& audit_;
  WorkQueue<Job> to_sign_{1024}, to_verify_{1024}, to_record_{4096};
  std::vector<std::jthread> workers_;
  std::jthread verifier_, recorder_;
};

}  // namespace holdfast::hsm
