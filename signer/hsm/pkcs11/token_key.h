// The inside of TokenKey.
#pragma once

#include "signer/hsm/pkcs11/circuit.h"
#include "signer/hsm/pkcs11/connection.h"
#include "signer/hsm/pkcs11/key_search.h"

namespace holdfast::hsm {

struct TokenKey::Impl {
 public:
  Impl(std::shared_ptr<Connection> connection, PublicKey key, SigningScheme scheme, std::optional<Uri> narrow)
      : connection_(std::move(connection)),
        key_(std::move(key)),
        scheme_(scheme),
        narrow_(std::move(narrow)),
        circuit_(connection_->config().retry_after) {}

  const PublicKey& key() const { return key_; }
  // `at_any_time`: also while the key is down and others are turned away.
  Result<Bytes> Sign(ByteView digest, bool at_any_time);
  Status Verify(ByteView digest, ByteView signature);
  Error ReportBadSignature();
  Status KeepAlive();
  KeyHealth health() const;
  bool exportable() const { return exportable_; }

 private:
  Result<Bytes> Try(ByteView digest, Connection::Mark* at);
  Result<Bytes> TryAndRecover(ByteView digest);
  // One thread searches, the others wait: a handle is good for all sessions until the next login.
  Status FindOnce(Connection::Lease& lease);
  void Forget(uint64_t epoch) { handle_epoch_.compare_exchange_strong(epoch, 0); }
  void NoteGoodSignature() { last_good_ = std::chrono::steady_clock::now().time_since_epoch().count(); }
  std::string Place() const;
  std::optional<std::string> Hangs() const;  // what to say of it

  const std::shared_ptr<Connection> connection_;
  const PublicKey key_;
  const SigningScheme scheme_;
  const std::optional<Uri> narrow_;
  Circuit circuit_;
  std::mutex find_mutex_;
  std::atomic<CK_OBJECT_HANDLE> handle_{0};
  std::atomic<uint64_t> handle_epoch_{0};  // 0: not found yet
  std::atomic<bool> exportable_{false};
  std::atomic<std::chrono::steady_clock::rep> last_good_{0};  // 0: never
};

}  // namespace holdfast::hsm
