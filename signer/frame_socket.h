// Frames (signing_wire.h) on a connected unix stream socket, with a deadline for each whole frame, so that a
// peer that sends one octet now and then holds nobody up. Not thread safe.
#pragma once

#include <chrono>
#include <optional>

#include "protocol/platform/files.h"
#include "protocol/time.h"

namespace holdfast {

class FrameSocket {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  explicit FrameSocket(int descriptor);                  // takes ownership; made non-blocking
  static Result<FrameSocket> Connect(const Path& path);  // check: signer.connect
  FrameSocket(FrameSocket&& other) noexcept;
  FrameSocket& operator=(FrameSocket&& other) noexcept;
  ~FrameSocket();

  int descriptor() const { return descriptor_; }
  bool ClosedByPeer() const;  // nothing to read and end of stream, or an error is pending

  // Checks: signer.send, signer.timeout (kUnavailable); wire.size (kMalformed), before anything is sent.
  Status Send(std::string_view body, Deadline deadline);
  // Waits without limit for the first octet when `idle_deadline` is absent. Checks: signer.closed (kNotFound:
  // the peer closed between two frames), signer.answer, signer.timeout (kUnavailable), wire.size
  // (kMalformed).
  Result<std::string> Receive(std::optional<Deadline> idle_deadline, Seconds frame_timeout);

 private:
  Status Wait(short events, std::optional<Deadline> deadline) const;
  Status ReadExactly(std::span<uint8_t> into, std::optional<Deadline> deadline, size_t& got);

  int descriptor_ = -1;
};

}  // namespace holdfast
