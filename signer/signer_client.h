// The signing service over the socket of holdfast-signer. Thread safe: calls on one client follow each other;
// who wants several orders in flight opens several clients.
//
// Reconnect rule: a connection that is found closed before a request was sent is opened anew, once, when the
// client has a path. A request that was sent is never sent again, because the signer may have signed: the
// caller gets kUnavailable (signer.answer) and decides; ordering again with the same serial is safe
// (policy.serial).
#pragma once

#include <memory>
#include <mutex>

#include "protocol/platform/files.h"
#include "signer/signing_service.h"

namespace holdfast {

class FrameSocket;

class SignerClient : public SigningService {
 public:
  static constexpr Seconds kDefaultTimeout{30};  // for one call, sending and waiting

  // Checks (kUnavailable): signer.connect.
  static Result<std::unique_ptr<SignerClient>> Connect(const Path& socket, Seconds timeout = kDefaultTimeout);
  // Takes ownership of a connected stream socket; no reconnection.
  static std::unique_ptr<SignerClient> Adopt(int descriptor, Seconds timeout = kDefaultTimeout);
  ~SignerClient() override;

  // Checks besides those of the signer: signer.connect, signer.send, signer.answer, signer.timeout,
  // wire.answer (all kUnavailable); wire.size (kMalformed) for an order that fits no frame.
  Result<Bytes> IssueLicense(const LicenseOrder& order) override;
  Result<Bytes> IssueCrl(const CrlOrder& order) override;
  Result<std::string> SignMessage(const MessageOrder& order) override;
  Result<SignerStatus> GetStatus() override;

 private:
  SignerClient(Path path, Seconds timeout);
  Result<std::string> Exchange(const std::string& request);
  Status EnsureConnected();

  std::mutex mutex_;
  Path path_;  // empty: adopted
  Seconds timeout_;
  std::unique_ptr<FrameSocket> socket_;
};

}  // namespace holdfast
