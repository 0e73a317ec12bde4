// Sign, verify, record, release: three kinds of threads, so that the token never waits for anything else
// (docs/decisions/0052).
//
//   Submit            writes the intents (event "signing") to the audit log: no record, no signature
//   session workers   the token's signature, unverified
//   verifier          verifies it with the certificate's key, assembles the object
//   recorder          writes the outcomes (event "signed" with the object, or "failed"), one fdatasync for
//   all that
//                     are there, and only then marks the jobs as done
#pragma once

#include <condition_variable>
#include <span>
#include <thread>

#include "signer/hsm/audit_log.h"
#include "signer/hsm/issuer_key.h"
#include "signer/hsm/work_queue.h"

namespace holdfast::hsm {

// The batch that a job belongs to; whoever submits waits for it.
class Completion {
 public:
  void Add(size_t jobs);
  void Done();
  void Wait();

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  size_t open_ = 0;
};

struct SigningJob {
  const IssuerKey* key = nullptr;
  std::string kind;     // "license", "crl", "message"
  AuditMembers intent;  // what is ordered and by whom, for the audit log
  Bytes to_be_signed;   // TBS, or JWS signing input
  std::function<Result<Bytes>(ByteView raw_signature)> assemble;
  bool record_object = true;  // false: the object holds a secret; its hash is recorded
  Completion* completion = nullptr;

  Result<Bytes> result = Bytes();  // the object, when done
  // The pipeline's own:
  Sha256Digest hash{};
  int64_t intent_sequence = 0;
  Bytes signature;
};

class SigningPipeline {
 public:
  SigningPipeline(AuditLog& audit, int workers);
  ~SigningPipeline();  // all submitted jobs are finished first

  // The jobs and their completion must live until the completion is done. When the audit log cannot be
  // written, every job's result is that error, nothing is signed, and they are done at once.
  void Submit(std::span<SigningJob> jobs);

 private:
  void SignLoop();
  void VerifyLoop();
  void RecordLoop();
  void Record(std::vector<SigningJob*>& jobs);

  AuditLog& audit_;
  WorkQueue<SigningJob*> to_sign_{1024}, to_verify_{1024}, to_record_{4096};
  std::vector<std::jthread> workers_;
  std::jthread verifier_, recorder_;
};

}  // namespace holdfast::hsm
