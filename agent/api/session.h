// One client's conversation, without its socket: octets in, octets out. Answers come in the order of the
// requests. An administrative request goes to somebody else to be done, and so does one for units of a meter
// that have to be taken from the ledger first, or for a content key that is granted; until its answer is there, nothing further is handled.
// After a challenge every line of ours has its authentication code (protocol/local/answer_mac.h), whatever it answers. After a request to watch nothing
// further is handled at all.
#pragma once

#include <optional>

#include "agent/api/service.h"
#include "protocol/local/answer_mac.h"

namespace holdfast::api {

class Session {
 public:
  // `administrator` may request and install, and may send long lines. `caller` says who is at the other end, for licenses that want to know.
  Session(Service& service, Holdings::Holder id, bool administrator, Service::CallerSource caller = {})
      : service_(service), id_(id), administrator_(administrator), caller_(std::move(caller)) {}
  ~Session() { service_.Gone(id_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void Receive(ByteView octets) { input_.append(AsText(octets)); }
  // Handles complete lines, until there is none, or it is the others' turn (kLinesPerTurn), or enough output
  // waits to be read, or a request is met that is not answered at once, which is returned: the caller has it done and
  // calls Finish.
  std::optional<ApiRequest> Run();
  void Finish(const Json& answer);
  // The peer is gone, and an answer still to come: what it held is free at once.
  void Leave() { service_.Gone(id_); }

  std::string& output() { return output_; }
  // The answer to a request to watch, once: it goes out after the output, together with the page's descriptor.
  std::string& page_answer() { return page_answer_; }
  bool has_output() const { return !output_.empty() || !page_answer_.empty(); }
  bool watching() const { return watching_; }
  bool is_behind(int64_t generation) const { return watching_ && told_ != generation; }
  // The watcher has read all, and is told of the latest change, of however many.
  void Tell(int64_t generation);
  bool waiting() const { return waiting_; }  // for Finish
  // Nothing more is accepted: the caller sends the output and closes.
  bool closing() const { return closing_; }
  bool has_line() const { return has_line_ && !waiting_ && !closing_ && !watching_; }  // Run has more to do
  // Wants no further octets now: there is enough to do, or to send, first.
  bool full() const { return waiting_ || closing_ || watching_ || has_line_ || output_.size() >= kMaxLine; }
  bool has_partial_line() const { return !full() && !input_.empty(); }
  uint64_t lines() const { return lines_; }  // handled so far

  static constexpr int kLinesPerTurn = 16;

 private:
  std::optional<ApiRequest> Handle(std::string_view line);
  std::optional<ApiRequest> HandleLimited(ApiRequest request);
  void Challenge(const local::Challenge& challenge);
  void Watch();
  void Answer(const Json& answer);
  std::string Line(const Json& answer);
  size_t max_line() const { return administrator_ ? kMaxAdminLine : kMaxLine; }

  Service& service_;
  const Holdings::Holder id_;
  const bool administrator_;
  const Service::CallerSource caller_;
  std::string input_, output_, page_answer_;
  std::optional<local::AnswerSequence> answers_;  // after a challenge
  Sha256Digest asked_{};                          // of the line that is answered, or was last
  int64_t told_ = 0;                              // to a watcher: a generation
  uint64_t lines_ = 0;
  bool waiting_ = false, closing_ = false, watching_ = false, has_line_ = false;
};

}  // namespace holdfast::api
