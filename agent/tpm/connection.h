// One ESAPI context over one TCTI, and the handles that it holds. The only place where commands are repeated.
// Private to agent/tpm, as every header here but tpm.h.
#pragma once

#include <tss2/tss2_esys.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/tpm/return_code.h"
#include "agent/tpm/tpm.h"
#include "protocol/bytes.h"

namespace holdfast::tpm {

class Handle;

// What ESAPI allocates for its caller.
template <class T>
class Owned {
 public:
  Owned() = default;
  Owned(Owned&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Owned() { Esys_Free(value_); }
  T** Receive() {  // a repeated command must not leak what the first one allocated
    Esys_Free(value_);
    value_ = nullptr;
    return &value_;
  }
  T* operator->() const { return value_; }
  T& operator*() const { return *value_; }

 private:
  T* value_ = nullptr;
};

class Connection {
 public:
  // Check: tpm.open.
  static Result<std::unique_ptr<Connection>> Open(const std::string& tcti, const TpmOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Calls `command`, which sends one TPM command. While the TPM says "later", waits and sends it again, about
  // 10 s in all; ESAPI itself has sent it five times by then. When slots are full, frees what an earlier
  // process of ours left and tries once more. Every other error is explained at once: repeating a wrong
  // authorisation would only bring the lockout nearer.
  Status Run(const Step& step, const std::function<TSS2_RC(ESYS_CONTEXT*)>& command);

  // After an error of transport the context is in no known state: drop it and connect anew.
  bool broken() const { return broken_; }

  // The handles that the TPM has in a range (TPM2_GetCapability).
  Result<std::vector<TPM2_HANDLE>> Handles(TPM2_HANDLE first, TPM2_HANDLE last);
  // Is there a persistent object? Asks the TPM once per connection.
  Result<bool> HasPersistent(TPM2_HANDLE handle);

  // A key comes back from its saved context (TPM2_ContextSave) in one cheap command, where making a primary
  // takes a discrete TPM up to seconds. A saved context holds no slot, lives no longer than this connection
  // and dies with TPM2_Clear. `id` says all that the key depends on. Nothing when it is not known or not good
  // any more.
  std::optional<Handle> Recall(ByteView id);
  void Remember(ByteView id, const Handle& key);

 private:
  friend class Handle;
  Connection(TSS2_TCTI_CONTEXT* tcti, const TpmOptions& options) : tcti_(tcti), options_(options) {}
  TSS2_RC Send(const std::function<TSS2_RC(ESYS_CONTEXT*)>& command);
  // What an earlier process of ours left in a TPM without resource manager: keys made by our templates, and
  // sessions, which nobody can hold while we have the TPM to ourselves. With a resource manager only our own
  // handles are visible here, and there is nothing to do.
  void FreeLeftovers();
  void FreeLeftover(TPM2_HANDLE handle);

  TSS2_TCTI_CONTEXT* tcti_;
  ESYS_CONTEXT* esys_ = nullptr;
  TpmOptions options_;
  bool broken_ = false, freeing_ = false;
  std::vector<ESYS_TR> held_;  // transient objects and sessions that Handles own
  std::optional<std::vector<TPM2_HANDLE>> persistent_;
  std::map<Bytes, Owned<TPMS_CONTEXT>> saved_;
};

// A loaded object or session, flushed at the end; or a persistent object or NV index, whose record here is
// closed and which stays in the TPM.
class Handle {
 public:
  static Handle Flushed(Connection& in, ESYS_TR tr);
  static Handle Closed(Connection& in, ESYS_TR tr);
  Handle(Handle&& other) noexcept;
  Handle& operator=(Handle&& other) noexcept;
  ~Handle() { Release(); }

  ESYS_TR tr() const { return tr_; }
  // Frees the slot now.
  void Release();
  // The TPM has closed the session itself, after a use without continueSession.
  void Ended();
  // ESAPI's own record: no command is sent.
  Result<Bytes> Name() const;
  Status SetSessionAttributes(TPMA_SESSION attributes);

 private:
  Handle(Connection& in, ESYS_TR tr, bool flush) : in_(&in), tr_(tr), flush_(flush) {}
  Connection* in_;
  ESYS_TR tr_;
  bool flush_;
};

}  // namespace holdfast::tpm
