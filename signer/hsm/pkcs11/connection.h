// The connection with one token: found, logged in, held by an anchor session for ever (in most modules the
// last session's end logs everybody out), with a pool of worker sessions; and the steps that bring it back.
// Thread safe.
//
// Locks: attach_mutex_ is taken before a Module::Use, never within one, so that whoever finalises the module
// never waits for a thread that waits for it.
#pragma once

#include "signer/hsm/pkcs11/call_watch.h"
#include "signer/hsm/pkcs11/object.h"
#include "signer/hsm/pkcs11/session_pool.h"
#include "signer/hsm/pkcs11/slot.h"
#include "signer/hsm/pkcs11/token.h"

namespace holdfast::hsm {

// The steps of recovery, in order; each repairs more and costs more.
enum class Rung { kNewSession, kLogin, kReinitialize };

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // What was current when something failed: a step is skipped when somebody else took it since.
  struct Mark {
    uint64_t epoch = 0;       // of logins; object handles of an earlier one may be dead
    uint64_t generation = 0;  // of C_Initialize
    CK_SLOT_ID slot = 0;
  };
  class Lease;

  // Checks the configuration and loads the module; does not talk to the token.
  static Result<std::shared_ptr<Connection>> Create(const TokenConfig& config);

  // A worker session, after waiting for a free one; attaches first when the module was initialised since.
  Result<Lease> Borrow();
  // A session of its own that may write; for key generation. Give it the Use that it was opened with.
  Result<Session> OpenForWriting(const Module::Use& use);
  Result<Module::Use> Enter() { return module_->Enter(); }

  // Finds the token, opens the anchor session, logs in; nothing when that is done and the module was not
  // finalised. Refuses a token with another serial number than the first time.
  Status Attach();
  Status Climb(Rung rung, Mark failed);
  Status Reinitialize() { return module_->Reinitialize(module_->generation()); }
  Mark mark() const;  // of the last Attach or login
  Mark failure_mark() const {
    return {mark().epoch, module_->generation(), 0};
  }  // for a failure without a Lease

  Status RetryPin();
  std::optional<Error> pin_error() const;  // the latch

  SessionPool& pool() { return pool_; }
  CallWatch& calls() { return calls_; }
  const TokenConfig& config() const { return config_; }
  TokenInfo info() const;
  // Whether what the URI says of a token fits this one; hsm.uri if not.
  Status CheckToken(const Uri& uri) const;
  std::string place() const;  // for errors: "token 'x' of MODULE"
  std::mutex& write_mutex() { return write_mutex_; }

 private:
  Connection(TokenConfig config, Uri uri, std::shared_ptr<Module> module);
  Status AttachLocked();
  Status LoginAgain(uint64_t epoch);
  Status Login(const Module::Use& use, const Session& session);
  Status PresentPin(const Module::Use& use, const Session& session);
  Error Latch(CK_RV rv);

  const TokenConfig config_;
  const Uri uri_;
  const std::shared_ptr<Module> module_;
  SessionPool pool_;
  CallWatch calls_;
  std::mutex write_mutex_;  // one maker of objects at a time: parallel ones fail in SoftHSM

  std::mutex attach_mutex_;  // serialises attaching and logging in
  std::optional<Session> anchor_;
  CK_FLAGS token_flags_ = 0;  // as of the last search

  mutable std::mutex state_mutex_;  // of what follows; held for no call
  Mark mark_;
  TokenInfo info_;
  CK_TOKEN_INFO token_ = {};
  std::optional<Error> pin_error_;
};

// Goes back to the pool only when Keep was called: after any error a session is closed.
class Connection::Lease {
 public:
  Lease(Lease&&) = default;
  ~Lease();
  SessionUse at() const { return {use_, session_->handle()}; }
  const Mark& mark() const { return mark_; }
  void Keep() { keep_ = true; }

 private:
  friend class Connection;
  Lease(std::shared_ptr<Connection> connection, Module::Use use, Session session, Mark mark)
      : connection_(std::move(connection)), use_(std::move(use)), session_(std::move(session)), mark_(mark) {}
  std::shared_ptr<Connection> connection_;  // empty: moved from
  Module::Use use_;
  std::optional<Session> session_;
  Mark mark_;
  bool keep_ = false;
};

}  // namespace holdfast::hsm
